"""Scrape, archive, validate and write, each on a small fake of what it is given."""

from collections.abc import Iterable, Iterator

import apache_beam as beam
from apache_beam.testing.test_pipeline import TestPipeline as BeamPipeline
from apache_beam.testing.util import assert_that, equal_to

from schemas.dead_letter import DeadLetter
from schemas.outcome import Outcome, Scraped
from schemas.page import ArchivePointer, Captured, Page
from schemas.reasons import Dead
from schemas.request import Request, RequestSpec
from schemas.row import RowMaker
from schemas.table import Column, Table
from transforms.archive_pages import ArchivePages
from transforms.scrape_batch import HostKey, ScrapeBatch, ScrapeHostsFn
from transforms.tags import DEAD_LETTERS, ONWARD, TALLIES
from transforms.validate_items import ValidateItems

EMMA = Request("books", "https://books.test/emma", "e1")
GONE = Request("books", "https://books.test/gone", "e1")
ELSEWHERE = Request("books", "https://other.test/", "e1")
TABLE = Table("books.books", (Column("title", required=True), Column("year", "integer")), key=("title",))


def page_of(request: Request) -> Page:
    return Page(request, 200, request.url, (), b"<html>", 1_790_000_000.0)


def scraped(request: Request, **more: object) -> Scraped:
    outcome = Outcome("e1", "books", request.request_id, "pages")
    return Scraped(outcome, page_of(request), table="books.books", **more)  # type: ignore[arg-type]


def died(request: Request) -> Scraped:
    outcome = Outcome("e1", "books", request.request_id, "dead", "timeout")
    return Scraped(outcome, letter=DeadLetter("scrape", Dead.TIMEOUT, request))


class FakeVisit:
    """EMMA ends at once and leads to another host; GONE times out, and only when drained."""

    def __init__(self) -> None:
        self._ended: list[Scraped | RequestSpec] = []
        self._late: list[Scraped] = []

    def admit(self, key: HostKey, specs: Iterable[RequestSpec]) -> None:
        for request in (request for spec in specs for request in spec.requests):
            if request == EMMA:
                self._ended += [scraped(EMMA), RequestSpec("books", "e1", (ELSEWHERE,))]
            else:
                self._late.append(died(request))

    def finished(self) -> list[Scraped | RequestSpec]:
        ended, self._ended = self._ended, []
        return ended

    def drain(self) -> Iterator[Scraped | RequestSpec]:
        yield from self.finished()
        yield from self._late


class FakeFetcher:
    def visit(self, *, onward: bool = True) -> FakeVisit:
        return FakeVisit()


def test_a_request_that_times_out_leaves_the_rest_of_its_host_alone():
    spec = RequestSpec("books", "e1", (GONE, EMMA))
    with BeamPipeline(runner="FnApiRunner") as pipeline:
        specs = pipeline | beam.Create([(("books.test", 0), spec)])

        outputs = specs | ScrapeBatch(FakeFetcher)

        ends = outputs.scraped | beam.Map(lambda one: (one.outcome.request_id, one.outcome.end))
        assert_that(ends, equal_to([(EMMA.request_id, "pages"), (GONE.request_id, "dead")]), label="scraped")
        onward = outputs[ONWARD] | beam.Map(lambda one: one.requests[0].url)
        assert_that(onward, equal_to([ELSEWHERE.url]), label="onward")


def test_what_a_failed_bundle_left_open_is_abandoned_when_the_next_one_starts():
    abandoned = []

    class Left(FakeVisit):
        def abandon(self) -> None:
            abandoned.append(self)

    class Fetcher:
        def visit(self, *, onward: bool = True) -> FakeVisit:
            return Left()

    scrape = ScrapeHostsFn(Fetcher, onward=True)
    scrape.setup()
    scrape.start_bundle()
    list(scrape.process((("books.test", 0), [RequestSpec("books", "e1", (EMMA,))])))

    scrape.start_bundle()  # the first bundle failed further down and was never finished
    list(scrape.finish_bundle())
    scrape.start_bundle()

    assert len(abandoned) == 1


