"""Outputs as runs leave them, written in a moment: executions, letters, replays with the values a test names."""

import datetime
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from schemas.dead_letter_table import DEAD_LETTER_SCHEMA
from schemas.execution import EXECUTION_SCHEMA, Execution
from schemas.page import Page
from schemas.replay_table import REPLAY_SCHEMA
from schemas.request import Request
from scrapers.archive.redaction import Redactor
from scrapers.archive.warc_writer import WarcWriter

FIRST = datetime.datetime(2026, 11, 1, 2, tzinfo=datetime.UTC)
DAY_SECS = 86_400
Record = dict[str, Any]


def at(day: float) -> float:
    """Unix seconds: 0 is FIRST."""
    return FIRST.timestamp() + day * DAY_SECS


def execution(source: str, day: float, **changes: Any) -> Record:
    """One that went well, with 100 rows of 10 pages; whatever is named is otherwise."""
    values: dict[str, Any] = {
        "execution_id": f"{source}-{day}",
        "run_id": f"run-{day}",
        "source": source,
        "status": "success",
        "condition": "",
        "reasons": (),
        "holds": True,
        "attempt": 1,
        "started_at": at(day),
        "ended_at": at(day) + 60,
        "requests": 10,
        "pages": 10,
        "pages_from_archive": 0,
        "items": 100,
        "rows": 100,
        "duplicates": 0,
        "dead_letters": 0,
        "dropped": 0,
        "dead_by_reason": {},
        "dropped_by_reason": {},
        "retries": 0,
        "bytes": 50_000,
        "fetch_secs": 5.0,
        "coverage": {"sku": 1.0, "price": 1.0},
        "notes": {},
        "archive_path": "archive",
        "params": {},
        "robots_ignored_because": "",
        "sources_digest": "",
        "scrapeline_version": "",
        "git_commit": "",
    }
    return Execution(**{**values, **changes}).record()


def letter(source: str, day: float, number: int = 0, **changes: Any) -> Record:
    """A time-out of `https://SOURCE.example/NUMBER`; whatever is named is otherwise."""
    values = {
        **dict.fromkeys(DEAD_LETTER_SCHEMA.names),
        "letter_id": f"{source}-{day}-{number}",
        "stage": "scrape",
        "reason": "timeout",
        "message": "no complete answer within 30 s",
        "problems": "[]",
        "source": source,
        "url": f"https://{source}.example/{number}",
        "attempts": 1,
        "execution_id": f"{source}-{day}",
        "failed_at": round(at(day) * 1_000_000),
    }
    return {**values, **changes}


def replay(letter_id: str, outcome: str, day: float, new_letter_id: str = "") -> Record:
    """What became of a letter that was sent back."""
    values = dict.fromkeys(REPLAY_SCHEMA.names)
    said = {"letter_id": letter_id, "outcome": outcome, "new_letter_id": new_letter_id}
    return {**values, **said, "replayed_at": round(at(day) * 1_000_000)}


def write(
    folder: Path, executions: Sequence[Record] = (), letters: Sequence[Record] = (), replays: Sequence[Record] = ()
) -> None:
    """Adds files to an output folder."""
    for name, records, schema in (
        ("executions", executions, EXECUTION_SCHEMA),
        ("dead_letters", letters, DEAD_LETTER_SCHEMA),
        ("replays", replays, REPLAY_SCHEMA),
    ):
        if records:
            (folder / name).mkdir(parents=True, exist_ok=True)
            count = len(list((folder / name).iterdir()))
            pq.write_table(pa.Table.from_pylist(list(records), schema), folder / name / f"file-{count}-a1.parquet")


def write_rows(folder: Path, table: str, execution_id: str, rows: pa.Table) -> None:
    """Adds a file of rows; `scraped_at` and `execution_id` are those of `rows`."""
    day = folder / "rows" / table / "scrape_date=2026-11-01"
    day.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, day / f"{execution_id}-a1-x.parquet")


def jpeg(width: int = 1280, height: int = 800) -> bytes:
    """A picture with a gradient in it."""
    written = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(written, "JPEG")
    return written.getvalue()


def archive_pages(folder: Path, pages: Sequence[tuple[str, bytes, bytes]]) -> list[Record]:
    """Writes pages of a browser, (url, HTML, screenshot), into an archive; where each stands, as letters say it."""
    (folder / "archive").mkdir(parents=True, exist_ok=True)
    name = "run-a1-x.warc.gz"
    found = []
    with (folder / "archive" / name).open("xb") as file:
        writer = WarcWriter(file, name, Redactor())
        for url, body, screenshot in pages:
            request = Request("shop", url, "shop-0")
            page = Page(request, 200, url, (), body, at(0), rendered=True, screenshot=screenshot)
            pointer = writer.add(page)
            picture = page.screenshot_archived
            found.append(
                {
                    "archive_file": pointer.file,
                    "archive_offset": pointer.offset,
                    "screenshot": picture.file if picture else None,
                    "screenshot_offset": picture.offset if picture else None,
                }
            )
        writer.close()
    return found


def problems(*found: Record) -> str:
    """As letters hold them."""
    return json.dumps([{"field": "", "rule": "", "message": "", "value": "", **one} for one in found])
