"""Closes executions: adds up what became of every request and item, publishes the files, and says how it went."""

import dataclasses
import functools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import apache_beam as beam

from schemas.drift_told import drift_of, since_earlier
from schemas.execution import Condition, Execution, Status
from schemas.fetch_modes import fetch_modes
from schemas.history import History, PastRun
from schemas.plan import Plan
from schemas.reasons import Dead, Drop
from schemas.tally import Tally, unaccounted
from schemas.version import __version__
from schemas.written import Published, Written
from transforms.side_by_side import SideBySideFn

__all__ = ["Complete", "close_execution"]

Part = Plan | Tally | Written
_PARTIAL = (Drop.OVER_LIMIT, Drop.BACKOFF, Drop.CANCELLED, Drop.NOT_ARCHIVED)


def close_execution(plan: Plan, tally: Tally, files: list[Written], published: Published, ended_at: float) -> Execution:
    """The execution row of one source in one run.

    Args:
      files: all that were written for it.
      published: what became of the rows among them.
      ended_at: Unix seconds.
    """
    rows = [file for file in files if file.kind == "rows"]
    written = sum(file.records for file in rows)
    letters = sum(file.records for file in files if file.kind == "dead_letters")
    lost = _lost(tally, written, letters)
    refused = published.refused
    kept, letters = written - published.duplicates - refused, letters + refused
    duplicates = published.duplicates + tally.counts["duplicates"]
    dead = tally.dead + Counter({Dead.REFUSED_BY_TABLE.value: refused} if refused else {})
    fields = _fields(rows, tally.refused)
    coverage = {name: round(one["present"] / one["rows"], 4) for name, one in fields.items() if one["rows"]}
    history = History(**plan.history)
    page_types = {
        name: counts.record(history.skeletons.get(name)) for name, counts in tally.page_types.items() if counts.told
    }
    remarks = [f"{note} ({count}x)" if count > 1 else note for note, count in sorted(tally.notes.items())]
    dropped = tally.dropped + Counter({Drop.DUPLICATE.value: duplicates} if duplicates else {})
    run = PastRun(
        plan.execution_id,
        plan.started_at,
        rows=kept,
        fields=fields,
        page_types=page_types,
        dropped_by_reason=dropped,
        limited_to=plan.limited_to,
        scraper_version=plan.scraper_version,
    )
    drift, fallen = drift_of(run, history, min_rows=plan.min_rows, coverage=plan.coverage)
    since = functools.partial(since_earlier, drift, execution_id=plan.execution_id)
    failures = lost + _failed_checks(plan, tally, dead, kept, letters, coverage, since)
    return Execution(
        execution_id=plan.execution_id,
        run_id=plan.run_id,
        source=plan.source,
        status=_status(plan, kept, letters, failures),
        condition=_condition(tally, drift),
        reasons=tuple(failures + fallen + remarks),
        holds=not lost,
        attempt=plan.attempt,
        started_at=plan.started_at,
        ended_at=ended_at,
        requests=tally.counts["requests"],
        pages=tally.counts["pages"],
        pages_from_archive=tally.counts["pages_from_archive"],
        items=tally.counts["items"],
        rows=kept,
        duplicates=duplicates,
        dead_letters=letters,
        dropped=sum(dropped.values()),
        dead_by_reason={str(key): count for key, count in dead.items()},
        dropped_by_reason={str(key): count for key, count in dropped.items()},
        retries=tally.counts["retries"],
        bytes=tally.counts["bytes"],
        fetch_secs=round(tally.fetch_secs, 3),
        coverage=coverage,
        notes=dict(tally.notes),
        archive_path="archive",
        params=dict(plan.params),
        robots_ignored_because=plan.robots_ignored_because,
        sources_digest=plan.sources_digest,
        scrapeline_version=__version__,
        git_commit=plan.git_commit,
        pages_rendered=tally.counts["pages_rendered"],
        browser_secs=round(tally.browser_secs, 3),
        fetch_modes=fetch_modes(plan.auto_modes, tally.fetched),
        reparse_of=plan.reparse_of,
        replay_of=plan.replay_of,
        page_types=page_types,
        hosts={host: use.record() for host, use in sorted(tally.hosts.items())},
        drift=drift,
        fields=fields,
        limited_to=plan.limited_to,
        scraper_version=plan.scraper_version,
    )


