"""`slow-host`: 200 sources on 200 hosts, one of which answers in 10 s; the others must not notice."""

import tempfile
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.contestants import scrapeline_command
from benchmarks.markdown import markdown_table
from benchmarks.measured_run import measure
from benchmarks.rounds import median_ratio, spread
from benchmarks.shop import CARDS
from benchmarks.shop_process import ShopProcess
from benchmarks.shop_server import SLOW_SECS

__all__ = ["run_slow_host"]

HOSTS = 200
PAGES_A_HOST = 10
PAGES_OF_THE_SLOW = 2  # and its robots.txt: 30 s
TEMPLATE = (Path(__file__).parent / "host_source.yaml").read_text("utf-8")
DEFAULTS = (Path(__file__).parent / "sources" / "scrapeline.yaml").read_text("utf-8")


def run_slow_host(rounds: int) -> str:
    """Runs with and without the slow host, in turn; what counts is when the last page of the other hosts was there."""
    alone: list[float] = []
    beside: list[float] = []
    with ShopProcess(HOSTS * PAGES_A_HOST) as shop:
        for number in range(rounds):
            alone.append(_others_took_secs(shop, with_slow=False))
            beside.append(_others_took_secs(shop, with_slow=True))
            print(f"  round {number + 1}: {alone[-1]:.2f} s without the slow host, {beside[-1]:.2f} s with", flush=True)
    rows = [
        ["none", spread(alone, 2), ""],
        [f"one answers in {SLOW_SECS:g} s", spread(beside, 2), f"{median_ratio(beside, alone):.3f}x"],
    ]
    title = f"{HOSTS} sources on {HOSTS} hosts, {PAGES_A_HOST} pages each, medians of {rounds} paired rounds"
    return (
        f"{title}\n\n{markdown_table(['slow hosts', 's from the first page to the last of the others', 'ratio'], rows)}"
    )


def _others_took_secs(shop: ShopProcess, *, with_slow: bool) -> float:
    with tempfile.TemporaryDirectory(prefix="scrapeline-bench-") as name:
        folder = Path(name)
        write_sources(folder / "sources", with_slow=with_slow)
        command = scrapeline_command("", shop.port, folder, "--workers=1")
        command.remove("")
        command[command.index("--sources") + 1] = str(folder / "sources")
        run = measure(command, shop, HOSTS * PAGES_A_HOST, folder)
        if run.complaint:
            raise SystemExit(f"slow-host: {run.complaint}")
        files = (folder / "out" / "rows").rglob("*.parquet")
        times = [pq.ParquetFile(path).read(columns=["source", "scraped_at"]) for path in files]
        seen = [
            row["scraped_at"].timestamp() for table in times for row in table.to_pylist() if row["source"] != "host_000"
        ]
    if len(seen) != (HOSTS - 1) * PAGES_A_HOST * CARDS:
        raise SystemExit(f"slow-host: {len(seen)} rows of the others")
    return float(max(seen) - min(seen))


def write_sources(folder: Path, *, with_slow: bool) -> None:
    """A source file for each host; number 0 is the slow one, or like the others."""
    folder.mkdir()
    (folder / "scrapeline.yaml").write_text(DEFAULTS, "utf-8")
    for number in range(HOSTS):
        host = f"{'slow' if with_slow and number == 0 else 'shop'}{number}-bench.example"
        first = number * PAGES_A_HOST
        last = first + (PAGES_A_HOST if number else PAGES_OF_THE_SLOW) - 1
        text = TEMPLATE.replace("NUMBER", f"{number:03d}").replace("HOST", host)
        text = text.replace("FIRST", str(first)).replace("LAST", str(last))
        (folder / f"host_{number:03d}.yaml").write_text(text, "utf-8")
