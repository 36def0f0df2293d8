"""What an execution's parts add up to: its row, how it went, and what fell against its history."""

import dataclasses
import functools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from schemas.drift_told import drift_of, since_earlier
from schemas.execution import Condition, Execution, Status
from schemas.fetch_modes import fetch_modes
from schemas.history import History, PastRun
from schemas.host_use import hosts_told
from schemas.plan import Plan
from schemas.reasons import Dead, Drop
from schemas.tally import Tally, unaccounted
from schemas.version import __version__
from schemas.written import Published, Written

__all__ = ["close_execution", "lost"]

_PARTIAL = (Drop.OVER_LIMIT, Drop.BACKOFF, Drop.CANCELLED, Drop.NOT_ARCHIVED)


@dataclasses.dataclass(frozen=True, slots=True)
class _Sums:
    """What the parts of an execution add up to.

    Attributes:
      rows: that are where they stay; letters: of requests and items.
      dead, dropped: by reason.
      fields: column -> rows of the tables that have it, how many have a value, items refused because of it.
      lost: the ways in which something is not accounted for, in sentences.
    """

    rows: int
    letters: int
    duplicates: int
    dead: Counter[str]
    dropped: Counter[str]
    fields: dict[str, dict[str, int]]
    lost: list[str]

    @property
    def coverage(self) -> dict[str, float]:
        return {name: round(one["present"] / one["rows"], 4) for name, one in self.fields.items() if one["rows"]}


def _add_up(tally: Tally, files: list[Written], published: Published) -> _Sums:
    rows = [file for file in files if file.kind == "rows"]
    written = sum(file.records for file in rows)
    letters = sum(file.records for file in files if file.kind == "dead_letters")
    refused = published.refused
    duplicates = published.duplicates + tally.counts["duplicates"]
    return _Sums(
        rows=written - published.duplicates - refused,
        letters=letters + refused,
        duplicates=duplicates,
        dead=tally.dead + Counter({Dead.REFUSED_BY_TABLE.value: refused} if refused else {}),
        dropped=tally.dropped + Counter({Drop.DUPLICATE.value: duplicates} if duplicates else {}),
        fields=_fields(rows, tally.refused),
        lost=lost(tally, files),
    )


def close_execution(plan: Plan, tally: Tally, files: list[Written], published: Published, ended_at: float) -> Execution:
    """The execution row of one source in one run.

    Args:
      files: all that were written for it.
      published: what became of the rows among them.
      ended_at: Unix seconds.
    """
    tally = _with_left_out(plan, tally)
    sums = _add_up(tally, files, published)
    history = History(**plan.history)
    page_types = {
        name: counts.record(history.skeletons.get(name)) for name, counts in tally.page_types.items() if counts.told
    }
    run = _as_past(plan, sums, page_types)
    drift, fallen = drift_of(run, history, min_rows=plan.min_rows, coverage=plan.coverage)
    if plan.out_because:
        drift, fallen = (), []
    failures = sums.lost + _failed_checks(plan, tally, sums, drift)
    failures += [plan.failed_because] if plan.failed_because else []
    remarks = [f"{note} ({count}x)" if count > 1 else note for note, count in sorted(tally.notes.items())]
    return Execution(
        execution_id=plan.execution_id,
        run_id=plan.run_id,
        source=plan.source,
        status=_status(plan, sums, failures),
        condition=_condition(tally, drift),
        reasons=tuple(failures + fallen + remarks),
        holds=not sums.lost,
        attempt=plan.attempt,
        started_at=plan.started_at,
        ended_at=ended_at,
        requests=tally.counts["requests"],
        pages=tally.counts["pages"],
        pages_from_archive=tally.counts["pages_from_archive"],
        items=tally.counts["items"],
        rows=sums.rows,
        duplicates=sums.duplicates,
        dead_letters=sums.letters,
        dropped=sums.dropped.total(),
        dead_by_reason={str(key): count for key, count in sums.dead.items()},
        dropped_by_reason={str(key): count for key, count in sums.dropped.items()},
        retries=tally.counts["retries"],
        bytes=tally.counts["bytes"],
        fetch_secs=round(tally.fetch_secs, 3),
        coverage=sums.coverage,
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
        hosts=hosts_told(tally.hosts),
        drift=drift,
        fields=sums.fields,
        limited_to=plan.limited_to,
        scraper_version=plan.scraper_version,
    )


