"""What one attempt of an execution has written, on its way into a warehouse."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemas.bigquery import TableSpec, spec_of
from schemas.dead_letter import DeadLetter
from schemas.dead_letter_table import letter_record
from schemas.execution import Execution
from schemas.ids import content_id
from schemas.page import ArchivePointer
from schemas.plan import Plan
from schemas.reasons import Dead
from schemas.request import Request
from schemas.row_batch import RowBatch
from schemas.table import Column, Table
from schemas.tally import Tally
from schemas.warehouse import Warehouse
from schemas.written import Published, Written
from tests.bigquery_servers.strict_server import PROJECT, StrictBigQuery
from transforms.bigquery.publish import Target, publish_execution_to, write_execution_to
from transforms.bigquery.row_json import load_texts
from transforms.close_execution import close_execution
from transforms.letter_files import open_letter_file
from transforms.output_layout import OutputLayout
from transforms.row_files import open_row_file

STARTED = 1_790_000_000.0
WAREHOUSE = Warehouse(PROJECT, "dev")
PRODUCTS = Table(
    "shop.products",
    (
        Column("sku", required=True),
        Column("price", "integer"),
        Column("facts", "json"),
        Column("buyer", personal="hash"),
    ),
    key=("sku",),
)
SPEC = spec_of(PRODUCTS)
POINTER = ArchivePointer("pages.warc.gz", 17, "sha1:ABC")
INTO, LETTERS, EXECUTIONS = "dev.shop_products", "dev.dead_letters", "dev.executions"


def of_shop(source: str) -> Mapping[str, TableSpec]:
    return {SPEC.name: SPEC}


def of_one_type(source: str, table: str) -> str:
    return "detail"


TARGET = Target(WAREHOUSE, of_shop, letter_record, of_one_type)


def row(sku: str, price: Any = 1) -> dict[str, Any]:
    return {"sku": sku, "price": price, "facts": {"of": sku}, "buyer": None}


def page_of(*rows: dict[str, Any], execution: str = "e1", url: str = "http://shop.test/1") -> RowBatch:
    return RowBatch(
        table="shop.products",
        execution_id=execution,
        source="shop",
        url=url,
        scraped_at=STARTED + 60,
        request_id=content_id(url),
        archived=POINTER,
        rows=list(rows),
        row_keys=[content_id(one["sku"]) for one in rows],
        row_ids=[content_id(one) for one in rows],
        numbers=[number + 10 for number in range(len(rows))],
    )


def letter(number: int, execution: str = "e1") -> DeadLetter:
    request = Request("shop", f"http://shop.test/p/{number}", execution)
    return DeadLetter("scrape", Dead.TIMEOUT, request, "too slow", failed_at=STARTED + 60)


class Attempt:
    """One attempt of the execution e1: what it wrote, and its end."""

    def __init__(self, folder: Path, number: int = 1) -> None:
        self.layout = OutputLayout(str(folder), "run", number)
        self.plan = Plan("e1", "run", "shop", number, STARTED)
        self.files: list[Written] = []

    def write(self, *pages: RowBatch) -> "Attempt":
        """One worker's file."""
        file = open_row_file(self.layout, PRODUCTS, pages[0], "jsonl", load_texts(SPEC.fields))
        for page in pages:
            file.add(page)
        self.files.append(file.close()[1])
        return self

    def fail(self, *numbers: int) -> "Attempt":
        file = open_letter_file(self.layout, letter(numbers[0]), "jsonl")
        for number in numbers:
            file.add(letter(number))
        self.files.append(file.close()[1])
        return self

    def publish(self) -> Published:
        return publish_execution_to(TARGET, self.layout, self.plan, self.files)

    def close(self, published: Published) -> Execution:
        execution = close_execution(self.plan, Tally(), self.files, published, STARTED + 100)
        return write_execution_to(TARGET, self.layout, execution)


def skus(strict: StrictBigQuery) -> list[str]:
    return sorted(one["sku"] for one in strict.rows(INTO))


def loads(strict: StrictBigQuery) -> list[str]:
    return [job.state if not job.failed else "failed" for job in strict.jobs if job.kind == "load"]
