"""`browser-hang`: one page among a thousand hangs for its whole time-out; how much longer is the run?"""

import tempfile
from pathlib import Path

import pyarrow.dataset as ds

from benchmarks.browsers import SAMPLE_SECS
from benchmarks.contestants import HOST, scrapeline_command
from benchmarks.markdown import markdown_table
from benchmarks.measured_run import measure
from benchmarks.rounds import median_ratio, spread
from benchmarks.shop import CARDS
from benchmarks.shop_process import ShopProcess

__all__ = ["HANG_PAGES", "run_browser_hang"]

HANG_PAGES = 1_000
TIMEOUT_SECS = 10.0
SOURCES = Path(__file__).parent / "sources"
TEMPLATE = """source: one_hangs
extends: {shells}
fetch: {{timeout_secs: {timeout_secs:g}, retries: 0}}
"""


def run_browser_hang(rounds: int, pages: int = HANG_PAGES, timeout_secs: float = TIMEOUT_SECS) -> str:
    """Runs with and without the page, in turn; it is the one after the first quarter.

    It never becomes ready, so it has its time-out twice: pages that do not become ready get a second try with layout.
    """
    without: list[float] = []
    with_it: list[float] = []
    with ShopProcess(1) as shop:
        for number in range(rounds):
            for hangs in (False, True) if number % 2 == 0 else (True, False):
                (with_it if hangs else without).append(_took_secs(shop, pages, timeout_secs, hangs=hangs))
            print(f"  round {number + 1}: {without[-1]:.2f} s without the page, {with_it[-1]:.2f} s with", flush=True)
    rows = [
        ["none", spread(without, 2), ""],
        [
            f"one, for {timeout_secs:g} s, and again with layout",
            spread(with_it, 2),
            f"{median_ratio(with_it, without):.3f}x",
        ],
    ]
    title = f"{pages:,} JavaScript pages, the whole run, medians of {rounds} paired rounds"
    return f"{title}\n\n{markdown_table(['pages that hang', 's', 'ratio'], rows)}"


def _took_secs(shop: ShopProcess, pages: int, timeout_secs: float, *, hangs: bool) -> float:
    with tempfile.TemporaryDirectory(prefix="scrapeline-bench-") as name:
        folder = Path(name)
        command = _command(shop.port, folder, pages, timeout_secs, hangs=hangs)
        run = measure(command, shop, pages, folder, sample_secs=SAMPLE_SECS)
        if run.complaint:
            raise SystemExit(f"browser-hang: {run.complaint}")
        rows = ds.dataset(folder / "out" / "rows", format="parquet").count_rows()
        letters = list((folder / "out" / "dead_letters").rglob("*.parquet"))
    if rows != (pages - hangs) * CARDS or bool(letters) != hangs:
        raise SystemExit(f"browser-hang: {rows} rows, {len(letters)} files of letters")
    return run.wall_secs


def _command(port: int, folder: Path, pages: int, timeout_secs: float, *, hangs: bool) -> list[str]:
    kinds = ["hang" if hangs and number == pages // 4 else "js" for number in range(pages)]
    urls, sources = folder / "urls.txt", folder / "sources"
    urls.write_text("".join(f"http://{HOST}/{kind}/list/{number}\n" for number, kind in enumerate(kinds)))
    sources.mkdir()
    for path in (SOURCES / "scrapeline.yaml", SOURCES / "listings.yaml", SOURCES / "shells.yaml"):
        (sources / path.name).write_text(path.read_text("utf-8"), "utf-8")
    text = TEMPLATE.format(shells="shells.yaml", timeout_secs=timeout_secs)
    (sources / "one_hangs.yaml").write_text(text, "utf-8")
    command = scrapeline_command("one_hangs", port, folder, "--urls", str(urls), "--workers=1")
    command[command.index("--sources") + 1] = str(sources)
    return command