class FakeArchive:
    """Points to the number of pages it was given before."""

    def __init__(self) -> None:
        self._pages = 0
        self._closed = False

    def add(self, page: Page) -> ArchivePointer:
        assert not self._closed
        self._pages += 1
        return ArchivePointer("one.warc.gz", self._pages - 1, "sha1:X")

    def close(self) -> None:
        self._closed = True


def test_a_page_is_archived_once_and_its_body_goes_no_further():
    kept = page_of(GONE)
    kept.archived = ArchivePointer("earlier.warc.gz", 7, "sha1:Y")
    from_archive = Scraped(Outcome("e1", "books", GONE.request_id, "pages", from_archive=True), kept)
    with BeamPipeline(runner="FnApiRunner") as pipeline:
        pages = pipeline | beam.Create([scraped(EMMA), from_archive, died(ELSEWHERE)]) | ArchivePages(FakeArchive)

        pointers = pages | beam.Map(lambda one: one.page and (one.page.archived.file, one.page.body))
        assert_that(pointers, equal_to([("one.warc.gz", b""), ("earlier.warc.gz", b""), None]))


def test_a_letter_leads_to_the_page_and_to_its_picture_whose_bytes_go_no_further():
    page = page_of(EMMA)
    page.rendered, page.screenshot = True, b"jpeg"
    page.captured = (Captured("https://books.test/q", 200, "application/json", b"{}"),)
    page.archived = ArchivePointer("one.warc.gz", 7, "sha1:Y")
    page.screenshot_archived = ArchivePointer("one.warc.gz", 9, "sha1:Z")
    failed = died(EMMA)
    failed.page = page
    with BeamPipeline(runner="FnApiRunner") as pipeline:
        pages = pipeline | beam.Create([failed]) | ArchivePages(FakeArchive)

        told = pages | beam.Map(
            lambda one: (
                one.letter.archived.offset,
                one.letter.screenshot.offset,
                one.page.screenshot,
                one.page.captured,
            )
        )
        assert_that(told, equal_to([(7, 9, b"", ())]))


def row_makers():
    return lambda _source, _table: RowMaker(TABLE)


def test_each_item_is_a_row_or_one_letter_with_every_bad_field():
    items = [{"title": "Emma", "year": "1815"}, {"title": "", "year": "long ago"}]
    with BeamPipeline(runner="FnApiRunner") as pipeline:
        ended = pipeline | beam.Create([scraped(EMMA, items=items), died(GONE)])

        outputs = ended | ValidateItems(row_makers)

        rows = outputs.rows | beam.FlatMap(lambda batch: [row["year"] for row in batch.rows])
        assert_that(rows, equal_to([1815]), label="rows")
        letters = outputs[DEAD_LETTERS] | beam.Map(
            lambda letter: (letter.stage, str(letter.reason), sorted(problem.field for problem in letter.problems))
        )
        wanted = [("validate", "invalid_item", ["title", "year"]), ("scrape", "timeout", [])]
        assert_that(letters, equal_to(wanted), label="letters")
        counts = outputs[TALLIES] | beam.Map(lambda tally: (dict(tally[1].dead), tally[1].counts["items"]))
        assert_that(counts, equal_to([({"timeout": 1, "invalid_item": 1}, 2)]), label="tallies")


def test_an_item_that_a_dead_request_carried_is_written_when_the_source_says_so():
    carried = died(GONE)
    carried.items, carried.table = [{"title": "Emma"}], "books.books"
    with BeamPipeline(runner="FnApiRunner") as pipeline:
        outputs = pipeline | beam.Create([carried]) | ValidateItems(row_makers)

        rows = outputs.rows | beam.Map(lambda batch: (batch.url, batch.rows[0]["title"]))
        assert_that(rows, equal_to([(GONE.url, "Emma")]), label="rows")
        letters = outputs[DEAD_LETTERS] | beam.Map(lambda letter: str(letter.reason))
        assert_that(letters, equal_to(["timeout"]), label="letters")
