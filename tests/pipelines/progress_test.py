from collections import Counter
from pathlib import Path

from pipelines.progress import Progress, read_progress
from scrapers.fetching.progress import Progress as Fetched


def test_the_counters_of_a_process_and_of_its_fetcher_are_read_together(tmp_path: Path) -> None:
    progress = Progress(str(tmp_path))
    progress.count("shop", "rows", 30)
    progress.count("shop", "dead:invalid_item")
    progress.follow(lambda: Fetched(pages=Counter(shop=2), letters=Counter({("shop", "timeout"): 1})))
    progress.write()
    (tmp_path / "1.json").write_text('[["shop", "rows", 5], ["other", "pages", 7]]')
    (tmp_path / "2.json").write_text('[["shop", "ro')

    assert read_progress(tmp_path) == {
        ("shop", "rows"): 35,
        ("shop", "pages"): 2,
        ("shop", "dead:invalid_item"): 1,
        ("shop", "dead:timeout"): 1,
        ("other", "pages"): 7,
    }


def test_a_folder_that_is_gone_is_no_matter(tmp_path: Path) -> None:
    progress = Progress("")
    progress.count("shop", "rows")
    progress._folder = str(tmp_path / "gone")

    progress.write()
