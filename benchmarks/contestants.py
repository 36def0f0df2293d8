"""Who takes part: a command line each, and where its rows are afterwards."""

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as pq

from benchmarks.peer_environment import peer_python
from benchmarks.shop import Product, products

__all__ = [
    "HOST",
    "Contestant",
    "json_rows",
    "rows_wrong",
    "scrapeline",
    "scrapeline_command",
    "scrapeline_urls",
    "scrapy",
]

HERE = Path(__file__).parent
HOST = "shop.bench.example"


@dataclasses.dataclass(frozen=True, slots=True)
class Contestant:
    """One way to get the rows.

    Attributes:
      command: (port of the shop, pages, an empty folder) -> command line.
      rows: that folder -> the rows it left there.
      most_pages: of a run: for one that is so slow that its speed shows early.
    """

    name: str
    command: Callable[[int, int, Path], list[str]]
    rows: Callable[[Path], pa.Table]
    most_pages: int = sys.maxsize


def scrapy() -> Contestant:
    """Scrapy with parsel, to newline JSON."""
    python = str(peer_python())

    def command(port: int, pages: int, folder: Path) -> list[str]:
        return [python, str(HERE / "peer.py"), f"http://127.0.0.1:{port}", str(pages), str(folder / "rows.jsonl")]

    return Contestant("Scrapy + parsel", command, json_rows)


def scrapeline(workers: int, *more: str, source: str = "listings") -> Contestant:
    """Our whole pipeline: robots.txt, guard, archive, validation, Parquet."""

    def command(port: int, pages: int, folder: Path) -> list[str]:
        return scrapeline_command(
            source, port, folder, "--param", f"page=0..{pages - 1}", f"--workers={workers}", *more
        )

    name = f"Scrapeline, {workers} process" + ("es" if workers > 1 else "")
    return Contestant(name, command, _parquet_rows)


def scrapeline_urls(workers: int) -> Contestant:
    """The same with a file of URLs, and one file of newline JSON besides."""

    def command(port: int, pages: int, folder: Path) -> list[str]:
        urls = folder / "urls.txt"
        urls.write_text("".join(f"http://{HOST}/list/{number}\n" for number in range(pages)))
        given = ["--urls", str(urls), "-o", str(folder / "rows.jsonl"), f"--workers={workers}"]
        return scrapeline_command("listings", port, folder, *given)

    return Contestant(f"Scrapeline, {workers} workers, --urls -o", command, json_rows)


def scrapeline_command(source: str, port: int, folder: Path, *more: str) -> list[str]:
    """`scrapeline run` of one of the bench's sources."""
    command = [str(Path(sys.executable).with_name("scrapeline")), "run", source, "--sources", str(HERE / "sources")]
    return [*command, "--output", str(folder / "out"), "--resolve", f"*:80:127.0.0.1:{port}", *more]


def json_rows(folder: Path) -> pa.Table:
    """The rows of a folder's newline JSON."""
    path = folder / "rows.jsonl"
    return pyarrow.json.read_json(path) if path.exists() and path.stat().st_size else pa.table({})


def _parquet_rows(folder: Path) -> pa.Table:
    files = sorted((folder / "out" / "rows").rglob("*.parquet"))
    return pa.concat_tables([pq.ParquetFile(path).read(columns=list(Product._fields)) for path in files])


def rows_wrong(rows: pa.Table, pages: int) -> int:
    """How many products are missing, doubled or wrong in any field."""
    if set(Product._fields) - set(rows.column_names):
        return pages
    truth = set(products(pages))
    columns: list[list[Any]] = [rows.column(name).to_pylist() for name in Product._fields]
    right = {Product(*values) for values in zip(*columns, strict=True)} & truth
    return len(truth) - len(right) + max(0, int(rows.num_rows) - len(truth))
