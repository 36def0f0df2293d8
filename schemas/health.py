"""How a source is: a fold over how its executions ended and what people decided about it.

The ladder: after 3 failures in a row a source is left out for 2 h, and after each next one for 4, 8, 16, 32 h, counted
from the end of the failed execution. When that time is over, a run tries it (a probe): a success puts it back to level
0, a failure one level up. Nothing is switched off for good by itself.

What counts as an execution:
1. One that fetched all that its source has: no `--limit`, no `--urls`, not cancelled, not left out, no reparse, no
   replay. The others say nothing about the source, well or ill.
2. It is a failure when its status is `failed`, whoever ran it, and a success otherwise. Of two records of one execution
   the last counts.
3. A failure counts when it ended after the last success and after the last time that a person enabled the source.

So the order in which executions are seen, and how often, changes nothing.
"""

import dataclasses
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Self

from schemas.decision import Action, Decision
from schemas.reasons import Dead, Drop

__all__ = ["COLUMNS", "LADDER_HOURS", "PATIENCE", "Ended", "FailureClass", "Health", "State", "health_of", "telling"]

FailureClass = Literal["", "blocked", "unreachable", "broken", "ours", "checks", "empty"]
State = Literal["new", "ok", "failing", "backoff", "probe", "disabled"]

PATIENCE = 3
"""Failures in a row that reach level 1."""
LADDER_HOURS = (0, 2, 4, 8, 16, 32)
"""By level."""

CLASSES: dict[FailureClass, tuple[Dead, ...]] = {
    "blocked": (Dead.BLOCKED, Dead.LOGIN_REQUIRED),
    "unreachable": (Dead.TIMEOUT, Dead.CONNECTION, Dead.HTTP_5XX, Dead.UNREADABLE),
    "broken": (
        Dead.HTTP_4XX, Dead.TOO_LARGE, Dead.BAD_CONTENT, Dead.NOT_READY, Dead.NO_ITEMS, Dead.PARSE_ERROR,
        Dead.INVALID_ITEM, Dead.ROW_TOO_LARGE, Dead.ROUNDS_EXCEEDED,
    ),
    "ours": (
        Dead.BROWSER_CRASHED, Dead.REFUSED_BY_TABLE, Dead.MALFORMED_EVENT, Dead.UNKNOWN_SOURCE, Dead.EXPIRED,
        Dead.POISON, Dead.ADDRESS_REFUSED, Dead.NOT_PUBLISHED,
    ),
}  # fmt: skip
"""What letters are of: the site keeps us out; it does not answer; it answers with what the source cannot read (so the
source has to be mended); the fault is on our side. Of as many letters the class that stands first counts."""
CUT_SHORT = (Drop.CANCELLED, Drop.BACKOFF)
COLUMNS = (
    "execution_id", "source", "attempt", "started_at", "ended_at", "status", "condition", "reasons", "rows",
    "dead_by_reason", "dropped_by_reason", "limited_to", "reparse_of", "replay_of",
)  # fmt: skip
"""Of the execution log, that an Ended is made of."""


@dataclasses.dataclass(frozen=True, slots=True)
class Ended:
    """One execution as the log has it; attributes as in schemas.execution, times in Unix seconds.

    Attributes:
      is_whole: whether it asked for all that the source has, and was not stopped.
      reason: why it failed, one sentence.
    """

    source: str
    execution_id: str
    started_at: float
    ended_at: float
    status: str = "success"
    condition: str = ""
    attempt: int = 1
    is_whole: bool = True
    failure: FailureClass = ""
    reason: str = ""

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Self:
        """Of a record of the execution log (COLUMNS); an older version's lacks some."""
        dead, dropped = (json.loads(record[name] or "{}") for name in ("dead_by_reason", "dropped_by_reason"))
        cut = any(dropped.get(reason) for reason in CUT_SHORT)
        other = record["limited_to"] or record["reparse_of"] or record["replay_of"]
        has_failed = record["status"] == "failed"
        return cls(
            record["source"],
            record["execution_id"],
            record["started_at"].timestamp(),
            record["ended_at"].timestamp(),
            status=record["status"],
            condition=record["condition"] or "",
            attempt=record["attempt"] or 1,
            is_whole=not (other or cut),
            failure=failure_class(dead, record["rows"] or 0) if has_failed else "",
            reason=next(iter(record["reasons"] or ()), "") if has_failed else "",
        )


def failure_class(dead_by_reason: Mapping[str, int], rows: int) -> FailureClass:
    """What most of a failed execution's letters are of; without letters, `checks` where rows came, else `empty`."""
    letters: Counter[FailureClass] = Counter()
    for name, reasons in CLASSES.items():
        letters[name] = sum(dead_by_reason.get(reason, 0) for reason in reasons)
    most = max(CLASSES, key=lambda name: letters[name])
    return most if letters[most] else "checks" if rows else "empty"


