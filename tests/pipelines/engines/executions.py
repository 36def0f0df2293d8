"""An execution with files that wait for their end, and a closing that notes what it tells."""

import dataclasses
from pathlib import Path
from typing import Any

from pipelines.engines.closing import Closing, layout_of
from pipelines.places import Places
from pipelines.stored_records import read_records
from schemas.events.event import Event
from schemas.execution import Execution
from schemas.ids import content_id
from schemas.outcome import Outcome
from schemas.plan import Plan
from schemas.row_batch import RowBatch
from schemas.table import Column, Table
from schemas.tally import Tally
from schemas.written import Published, Written
from transforms.letter_files import write_execution
from transforms.publish import duplicates_in, publish_execution
from transforms.row_files import open_row_file

EXECUTION = content_id("execution")
DAY = 1_790_000_000.0
PLAN = Plan(EXECUTION, "event-1", "shop", 1, DAY, event_id="the event", params={"city": "Bonn"})
TABLE = Table("shop.products", (Column("sku"), Column("price", "float")), key=("sku",))


def rows_file(output: Path, *skus: str) -> Written:
    """A file under construction."""
    batch = RowBatch(
        table=TABLE.name,
        execution_id=EXECUTION,
        source="shop",
        url="http://shop.test/",
        scraped_at=DAY,
        request_id="r1",
        archived=None,
        schema_version="s",
        scraper_version="v",
        rows=[{"sku": sku, "price": 1.0} for sku in skus],
        row_keys=[content_id(sku) for sku in skus],
        row_ids=[content_id(sku, 1.0) for sku in skus],
    )
    file = open_row_file(layout_of(str(output), EXECUTION), TABLE, batch, "jsonl")
    file.add(batch)
    return file.close()[1]


def tally_of(rows: int) -> Tally:
    """One request that led to so many rows."""
    tally = Tally()
    tally.know([content_id("request")])
    tally.end(Outcome(EXECUTION, "shop", content_id("request"), "pages"))
    tally.counts.update(rows=rows, items=rows)
    return tally


@dataclasses.dataclass
class Told:
    """What was told, in order."""

    events: list[Event] = dataclasses.field(default_factory=list)

    def tell(self, event: Event) -> None:
        self.events.append(event)


def closing_of(output: Path, told: Told, ended_at: float = DAY + 60) -> Closing:
    """The steps, into a folder."""
    layout = layout_of(str(output), EXECUTION)

    def publish(plan: Plan, files: list[Written]) -> Published:
        return publish_execution(layout, plan, files)

    def write(execution: Execution) -> Execution:
        return write_execution(layout, execution, "jsonl")

    def count(files: list[Written]) -> Published:
        return Published(duplicates_in(files))

    return Closing(Places(str(output)), count, publish, write, lambda _: [TABLE.name], told.tell, lambda: ended_at)


def rows_in(output: Path) -> list[str]:
    """What stands in the table."""
    return sorted(row["sku"] for path in (output / "rows").rglob("*.jsonl") for row in read_records(str(path)))


def executions_in(output: Path) -> list[dict[str, Any]]:
    """The execution log."""
    return [row for path in sorted((output / "executions").glob("*")) for row in read_records(str(path))]
