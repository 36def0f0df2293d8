"""`static`: listing pages, the whole process from start to exit, against the peer in the same round."""

from benchmarks.contestants import scrapeline, scrapeline_urls, scrapy
from benchmarks.race_table import race_table
from benchmarks.rounds import race
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
    title = f"{pages:,} listing pages of 30 rows, whole process, medians of {rounds} paired rounds"
    return f"{title}\n\n{race_table(runs, peer.name, f'{pages:,} pages')}"
