"""One file, and many processes that write it at once."""

import multiprocessing
from pathlib import Path

import pytest

from pipelines.places import Places
from pipelines.source_health.book import NoBook, local_file, open_book
from pipelines.source_health.sqlite_book import PROBE_SECS, SqliteBook
from schemas.decision import Decision

AT_ONCE = 8
NOW = 1_700_000_000.0


@pytest.fixture
def book(tmp_path):
    return SqliteBook(tmp_path / "out" / "sources.sqlite")


def test_decisions_come_back_oldest_first_and_each_once(book):
    first, second = Decision("shop", "disable", 5.25, "ana", "é it's down"), Decision("shop", "enable", 7.5, "bo")

    book.add([second])
    book.add([first, second])

    assert book.decisions() == [first, second]


def test_reading_makes_no_file(tmp_path):
    path = tmp_path / "sources.sqlite"

    assert SqliteBook(path).decisions() == []
    assert SqliteBook(path).last_ticks() == {}
    assert not path.exists()


def test_a_tick_is_claimed_once(book):
    assert book.claim_tick("shop", 60.0, NOW)
    assert not book.claim_tick("shop", 60.0, NOW)
    assert book.claim_tick("shop", 120.0, NOW)
    assert book.claim_tick("events", 60.0, NOW)
    assert book.last_ticks() == {"shop": 120.0, "events": 60.0}


def test_a_source_is_tried_by_one_run_until_that_must_be_dead(book):
    assert book.claim_probe("shop", NOW - 1, NOW, "a")
    assert book.claim_probe("shop", NOW - 1, NOW + 5, "a")
    assert not book.claim_probe("shop", NOW - 1, NOW + 5 + PROBE_SECS - 1, "b")
    assert book.claim_probe("shop", NOW - 1, NOW + 5 + PROBE_SECS, "b")
    assert book.claim_probe("shop", NOW + 9999, NOW + PROBE_SECS + 6, "c"), "b failed: the next time is another"


def write(path: Path, number: int, start, claimed) -> None:
    book = SqliteBook(path)
    start.wait(60)
    for count in range(10):
        book.add([Decision(f"s{number}", "enable", float(count), "ana"), Decision("all", "enable", float(count), "bo")])
        claimed.put((book.claim_tick("shop", float(count), NOW), count))


def test_processes_that_write_at_once_lose_nothing_and_claim_each_tick_once(tmp_path):
    spawn = multiprocessing.get_context("fork")
    path, start, claimed = tmp_path / "new" / "sources.sqlite", spawn.Event(), spawn.Queue()
    writers = [spawn.Process(target=write, args=(path, number, start, claimed)) for number in range(AT_ONCE)]
    for writer in writers:
        writer.start()
    start.set()
    claims = [claimed.get(timeout=60) for _ in range(AT_ONCE * 10)]
    for writer in writers:
        writer.join(60)

    assert [writer.exitcode for writer in writers] == [0] * AT_ONCE
    assert sorted(count for done, count in claims if done) == list(range(10))
    assert len(SqliteBook(path).decisions()) == AT_ONCE * 10 + 10


def test_the_file_stands_in_the_output_and_a_bucket_has_none(tmp_path):
    assert local_file(Places(str(tmp_path))) == tmp_path / ".scrapeline" / "sources.sqlite"
    bucket = open_book(Places("gs://bucket/out"))

    assert bucket.decisions() == []
    with pytest.raises(NoBook, match="gs://bucket/out"):
        bucket.add([Decision("shop", "enable", NOW, "ana")])
