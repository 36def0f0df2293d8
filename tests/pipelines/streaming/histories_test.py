"""What is known of earlier runs while events are worked on."""

import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pipelines.places import Places
from pipelines.streaming import histories
from pipelines.streaming.histories import Histories
from schemas.history import PastRun
from schemas.plan import Plan
from tests.pipelines.conftest import eventually

WHERE = Places("nowhere")


class Log:
    """An execution log that counts how often it is read."""

    def __init__(self) -> None:
        self.reads = 0
        self.is_there = True

    def read(self, _newest: int) -> dict[str, list[PastRun]] | None:
        self.reads += 1
        return {"shop": []} if self.is_there else None


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    made = Log()

    def told(plan: Plan, _loaded: Any, runs: Sequence[PastRun]) -> Plan:
        return dataclasses.replace(plan, history={"reads": made.reads, "runs": len(runs)})

    monkeypatch.setattr(histories, "PastRuns", lambda _where: made)
    monkeypatch.setattr(histories, "with_history_of", told)
    return made


def plan_of(source: str) -> Plan:
    return Plan("e" * 24, "run", source, 1, time.time())


SOURCES: Any = {f"shop{number}": None for number in range(200)} | {"shop": None}


def test_the_log_is_read_once_for_all_sources(log: Log) -> None:
    known = Histories(WHERE)
    for name in SOURCES:
        known.give(plan_of(name), SOURCES)
    assert log.reads == 1


def test_it_is_read_again_beside_the_work_and_the_old_holds_meanwhile(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Histories(WHERE)
    known.give(plan_of("shop"), SOURCES)
    monkeypatch.setattr(histories, "HISTORY_SECS", 0.0)
    known._read_again_at = 0.0
    known.give(plan_of("shop"), SOURCES)
    eventually(lambda: log.reads >= 2)
    eventually(lambda: known.give(plan_of("shop"), SOURCES).history["reads"] >= 2)


def test_a_log_that_cannot_be_read_leaves_what_is_known(log: Log, tmp_path: Path) -> None:
    known = Histories(WHERE)
    log.is_there = False
    assert known.give(plan_of("shop"), SOURCES).history == {"reads": 1, "runs": 0}