def _lost(tally: Tally, written: int, letters: int) -> list[str]:
    """The invariant, in sentences for each way in which it does not hold."""
    never_ended, never_known = unaccounted(tally)
    refused = tally.dead[Dead.INVALID_ITEM] + tally.dead[Dead.ROW_TOO_LARGE]
    accounted = tally.counts["rows"] + refused + tally.dropped[Drop.FILTERED] + tally.counts["duplicates"]
    arrived = written + tally.dead[Dead.REFUSED_BY_TABLE]
    claims = [
        (never_ended == 0, f"{never_ended} requests never ended"),
        (never_known == 0, f"{never_known} requests ended that nobody asked for"),
        (tally.counts["items"] == accounted, f"{tally.counts['items']} items, but {accounted} accounted for"),
        (tally.counts["rows"] == arrived, f"{tally.counts['rows']} rows accepted, but {arrived} written or refused"),
        (
            sum(tally.dead.values()) == letters,
            f"{sum(tally.dead.values())} failures, but {letters} dead letters written",
        ),
    ]
    return [f"LOST: {sentence}" for holds, sentence in claims if not holds]


def _fields(files: list[Written], refused: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Of each column: rows of the tables that have it, how many of them have a value, items refused because of it."""
    present: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    for file in files:
        present.update(file.coverage)
        rows.update(dict.fromkeys(file.coverage, file.records))
    return {
        name: {"rows": rows[name], "present": present[name], "refused": refused.get(name, 0)}
        for name in sorted({*rows, *refused})
    }


def _failed_checks(
    plan: Plan,
    tally: Tally,
    dead: Counter[str],
    rows: int,
    letters: int,
    coverage: dict[str, float],
    since: Callable[[str, str], str],
) -> list[str]:
    """What of the source's checks does not hold, in sentences.

    Args:
      since: (`rows` or `field`, name) -> since when it has not held; empty for what is new.
    """
    failed = []
    if plan.min_rows is not None and rows < plan.min_rows:
        failed.append(f"check min_rows: {rows} rows, at least {plan.min_rows} wanted{since('rows', '')}")
    if letters and letters > plan.max_dead * (rows + letters):
        reasons = ", ".join(f"{count} {reason}" for reason, count in dead.most_common())
        failed.append(
            f"check max_dead: {letters} dead letters for {rows} rows, {plan.max_dead:.0%} allowed ({reasons})"
        )
    for column, least in plan.coverage.items():
        share = coverage.get(column, 0.0)
        if rows and share < least:
            wanted = f"at least {least:.1%} wanted{since('field', column)}"
            failed.append(f"check coverage: {column} in {share:.1%} of the rows, {wanted}")
    if not rows and not letters and not plan.empty_ok:
        reasons = ", ".join(f"{count} {reason}" for reason, count in tally.dropped.most_common()) or "nothing was found"
        failed.append(f"no rows ({reasons}); if that is fine, the source says `empty: ok`")
    return failed


def _status(plan: Plan, rows: int, letters: int, failures: list[str]) -> Status:
    if failures or (letters and not rows):
        return "failed"
    return "success" if rows or not plan.empty_ok else "no_data"


def _condition(tally: Tally, drift: tuple[dict[str, Any], ...]) -> Condition:
    """`blocked` before `degraded`, which it explains; that before `partial`, which a remark is enough for."""
    if tally.dead[Dead.BLOCKED] or tally.dead[Dead.LOGIN_REQUIRED]:
        return "blocked"
    if any(entry["degrades"] for entry in drift):
        return "degraded"
    partial = tally.notes or any(tally.dropped[reason] for reason in _PARTIAL)
    return "partial" if partial else ""


Parts = tuple[Plan, Tally, list[Written]]


def _gather(execution: tuple[str, Iterable[Part]]) -> Parts:
    """All that is known of one execution."""
    plan, tally, files = None, Tally(), []
    for part in execution[1]:
        if isinstance(part, Tally):
            tally.add(part)
        elif isinstance(part, Written):
            files.append(part)
        else:
            plan = part
    if plan is None:
        raise ValueError(f"execution {execution[0]} has results but was never planned: a stage lost its plan")
    return plan, tally, files


def _close(publish: Callable[[Plan, list[Written]], Published], clock: Callable[[], float], parts: Parts) -> Execution:
    plan, tally, files = parts
    return close_execution(plan, tally, files, publish(plan, files), clock())


@dataclasses.dataclass(eq=False)
class Complete(beam.PTransform[Any, Any]):
    """PCollection[(execution_id, Plan | Tally | Written)] -> PCollection[Execution].

    Args:
      publish: brings an execution's files to where they stay.
      clock: Unix seconds, for `ended_at`.
      at_once: executions that are closed side by side, where publishing means to wait for a service.
    """

    publish: Callable[[Plan, list[Written]], Published]
    clock: Callable[[], float] = time.time
    at_once: int = 1

    def expand(self, parts: beam.PCollection[tuple[str, Part]]) -> beam.PCollection[Execution]:
        close = SideBySideFn(functools.partial(_close, self.publish, self.clock), self.at_once)
        gathered = parts | "ByExecution" >> beam.GroupByKey() | "Gather" >> beam.Map(_gather)
        return gathered | "Close" >> beam.ParDo(close)
