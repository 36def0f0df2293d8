"""A rendered page that was kept is read without browser and network: by `try`, and as a test case."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from pipelines.kept_pages import keep
from schemas.page import Captured, Page
from schemas.request import Request
from scrapers.archive.redaction import Redactor
from scrapers.archive.warc_writer import WarcWriter

Scrapeline = Callable[..., Result]
URL = "http://nowhere.test/app"
SOURCE = f"""\
source: app
table: app.items
key: [id]
seeds: {{urls: ["{URL}"]}}
fetch: {{mode: browser}}
items: {{from: xhr, xhr: "*/api/items", jmes: rows}}
fields:
  id: {{jmes: id, required: true}}
  name: {{jmes: name}}
"""
ANSWERS = (
    Captured("http://nowhere.test/api/items", 200, "application/json", b'{"rows": [{"id": "a", "name": "Arc"}]}'),
)
PAGE = Page(
    Request("app", URL, "try"), 200, URL, (("Content-Type", "text/html"),), b"<h1>App</h1>", 1.7e9, rendered=True,
    captured=ANSWERS,
)  # fmt: skip


def keep_as_try_does(folder: Path) -> None:
    keep(folder / ".scrapeline", PAGE)


def keep_as_a_run_does(folder: Path) -> None:
    (folder / "out" / "archive").mkdir(parents=True)
    writer = WarcWriter((folder / "out" / "archive" / "a.warc.gz").open("wb"), "a.warc.gz", Redactor())
    writer.add(PAGE)
    writer.close()


@pytest.mark.parametrize("keep_page", [keep_as_try_does, keep_as_a_run_does])
def test_the_answers_that_a_page_read_are_read_again(
    folder: Path, scrapeline: Scrapeline, keep_page: Callable[[Path], None]
) -> None:
    (folder / "sources" / "app.yaml").write_text(SOURCE)
    keep_page(folder)

    tried = scrapeline("try", "app", "--save", "one")
    tested = scrapeline("test", "app")

    assert tried.exit_code == 0, tried.output
    assert "Arc" in tried.stdout
    assert (tested.exit_code, tested.stdout.splitlines()[0]) == (0, "ok    app/one")
    case = folder / "sources" / "tests" / "app" / "one"
    assert sorted(path.name for path in case.iterdir()) == [
        "captured-1.json",
        "expected.json",
        "meta.json",
        "page.html",
    ]
