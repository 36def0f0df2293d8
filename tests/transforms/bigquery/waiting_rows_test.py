"""Rows wait for a bounded time and in a bounded number, whether others come after them or not."""

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from schemas.row_batch import RowBatch
from transforms.bigquery import waiting_rows
from transforms.bigquery.connection import WarehouseUnavailable
from transforms.bigquery.waiting_rows import Arrived, WaitingRows

LONG_SECS = 60  # for what happens at once, on a machine that is busy


class Written:
    """Keeps what it is given; what stands in `failing` is not taken."""

    def __init__(self) -> None:
        self.skus: list[list[str]] = []
        self.failing: set[str] = set()
        self.changed = threading.Condition()

    def __call__(self, arrived: Sequence[Arrived]) -> None:
        skus = [row["sku"] for one in arrived for row in one.batch.rows]
        with self.changed:
            self.skus.append(skus)
            self.changed.notify_all()
        if self.failing.intersection(skus):
            raise WarehouseUnavailable("not now")

    def wait(self, condition: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, LONG_SECS)


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def waiting(written: Written) -> Iterator[WaitingRows]:
    made = WaitingRows(written)
    yield made
    made.abandon()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent because it has waited."""
    monkeypatch.setattr(waiting_rows, "MAX_WAIT_SECS", 3_600.0)


def page(*skus: str) -> Arrived:
    rows = [{"sku": sku} for sku in skus]
    return Arrived(RowBatch("shop.items", "e1", "shop", "http://shop.test/", 0.0, "r1", rows=rows), 0, None)


def test_rows_are_sent_after_their_time_although_nothing_follows(written: Written, waiting: WaitingRows) -> None:
    waiting.add("t", page("a"))
    written.wait(lambda: bool(written.skus))
    waiting.close()
    assert written.skus == [["a"]]


@pytest.mark.usefixtures("patient")
def test_pages_of_a_table_go_together_when_the_bundle_ends(written: Written, waiting: WaitingRows) -> None:
    for sku in "abc":
        waiting.add("t", page(sku))
    waiting.add("other", page("o"))
    assert written.skus == []
    waiting.close()
    assert sorted(written.skus) == [["a", "b", "c"], ["o"]]


@pytest.mark.usefixtures("patient")
def test_many_rows_of_one_table_wait_for_no_clock(
    written: Written, waiting: WaitingRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_rows, "ROWS_AT_ONCE", 3)
    waiting.add("t", page("a", "b"))
    waiting.add("other", page("o"))
    assert written.skus == []
    waiting.add("t", page("c"))
    assert written.skus == [["a", "b", "c"]]


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(("name", "most"), [("MOST_ROWS", 4), ("MOST_BYTES", 80)])
def test_what_waits_for_all_tables_together_is_bounded(
    written: Written, waiting: WaitingRows, monkeypatch: pytest.MonkeyPatch, name: str, most: int
) -> None:
    monkeypatch.setattr(waiting_rows, name, most)
    for _ in range(2):  # what was sent counts no more
        waiting.add("t", page("a" * 25))
        waiting.add("other", page("o" * 25, "p" * 25))
        assert len(written.skus) % 2 == 0
        waiting.add("t", page("b" * 25))
    assert len(written.skus) == 4


def test_what_fails_while_nobody_asks_fails_the_next_who_does(written: Written, waiting: WaitingRows) -> None:
    written.failing = {"a"}
    waiting.add("t", page("a"))
    written.wait(lambda: bool(written.skus))
    with pytest.raises(WarehouseUnavailable):
        waiting.close()


@pytest.mark.usefixtures("patient")
def test_a_table_that_fails_fails_the_bundle_after_all_others_are_sent(written: Written, waiting: WaitingRows) -> None:
    written.failing = {"a"}
    for name in "abc":
        waiting.add(name, page(name))
    with pytest.raises(WarehouseUnavailable):
        waiting.close()
    assert sorted(written.skus) == [["a"], ["b"], ["c"]]
