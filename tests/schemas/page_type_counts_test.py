import itertools

from schemas.outcome import Outcome
from schemas.page import ArchivePointer, Page
from schemas.page_type_counts import PageTypeCounts
from schemas.request import Request
from schemas.tally import Tally


def page_at(path: str, offset: int | None) -> Page:
    page = Page(Request("shop", f"http://shop.test{path}", "e1"), 200, f"http://shop.test{path}", (), b"", 0.0)
    page.archived = ArchivePointer("a.warc.gz", offset, "sha1:x") if offset is not None else None
    return page


def counted(*ends: tuple[str, tuple[str, ...], int | None], end: str = "pages") -> PageTypeCounts:
    counts = PageTypeCounts()
    for path, signs, offset in ends:
        outcome = Outcome("e1", "shop", "", end, spawned=("x", "y"), skeleton=signs)  # type: ignore[arg-type]
        counts.end(outcome, page_at(path, offset))
    return counts


def test_what_pages_come_to_adds_up_in_any_order():
    parts = [
        counted(("/b", ("ul>li", "a[href]"), 7), ("/z", (), 8)),
        counted(("/a", ("ul>li",), 9)),
        counted(("/c", ("p>b",), 3), end="dead"),
        counted(("/0", ("ul>li",), None)),
    ]
    records = []
    for order in itertools.permutations(parts):
        total = PageTypeCounts()
        for part in order:
            total.add(part)
        records.append(total.record(None))

    assert all(record == records[0] for record in records)
    assert {key: records[0][key] for key in ("pages", "led_to", "sampled", "skeleton")} == {
        "pages": 4, "led_to": 8, "sampled": 4, "skeleton": ["ul>li"],
    }  # fmt: skip
    assert records[0]["sample"] == {
        "url": "http://shop.test/a", "file": "a.warc.gz", "offset": 9, "digest": "sha1:x",
    }  # fmt: skip


def test_a_skeleton_is_compared_with_the_one_before():
    counts = counted(("/a", ("ul>li", "li.card"), 1))

    assert counts.record(["ul>li"])["like_before"] == 0.5
    assert counts.record([])["like_before"] is None
    assert counted(("/a", (), 1)).record(["ul>li"])["like_before"] is None


def test_a_type_whose_requests_were_all_dropped_has_nothing_to_tell():
    tally = Tally()
    tally.end(Outcome("e1", "shop", "0" * 24, "dropped", "robots", page_type="listing"))

    assert not tally.of_type("listing").told
