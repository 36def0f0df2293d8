"""The page as people meet it: in Chromium, from a file, in light and dark, on a telephone and at a desk."""

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, sync_playwright

from pipelines.cli import cli
from scrapers.browsing.executable import BrowserMissing, find_browser
from tests.pipelines.report.output import archive_pages, execution, jpeg, letter, problems, write, write_rows
from tests.pipelines.report.page_test import NOW, drift, hostile

DESK, TELEPHONE = 1280, 390
IN_PAGE = (Path(__file__).parent / "in_page.js").read_text("utf-8")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    try:
        found = find_browser()
    except BrowserMissing as missing:
        pytest.skip(f"needs: Chromium ({missing})")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.path)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of an output that has something in every section, and wide things in them."""
    folder = tmp_path_factory.mktemp("written") / "out"
    url = "https://shop.example/" + "a-long-way/" * 20
    first, second = archive_pages(
        folder, [(url, b"<p><b>1</b></p>", jpeg()), (url, b"<p><i>1</i></p>", jpeg(400, 900))]
    )
    pages = [
        {"url": url, "file": one["archive_file"], "offset": one["archive_offset"], "execution_id": "shop-5"}
        for one in (first, second)
    ]
    hosts = {"shop.example": {"requests": 12, "delay_secs": 1.0, "min_gap_secs": 0.3, "short_gaps": 2, "slow_downs": 1}}
    fell = (drift("field", "price", *pages), drift("skeleton", "listing", *pages, degrades=False))
    outcomes: list[dict[str, Any]] = [
        {},
        {"status": "no_data", "rows": 0},
        {"condition": "blocked"},
        {"status": "failed", "reasons": ("x" * 300,)},
        {"hosts": hosts, "fetch_secs": 9.0, "browser_secs": 4.0},
        {"condition": "degraded", "coverage": {"sku": 1.0, "price": 0.1}, "drift": fell},
    ]
    letters = [letter("shop", 5, number, reason=f"reason_{number}", url=url, **second) for number in range(3)]
    long_words = problems({"field": "price", **dict.fromkeys(("rule", "message", "value"), "w" * 150)})
    letters.append(letter("a_source_with_a_rather_long_name_of_its_own", 5, problems=long_words))
    write(folder, [execution("shop", number, **changes) for number, changes in enumerate(outcomes)], letters)
    write(folder, [execution(f"source_{number}", 5, condition="blocked") for number in range(3)])
    wide = {f"column_{number}": ["some words " * 9] for number in range(20)}
    write_rows(folder, "shop.products", "shop-5", pa.table({**wide, "scraped_at": [NOW], "execution_id": ["shop-5"]}))
    return report_of(folder)


def report_of(folder: Path) -> Path:
    done = CliRunner().invoke(cli, ["report", str(folder)])
    assert done.exit_code == 0, done.output
    return folder / "report.html"


class Opened:
    """A page in the browser, and what it said and asked for.

    Attributes:
      requests: addresses of all but the page itself.
    """

    def __init__(self, page: Page, file: Path) -> None:
        self.page = page
        self.said: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: (self.said.append(dialog.message), dialog.dismiss())[1])
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(file.as_uri())
        self.requests = [url for url in self.requests if not url.startswith(("data:", file.as_uri()))]

    def ask(self, question: str) -> Any:
        """Calls a function of in_page.js, everything that is folded away laid open."""
        return json.loads(
            self.page.evaluate(f"(() => {{ {IN_PAGE}; openAll(); return JSON.stringify({question}()); }})()")
        )


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Opened]]:
    """Opens a file: `open_page(file, width=390, colours="dark")`."""
    contexts = []

    def open_one(file: Path, width: int = DESK, colours: Any = "light") -> Opened:
        contexts.append(browser.new_context(viewport={"width": width, "height": 844}, color_scheme=colours))
        return Opened(contexts[-1].new_page(), file)

    yield open_one
    for context in contexts:
        context.close()


def test_it_asks_for_nothing_and_complains_of_nothing(written: Path, open_page: Callable[..., Opened]) -> None:
    opened = open_page(written)

    assert opened.ask("brokenImages") == []
    assert opened.requests == []
    assert opened.said == [], "a style or picture against its own policy would be told here"
    assert opened.page.evaluate("document.images.length") > 3


def test_nothing_of_the_web_runs_in_it(tmp_path: Path, open_page: Callable[..., Opened]) -> None:
    hostile(tmp_path)
    opened = open_page(report_of(tmp_path))

    opened.ask("headings")
    opened.page.mouse.move(300, 300)
    assert opened.said == []
    assert opened.requests == []
    assert opened.page.evaluate("[document.scripts.length, document.querySelectorAll('svg script, svg a').length]") == [
        0,
        0,
    ]


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_text_and_mark_can_be_told_from_what_is_behind_it(
    written: Path, open_page: Callable[..., Opened], colours: str
) -> None:
    """WCAG 2.2: 1.4.3 (texts 4.5:1, large ones 3:1) and 1.4.11 (marks of charts 3:1)."""
    opened = open_page(written, colours=colours)

    assert opened.ask("faintTexts") == []
    assert opened.ask("faintMarks") == []
    assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(245, 246, 248)" if colours == "light" else "rgb(14, 17, 21)"
    )


@pytest.mark.parametrize("width", [320, TELEPHONE, DESK])
def test_it_fits_the_width(written: Path, open_page: Callable[..., Opened], width: int) -> None:
    opened = open_page(written, width=width)

    assert opened.ask("tooWide") == []
    shown = opened.page.locator(".chart .wide" if width == DESK else ".chart .narrow")
    assert shown.count() == 4
    assert all(one.is_visible() for one in shown.all())


def test_it_can_be_read_without_eyes_or_mouse(written: Path, open_page: Callable[..., Opened]) -> None:
    opened = open_page(written)

    levels = opened.ask("headings")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), levels
    assert opened.ask("landmarks") == ["HEADER", "NAV", "MAIN", "FOOTER"]
    for question in ("unnamedRegions", "unnamedPictures", "tablesWithoutHeads", "doubledIds", "deadAnchors"):
        assert opened.ask(question) == [], question
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.getAttribute('href')") == "#main"


def test_it_can_be_printed(written: Path, open_page: Callable[..., Opened]) -> None:
    opened = open_page(written, colours="dark")
    opened.page.emulate_media(media="print")

    assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not opened.page.locator("nav").is_visible()
    assert opened.page.pdf()[:5] == b"%PDF-"
