"""`static`: listing pages, the whole process from start to exit, against the peer in the same round."""

import statistics

from benchmarks.contestants import scrapeline, scrapeline_urls, scrapy
from benchmarks.markdown import markdown_table
from benchmarks.rounds import median_ratio, race, spread
from benchmarks.shop_process import ShopProcess

__all__ = ["run_static"]


def run_static(pages: int, rounds: int, *, urls: bool = False) -> str:
    """Races one and two processes of ours against Scrapy.

    Args:
      urls: ours from a file of URLs to one file of newline JSON as well (`--urls FILE -o rows.jsonl`).
    """
    peer = scrapy()
    ours = [scrapeline_urls(1), scrapeline_urls(2)] if urls else [scrapeline(1), scrapeline(2)]
    with ShopProcess(pages) as shop:
        runs = race([peer, *ours], shop, pages, rounds)
    against = runs[peer.name]
    table = []
    for name, own in runs.items():
        speed = median_ratio([run.pages_a_sec for run in own], [run.pages_a_sec for run in against])
        cpu = median_ratio([run.cpu_ms_a_page for run in own], [run.cpu_ms_a_page for run in against])
        table.append(
            [
                name,
                spread([run.pages_a_sec for run in own], 0),
                f"{speed:.1f}x",
                f"{statistics.median(run.cpu_ms_a_page for run in own):.2f}",
                f"{cpu:.2f}x",
                f"{statistics.median(run.peak_bytes for run in own) / 1e6:.0f}",
                f"{statistics.median(run.noise for run in own):.2f}",
            ]
        )
    headings = ["", "pages/s", "ratio", "CPU ms a page", "ratio", "peak MB", "noise"]
    title = f"{pages:,} listing pages of 30 rows, whole process, medians of {rounds} paired rounds"
    return f"{title}\n\n{markdown_table([f'{pages:,} pages', *headings[1:]], table)}"