@dataclasses.dataclass(frozen=True, slots=True)
class Health:
    """How one source is. Times in Unix seconds; None for never.

    Attributes:
      consecutive_failures: since the last success, or since a person enabled it.
      backoff_level: 0 to 5.
      backoff_until: until when it is left out, also when that is over and nothing has run since; None at level 0.
      failure, last_failure: class and sentence of the last failure, also after a success.
      last_started_at: of the executions that count.
      has_passed: whether the last execution that counts was well: neither failed, nor degraded, nor blocked.
      decision: the last `enable` or `disable`.
      schedule: the last `schedule` or `unschedule`.
    """

    source: str
    consecutive_failures: int = 0
    backoff_level: int = 0
    backoff_until: float | None = None
    failure: FailureClass = ""
    last_failure: str = ""
    last_failure_at: float | None = None
    last_success_at: float | None = None
    last_started_at: float | None = None
    has_passed: bool = False
    decision: Decision | None = None
    schedule: Decision | None = None

    @property
    def enabled(self) -> bool:
        """Whether no person has disabled it."""
        return self.decision is None or self.decision.action == "enable"

    @property
    def auto_disabled(self) -> bool:
        """Whether the ladder has it: in backoff, or waiting for a probe. Ends by a success, or by a person."""
        return self.backoff_level > 0

    @property
    def scheduled(self) -> bool:
        """Whether a person has turned its schedule on."""
        return self.schedule is not None and self.schedule.action == "schedule"

    def in_backoff(self, now: float) -> bool:
        """Whether its time to be left alone is not over."""
        return self.backoff_until is not None and now < self.backoff_until

    def is_available(self, now: float) -> bool:
        """Whether a schedule may run it."""
        return self.enabled and not self.in_backoff(now)

    def state(self, now: float) -> State:
        """In one word. `new`: it has never run, or only failed, before a person enabled it; `failing`: too few failures
        yet to be left out; `probe`: the next run is one."""
        if not self.enabled:
            return "disabled"
        if self.auto_disabled:
            return "backoff" if self.in_backoff(now) else "probe"
        if self.consecutive_failures:
            return "failing"
        succeeded, failed = (at or float("-inf") for at in (self.last_success_at, self.last_failure_at))
        return "ok" if succeeded > failed else "new"


def health_of(source: str, executions: Iterable[Ended], decisions: Iterable[Decision]) -> Health:
    """The health of one source.

    Args:
      executions, decisions: its own, and others', which are left out; in any order, each as often as you like.
    """
    ended = _counting(source, executions)
    failures = [one for one in ended if one.status == "failed"]
    succeeded = [one for one in ended if one.status != "failed"]
    decided = _by_action(source, decisions)
    enabled_at = max((one.at for one in decided["enable"]), default=None)
    success_at = succeeded[-1].ended_at if succeeded else None
    reset_at = max((at for at in (enabled_at, success_at) if at is not None), default=float("-inf"))
    in_a_row = [one for one in failures if one.ended_at > reset_at]
    level = min(max(len(in_a_row) - PATIENCE + 1, 0), len(LADDER_HOURS) - 1)
    return Health(
        source,
        consecutive_failures=len(in_a_row),
        backoff_level=level,
        backoff_until=in_a_row[-1].ended_at + LADDER_HOURS[level] * 3600 if level else None,
        failure=failures[-1].failure if failures else "",
        last_failure=failures[-1].reason if failures else "",
        last_failure_at=failures[-1].ended_at if failures else None,
        last_success_at=success_at,
        last_started_at=max((one.started_at for one in ended), default=None),
        has_passed=bool(ended) and ended[-1].status != "failed" and ended[-1].condition not in ("degraded", "blocked"),
        decision=_last([*decided["enable"], *decided["disable"]]),
        schedule=_last([*decided["schedule"], *decided["unschedule"]]),
    )


def telling(source: str, executions: Iterable[Ended]) -> list[Ended]:
    """Those of a source's executions that its health is made of, now and whatever comes later: the last success and all
    since, the last failure, and the last that was begun."""
    ended = _counting(source, executions)
    last_success = max((at for at, one in enumerate(ended) if one.status != "failed"), default=0)
    failure = next((one for one in reversed(ended) if one.status == "failed"), None)
    begun = max(reversed(ended), key=lambda one: one.started_at, default=None)
    return list({one.execution_id: one for one in (*ended[last_success:], failure, begun) if one is not None}.values())


def _counting(source: str, executions: Iterable[Ended]) -> list[Ended]:
    """Those that say something about the source, each once, in the order in which they ended."""
    last: dict[str, Ended] = {}
    for one in executions:
        if one.source != source:
            continue
        before = last.get(one.execution_id)
        if before is None or (one.attempt, one.ended_at) > (before.attempt, before.ended_at):
            last[one.execution_id] = one
    return sorted(
        (one for one in last.values() if one.is_whole),
        key=lambda one: (one.ended_at, one.execution_id),
    )


def _by_action(source: str, decisions: Iterable[Decision]) -> dict[Action, list[Decision]]:
    """By what was decided."""
    decided: dict[Action, list[Decision]] = defaultdict(list)
    for one in decisions:
        if one.source == source:
            decided[one.action].append(one)
    return decided


def _last(decisions: Iterable[Decision]) -> Decision | None:
    return max(decisions, key=lambda one: (one.at, one.decision_id), default=None)
