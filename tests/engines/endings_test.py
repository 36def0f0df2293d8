"""Gate, CompleteStream and Settle, one behind the other, on Prism: executions end while the input goes on."""

import functools
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.engines.closer import Closer
from pipelines.engines.closing import Closing, layout_of
from pipelines.places import Places
from pipelines.stored_records import read_records
from schemas.events.arrival import Arrived, Asked, Receipt
from schemas.events.event import Event
from schemas.execution import Execution
from schemas.ids import content_id
from schemas.outcome import Outcome
from schemas.plan import Plan
from schemas.request import Request, RequestSpec
from schemas.tally import Tally
from schemas.written import Published, Written
from tests.engines.delays import Delay
from transforms.letter_files import write_execution
from transforms.streaming.complete_stream import ENDED, CompleteStream, Pace
from transforms.streaming.gate import PARTS, Gate
from transforms.streaming.read_events import ReadEvents
from transforms.streaming.settle import Settle

SLOW_SECS = 4.0
PACE = Pace(grace_secs=0.5)
HOST = ("shop.test", 0)


def execution_of(name: str) -> str:
    return content_id("execution", name)


def note(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(f"{text}\n")


def requested(name: str, deadline_at: float = 0.0) -> tuple[str, Asked]:
    """An event that asks for three requests."""
    execution_id = execution_of(name)
    requests = tuple(Request(name, f"http://shop.test/{name}/{number}", execution_id) for number in range(3))
    plan = Plan(execution_id, f"event-{name}", name, 1, time.time(), deadline_at=deadline_at)
    return execution_id, Asked(name, plan, ((HOST, RequestSpec(name, execution_id, requests)),))


def scraped(notes: Path, element: tuple[Any, RequestSpec]) -> Iterator[tuple[str, tuple[float, Any]]]:
    """What comes of a spec, in a random order and over a while; of `missing` one request never ends."""
    note(notes, f"scraped {element[1].source}")
    spec = element[1]
    ids = [request.request_id for request in spec.requests]
    whole = Tally()
    whole.end(Outcome(spec.execution_id, spec.source, spec.spec_id, "pages", spawned=tuple(ids), is_spec=True))
    parts: list[Any] = [whole]
    for name in ids[1:] if spec.source == "missing" else ids:
        tally = Tally()
        tally.end(Outcome(spec.execution_id, spec.source, name, "pages"))
        tally.counts.update(rows=2, items=2)
        parts += [tally, Written("rows", "shop.products", "", "", 2)]
    random.shuffle(parts)
    secs = SLOW_SECS if spec.source == "slow" else 0.3
    for number, part in enumerate(parts):
        yield spec.execution_id, (secs * number / len(parts), part)
    if spec.source == "slow":
        yield spec.execution_id, (secs, Tally())
    if spec.source == "late":
        yield spec.execution_id, (SLOW_SECS / 2, parts[0])


class Schedule:
    """A reader that gives each thing after its seconds, and stops when the slow one has had its time."""

    def __init__(self, secs: list[float], open_secs: float) -> None:
        self._left = sorted((one, number) for number, one in enumerate(secs))
        self._open_secs = open_secs
        self._began_at = time.time()

    def read(self, most: int, _wait_secs: float = 0.0) -> list[Arrived]:
        due = [one for one in self._left if self._began_at + one[0] <= time.time()][:most]
        del self._left[: len(due)]
        return [Arrived(b"", {}, str(number)) for _, number in due]

    def stopping(self) -> bool:
        return not self._left and time.time() > self._began_at + self._open_secs

    def stop(self) -> None:
        assert not self._left


def arrived(event: Arrived, scheduled: list[tuple[float, str, Any]], kind: type) -> Iterator[tuple[str, Any]]:
    _, key, value = scheduled[int(event.message_id)]
    if isinstance(value, kind):
        yield key, value


@functools.cache
def closer_of(output: str) -> Closer:
    """The process's closer."""

    def publish(_plan: Plan, _files: list[Written]) -> Published:
        return Published()

    def write(execution: Execution) -> Execution:
        return write_execution(layout_of(output, execution.execution_id), execution, "jsonl")

    def tell(event: Event) -> None:
        note(Path(output, "notes"), f"told {event.data['scraper_name']}")

    return Closer(Closing(Places(output), publish, write, lambda _: [], tell).close, output)


def acknowledge_in(notes: Path) -> Callable[[list[str]], None]:
    def acknowledge(handles: list[str]) -> None:
        for handle in handles:
            note(notes, f"acknowledged {handle}")

    return acknowledge


def run(flags: list[str], output: Path, scheduled: list[tuple[float, str, Any]], open_secs: float) -> list[str]:
    """Runs the three stages on what is scheduled; gives the notes."""
    notes = output / "notes"
    schedule = functools.partial(Schedule, [secs for secs, _, _ in scheduled], open_secs)
    with beam.Pipeline(options=PipelineOptions([*flags, "--streaming"])) as pipeline:
        events = pipeline | ReadEvents(schedule)
        asked = events | "Asked" >> beam.FlatMap(arrived, scheduled, Asked)
        gated = asked | "Gate" >> Gate()
        outcomes = gated.specs | "Scrape" >> beam.FlatMap(functools.partial(scraped, notes)) | "Take" >> Delay()
        parts = (gated[PARTS], outcomes) | "Parts" >> beam.Flatten()
        completed = parts | "Complete" >> CompleteStream(functools.partial(closer_of, str(output)), PACE)
        receipts = events | "Receipts" >> beam.FlatMap(arrived, scheduled, Receipt)
        settle = Settle(functools.partial(acknowledge_in, notes))
        (receipts, completed[ENDED]) | "All" >> beam.Flatten() | "Settle" >> settle
    closer_of(str(output)).shut_down()
    return notes.read_text().splitlines()


def executions_in(output: Path) -> dict[str, dict[str, Any]]:
    rows = [row for path in (output / "executions").iterdir() for row in read_records(str(path))]
    assert len({row["source"] for row in rows}) == len(rows)
    return {row["source"]: row for row in rows}


def deliveries(name: str, deadline_at: float, *at: float) -> list[tuple[float, str, Any]]:
    """An event and its receipts, delivered after so many seconds."""
    execution_id, asked = requested(name, deadline_at)
    both = [
        [(secs, execution_id, asked), (secs, name, Receipt(f"{name}#{number}", (execution_id,)))]
        for number, secs in enumerate(at, 1)
    ]
    return [one for some in both for one in some]


@pytest.mark.engines
def test_executions_end_in_whatever_order_their_parts_come(prism_flags: list[str], tmp_path: Path) -> None:
    names = [*(f"quick-{number}" for number in range(20)), "slow", "missing", "late", "again"]
    scheduled = []
    for name in names:
        deadline_at = time.time() + 1 if name == "missing" else 0.0
        scheduled += deliveries(name, deadline_at, 0.0, 0.2, *([SLOW_SECS / 2] if name == "again" else []))
    random.shuffle(scheduled)

    notes = run(prism_flags, tmp_path, scheduled, SLOW_SECS + 2)

    for name in names:
        assert notes.count(f"scraped {name}") == 1, name
        assert notes.count(f"told {name}") == 1, name
        acknowledged = [one for one in notes if one.startswith(f"acknowledged {name}#")]
        assert len(set(acknowledged)) == (3 if name == "again" else 2), (name, acknowledged)
    executions = executions_in(tmp_path)
    assert {name for name in names if not executions[name]["holds"]} == {"missing"}
    assert "LOST: 1 requests never ended" in executions["missing"]["reasons"]
    assert executions["late"]["rows"] == executions["quick-0"]["rows"] == 6
    slow_at = notes.index("told slow")
    assert all(notes.index(f"acknowledged {name}#1") < slow_at for name in names if name != "slow"), notes


@pytest.mark.engines
def test_at_the_end_of_the_input_what_is_whole_is_closed_and_nothing_waits_for_the_rest(
    prism_flags: list[str], tmp_path: Path
) -> None:
    in_an_hour = time.time() + 3_600
    scheduled = deliveries("quick-0", in_an_hour, 0.0) + deliveries("missing", in_an_hour, 0.0)

    notes = run(prism_flags, tmp_path, scheduled, 0.0)

    assert [one for one in notes if one.startswith("acknowledged")] == ["acknowledged quick-0#1"]
    assert set(executions_in(tmp_path)) == {"quick-0"}