def _as_past(plan: Plan, sums: _Sums, page_types: Mapping[str, Mapping[str, Any]]) -> PastRun:
    """This execution as later ones will see it."""
    return PastRun(
        plan.execution_id,
        plan.started_at,
        rows=sums.rows,
        fields=sums.fields,
        page_types=page_types,
        dropped_by_reason=sums.dropped,
        limited_to=plan.limited_to,
        scraper_version=plan.scraper_version,
    )


def _with_left_out(plan: Plan, tally: Tally) -> Tally:
    """The tally with the requests that nobody began because the source is left out: dropped, none a failure."""
    if not plan.out_because:
        return tally
    left_out = max(plan.out_requests, 1)
    told = Tally(counts=Counter(requests=left_out), dropped=Counter({Drop.BACKOFF.value: left_out}))
    told.add(tally)
    return told


def lost(tally: Tally, files: Iterable[Written]) -> list[str]:
    """The invariant, in sentences for each way in which it does not hold: none when all is accounted for."""
    records = Counter[str]()
    for file in files:
        records[file.kind] += file.records
    written, letters = records["rows"], records["dead_letters"]
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


def _failed_checks(plan: Plan, tally: Tally, sums: _Sums, drift: Sequence[Mapping[str, Any]]) -> list[str]:
    """What of the source's checks does not hold, in sentences; since when, where that is known.

    Of a source that was left out that is all there is to say: a consumer is not told that it had no rows.
    """
    if plan.out_because:
        return [plan.out_because]
    since = functools.partial(since_earlier, drift, execution_id=plan.execution_id)
    rows, letters, coverage, failed = sums.rows, sums.letters, sums.coverage, []
    if plan.min_rows is not None and rows < plan.min_rows:
        failed.append(f"check min_rows: {rows} rows, at least {plan.min_rows} wanted{since('rows', '')}")
    if letters and letters > plan.max_dead * (rows + letters):
        allowed = f"{plan.max_dead:.0%} allowed ({_counted(sums.dead)})"
        failed.append(f"check max_dead: {letters} dead letters for {rows} rows, {allowed}")
    for column, least in plan.coverage.items():
        share = coverage.get(column, 0.0)
        if rows and share < least:
            wanted = f"at least {least:.1%} wanted{since('field', column)}"
            failed.append(f"check coverage: {column} in {share:.1%} of the rows, {wanted}")
    if not rows and not letters and not plan.empty_ok:
        reasons = _counted(tally.dropped) or "nothing was found"
        failed.append(f"no rows ({reasons}); if that is fine, the source says `empty: ok`")
    return failed


def _counted(reasons: Counter[str]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())


def _status(plan: Plan, sums: _Sums, failures: list[str]) -> Status:
    if failures or (sums.letters and not sums.rows):
        return "failed"
    return "success" if sums.rows or not plan.empty_ok else "no_data"


def _condition(tally: Tally, drift: tuple[dict[str, Any], ...]) -> Condition:
    """`blocked` before `degraded`, which it explains; that before `partial`, which a remark is enough for."""
    if tally.dead[Dead.BLOCKED] or tally.dead[Dead.LOGIN_REQUIRED]:
        return "blocked"
    if any(entry["degrades"] for entry in drift):
        return "degraded"
    partial = tally.notes or any(tally.dropped[reason] for reason in _PARTIAL)
    return "partial" if partial else ""
