"""Gate, CompleteStream and Settle, one behind the other, on Prism: executions end while the input goes on."""

import dataclasses
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
from schemas.events.arrival import Asked, Receipt
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
from transforms.streaming.settle import Settle

SLOW_SECS = 6.0
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
    for part in parts:
        yield spec.execution_id, (random.uniform(0, secs), part)
    if spec.source == "slow":
        yield spec.execution_id, (secs, Tally())
    if spec.source == "late":
        yield spec.execution_id, (SLOW_SECS / 2, parts[0])


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
    return lambda handles: [note(notes, f"acknowledged {handle}") for handle in handles][:0] and None


def run(flags: list[str], output: Path, asked: list[Any], receipts: list[Any]) -> None:
    """Runs the three stages on what is asked, each thing after its seconds."""
    notes = output / "notes"
    with beam.Pipeline(options=PipelineOptions([*flags, "--streaming"])) as pipeline:
        arrived = pipeline | "Asked" >> beam.Create(asked) | "Arrive" >> Delay()
        gated = arrived | "Gate" >> Gate()
        outcomes = gated.specs | "Scrape" >> beam.FlatMap(functools.partial(scraped, notes)) | "Take" >> Delay()
        parts = (gated[PARTS], outcomes) | "Parts" >> beam.Flatten()
        completed = parts | "Complete" >> CompleteStream(functools.partial(closer_of, str(output)), PACE)
        delivered = pipeline | "Receipts" >> beam.Create(receipts) | "Deliver" >> Delay()
        (delivered, completed[ENDED]) | "All" >> beam.Flatten() | "Settle" >> Settle(
            functools.partial(acknowledge_in, notes)
        )
    closer_of(str(output)).shut_down()


def executions_in(output: Path) -> dict[str, dict[str, Any]]:
    rows = [row for path in (output / "executions").iterdir() for row in read_records(str(path))]
    assert len({row["source"] for row in rows}) == len(rows)
    return {row["source"]: row for row in rows}


@pytest.mark.engines
def test_executions_end_in_whatever_order_their_parts_come(prism_flags: list[str], tmp_path: Path) -> None:
    names = [*(f"quick-{number}" for number in range(20)), "slow", "missing", "late", "again"]
    asked, receipts = [], []
    for name in names:
        deadline_at = time.time() + 1 if name == "missing" else 0.0
        execution_id, event = requested(name, deadline_at)
        twice = [(0.0, 1), (0.2, 2)] + ([(SLOW_SECS / 2, 3)] if name == "again" else [])
        for secs, delivery in twice:
            asked.append((execution_id, (secs, dataclasses.replace(event))))
            receipts.append((name, (secs, Receipt(f"{name}#{delivery}", (execution_id,)))))
    random.shuffle(asked)
    random.shuffle(receipts)

    run(prism_flags, tmp_path, asked, receipts)

    notes = (tmp_path / "notes").read_text().splitlines()
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
    asked, receipts = [], []
    for name in ("quick-0", "missing"):
        execution_id, event = requested(name, time.time() + 3_600)
        asked.append((execution_id, (0.0, event)))
        receipts.append((name, (0.0, Receipt(f"{name}#1", (execution_id,)))))

    run(prism_flags, tmp_path, asked, receipts)

    notes = (tmp_path / "notes").read_text().splitlines()
    assert [one for one in notes if one.startswith("acknowledged")] == ["acknowledged quick-0#1"]
    assert set(executions_in(tmp_path)) == {"quick-0"}
