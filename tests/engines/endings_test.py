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
from tests.engines.delays import Delay, When, after, once_noted
from transforms.letter_files import write_execution
from transforms.streaming.complete_stream import ENDED, CompleteStream, Pace
from transforms.streaming.gate import PARTS, Gate
from transforms.streaming.read_events import ReadEvents
from transforms.streaming.settle import Settle

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


def scraped(notes: Path, others: list[str], element: tuple[Any, RequestSpec]) -> Iterator[tuple[str, Any]]:
    """What comes of a spec, in a random order and over a while.

    Of `missing` one request never ends, `slow` ends when all others are told and acknowledged, and of `late` a part
    comes again when it has ended.
    """
    spec, now = element[1], time.time()
    note(notes, f"scraped {spec.source}")
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
    whens: list[When] = [functools.partial(after, now + 0.05 * number) for number in range(len(parts))]
    if spec.source == "slow":
        said = [f"{what} {name}" for name in others for what in ("told", "acknowledged")]
        whens[-1] = functools.partial(once_noted, notes, said, now)
    if spec.source == "late":
        whens.append(functools.partial(once_noted, notes, ["told late", "acknowledged late"], now))
        parts.append(parts[0])
    for when, part in zip(whens, parts, strict=True):
        yield spec.execution_id, (when, part)


class Schedule:
    """A reader that gives each thing when its time has come, and stops then."""

    def __init__(self, scheduled: list["Scheduled"], until: When) -> None:
        self._left = {number: one[0] for number, one in enumerate(scheduled)}
        self._until = until

    def read(self, most: int, _wait_secs: float = 0.0) -> list[Arrived]:
        due = [number for number, when in self._left.items() if when()][:most]
        for number in due:
            del self._left[number]
        return [Arrived(b"", {}, str(number)) for number in due]

    def stopping(self) -> bool:
        return not self._left and self._until()

    def stop(self) -> None:
        assert not self._left


Scheduled = tuple[When, str, Asked | Receipt]


def arrived(event: Arrived, scheduled: list[Scheduled], kind: type) -> Iterator[tuple[str, Any]]:
    _, key, value = scheduled[int(event.message_id)]
    if isinstance(value, kind):
        yield key, value


@functools.cache
def closer_of(output: str) -> Closer:
    """The process's closer."""

    def count(_files: list[Written]) -> Published:
        return Published()

    def publish(_plan: Plan, _files: list[Written]) -> Published:
        return Published()

    def write(execution: Execution) -> Execution:
        return write_execution(layout_of(output, execution.execution_id), execution, "jsonl")

    def tell(event: Event) -> None:
        note(Path(output, "notes"), f"told {event.data['scraper_name']}")

    return Closer(Closing(Places(output), count, publish, write, lambda _: [], tell).close, output)


def acknowledge_in(notes: Path) -> Callable[[list[str]], None]:
    def acknowledge(handles: list[str]) -> None:
        for handle in handles:
            note(notes, f"acknowledged {handle.partition('#')[0]}")
            note(notes, f"handle {handle}")

    return acknowledge


def run(flags: list[str], output: Path, scheduled: list[Scheduled], until: list[str]) -> list[str]:
    """Runs the three stages on what is scheduled, until these notes are there; gives all notes."""
    notes = output / "notes"
    others = [value.event_key for _, _, value in scheduled if isinstance(value, Asked) and value.event_key != "slow"]
    schedule = functools.partial(Schedule, scheduled, functools.partial(once_noted, notes, until, time.time()))
    with beam.Pipeline(options=PipelineOptions([*flags, "--streaming"])) as pipeline:
        events = pipeline | ReadEvents(schedule)
        asked = events | "Asked" >> beam.FlatMap(arrived, scheduled, Asked)
        gated = asked | "Gate" >> Gate()
        scrape = functools.partial(scraped, notes, others)
        outcomes = gated.specs | "Scrape" >> beam.FlatMap(scrape) | "Take" >> Delay()
        parts = (gated[PARTS], outcomes)
        completed = parts | "Complete" >> CompleteStream(functools.partial(closer_of, str(output)), PACE)
        receipts = events | "Receipts" >> beam.FlatMap(arrived, scheduled, Receipt)
        settle = Settle(functools.partial(acknowledge_in, notes))
        (receipts, completed[ENDED]) | "Settle" >> settle
    closer_of(str(output)).shut_down()
    return notes.read_text().splitlines()


def executions_in(output: Path) -> dict[str, dict[str, Any]]:
    rows = [row for path in (output / "executions").iterdir() for row in read_records(str(path))]
    assert len({row["source"] for row in rows}) == len(rows)
    return {row["source"]: row for row in rows}


def deliveries(name: str, deadline_at: float, *whens: When) -> list[Scheduled]:
    """An event and its receipts, each time that it is delivered."""
    execution_id, asked = requested(name, deadline_at)
    made: list[Scheduled] = [(when, execution_id, asked) for when in whens]
    made += [(when, name, Receipt(f"{name}#{number}", (execution_id,))) for number, when in enumerate(whens, 1)]
    return made


@pytest.mark.engines
def test_executions_end_in_whatever_order_their_parts_come(prism_flags: list[str], tmp_path: Path) -> None:
    names = [*(f"quick-{number}" for number in range(20)), "slow", "missing", "late", "again"]
    now = time.time()
    twice = [functools.partial(after, now), functools.partial(after, now + 5)]
    once_more = functools.partial(once_noted, tmp_path / "notes", ["told again"], now)
    scheduled = []
    for name in names:
        whens = [*twice, once_more] if name == "again" else twice
        scheduled += deliveries(name, now + 1 if name == "missing" else 0.0, *whens)
    random.shuffle(scheduled)

    notes = run(prism_flags, tmp_path, scheduled, ["told slow"])

    for name in names:
        assert notes.count(f"scraped {name}") == 1, name
        assert notes.count(f"told {name}") == 1, name
        handles = {one for one in notes if one.startswith(f"handle {name}#")}
        assert len(handles) == (3 if name == "again" else 2), (name, handles)
    executions = executions_in(tmp_path)
    assert {name for name in names if not executions[name]["holds"]} == {"missing"}
    assert "LOST: 1 requests never ended" in executions["missing"]["reasons"]
    assert executions["late"]["rows"] == executions["quick-0"]["rows"] == 6
    slow_at = notes.index("told slow")
    assert all(notes.index(f"acknowledged {name}") < slow_at for name in names if name != "slow"), notes


@pytest.mark.engines
def test_at_the_end_of_the_input_what_is_whole_is_closed_and_nothing_waits_for_the_rest(
    prism_flags: list[str], tmp_path: Path
) -> None:
    now = functools.partial(after, time.time())
    in_an_hour = time.time() + 3_600
    scheduled = deliveries("quick-0", in_an_hour, now) + deliveries("missing", in_an_hour, now)

    notes = run(prism_flags, tmp_path, scheduled, [])

    assert [one for one in notes if one.startswith("acknowledged")] == ["acknowledged quick-0"]
    assert set(executions_in(tmp_path)) == {"quick-0"}
