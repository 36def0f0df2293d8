"""`browser`: listing pages that a script fills, the whole process from start to exit, against peers in each round."""

from benchmarks.browsers import PEER_PAGES, SAMPLE_SECS, crawlee, scrapeline_browser, scrapy_playwright
from benchmarks.race_table import race_table
from benchmarks.rounds import race
from benchmarks.shop_process import ShopProcess

__all__ = ["run_browser"]


def run_browser(pages: int, rounds: int, *, peers: bool = True) -> str:
    """Races ours, with validation, archive, guard and Parquet, against scrapy-playwright and crawlee.

    Args:
      peers: False: ours alone.
    """
    ours = scrapeline_browser()
    others = [scrapy_playwright(), crawlee()] if peers else []
    with ShopProcess(1) as shop:
        runs = race([*others, ours], shop, pages, rounds, sample_secs=SAMPLE_SECS)
    fewer = f"; the peers' runs have {PEER_PAGES:,} pages" if peers and pages > PEER_PAGES else ""
    title = (
        f"{pages:,} JavaScript listing pages of 30 rows, whole process, every row checked, medians of {rounds} paired "
        f"rounds{fewer}. Memory is the sum of proportional set sizes (PSS) of all processes, Chromium's included."
    )
    named = {f"{name}, {own[0].pages:,} pages": own for name, own in runs.items()}
    return f"{title}\n\n{race_table(named, next(iter(named)), digits=1)}"
