import dataclasses
import os
from pathlib import Path

from pipelines.kept_pages import find_kept, keep, known_request, remember
from schemas.page import Captured, Page
from schemas.request import Request
from scrapers.archive.redaction import Redactor
from scrapers.archive.warc_writer import WarcWriter

REQUEST = Request("shop", "http://shop.test/lamps", "try", page_type="listing")
PAGE = Page(REQUEST, 200, REQUEST.url, (("Content-Type", "text/html"),), b"<p>kept", 1e9)


def archive(folder: Path, page: Page, changed_at: float) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / "run-a1-0.warc.gz"
    with file.open("wb") as stream:
        writer = WarcWriter(stream, file.name, Redactor())
        writer.add(page)
    os.utime(file, (changed_at, changed_at))
    return file


def test_nothing_is_kept_at_first(tmp_path: Path):
    assert find_kept(tmp_path / ".scrapeline", tmp_path / "out", REQUEST) is None


def test_a_kept_page_is_found_for_the_same_request_only(tmp_path: Path):
    keep(tmp_path, PAGE)

    found = find_kept(tmp_path, tmp_path / "none", dataclasses.replace(REQUEST, execution_id="other", request_id=""))
    assert found is not None
    assert found[0].body == b"<p>kept"
    assert found[0].request.execution_id == "other"
    assert (
        find_kept(tmp_path, tmp_path / "none", dataclasses.replace(REQUEST, page_type="detail", request_id="")) is None
    )


def test_the_archive_of_a_later_run_wins_over_the_kept_page(tmp_path: Path):
    keep(tmp_path / "cache", PAGE)
    of_run = dataclasses.replace(PAGE, body=b"<p>archived")
    file = archive(tmp_path / "archive", of_run, changed_at=4e9)

    found = find_kept(tmp_path / "cache", tmp_path / "archive", REQUEST)

    assert found is not None
    assert (found[0].body, found[1]) == (b"<p>archived", str(file))


def test_the_archive_of_an_earlier_run_does_not(tmp_path: Path):
    archive(tmp_path / "archive", dataclasses.replace(PAGE, body=b"<p>archived"), changed_at=1e9)
    keep(tmp_path / "cache", PAGE)

    found = find_kept(tmp_path / "cache", tmp_path / "archive", REQUEST)

    assert found is not None
    assert found[0].body == b"<p>kept"


def test_follow_ups_are_remembered_with_their_items(tmp_path: Path):
    detail = Request("shop", "http://shop.test/p/1", "try", page_type="detail", item={"sku": "A1"})
    remember(tmp_path, "shop", [detail])

    assert known_request(tmp_path, "shop", "http://shop.test:80/p/1", None) == detail
    assert known_request(tmp_path, "shop", detail.url, "listing") is None
    assert known_request(tmp_path, "other", detail.url, None) is None


def test_a_rendered_page_is_kept_with_its_answers_and_one_that_was_given_up_is_not(tmp_path: Path):
    answers = (Captured("http://shop.test/q", 200, "application/json", b"{}"),)
    rendered = dataclasses.replace(PAGE, rendered=True, captured=answers)
    keep(tmp_path / "cache", rendered)
    given_up = dataclasses.replace(PAGE, rendered=True, incomplete=True, body=b"<p>loading")
    archive(tmp_path / "archive", given_up, changed_at=4e9)

    found = find_kept(tmp_path / "cache", tmp_path / "archive", REQUEST)

    assert found is not None
    assert found[0] == rendered
