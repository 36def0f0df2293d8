"""What `scrapeline dead-letters` takes and says."""

import contextlib
import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pipelines.cli import cli
from pipelines.resume import own_run
from schemas.dead_letter import DeadLetter
from schemas.dead_letter_table import letter_record
from schemas.page import ArchivePointer, Page
from schemas.reading import FieldProblem
from schemas.reasons import Dead
from schemas.request import Request
from scrapers.archive.redaction import Redactor
from scrapers.archive.warc_writer import WarcWriter
from transforms.output_layout import OutputLayout

SOURCE = """\
source: shop
table: shop.items
key: [sku]
seeds: {urls: ["http://shop.test/"]}
items: {css: b}
fields:
  sku: {css: "::attr(id)"}
  price: {css: i, type: numeric, min: 0}
"""


@pytest.fixture
def output(tmp_path: Path) -> Path:
    (tmp_path / "sources").mkdir(exist_ok=True)
    (tmp_path / "sources" / "shop.yaml").write_text(SOURCE)
    (tmp_path / "out").mkdir(exist_ok=True)
    return tmp_path / "out"


@pytest.fixture
def say(tmp_path: Path, output: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`scrapeline dead-letters WORDS` in the folder above."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(cli, ["dead-letters", *words])


def write(output: Path, *letters: DeadLetter, days: int = 1) -> None:
    """Letters of November the 1st, 2nd, ..."""
    (output / "dead_letters").mkdir(exist_ok=True)
    for place, letter in enumerate(letters):
        letter.failed_at = letter.first_failed_at = 1_793_491_200 + (place % days) * 86_400  # 2026-11-01
    records = [
        {**letter_record(letter), **{name: moment(letter.failed_at) for name in ("failed_at", "first_failed_at")}}
        for letter in letters
    ]
    text = "".join(
        json.dumps({name: value for name, value in one.items() if value is not None}) + "\n" for one in records
    )
    (output / "dead_letters" / f"e0-a1-{len(letters)}.jsonl").write_text(text)


def moment(seconds: float) -> str:
    day = int((seconds - 1_793_491_200) // 86_400)
    return f"2026-11-{day + 1:02}T00:00:00Z"


def timed_out(number: int, **more: Any) -> DeadLetter:
    return DeadLetter("scrape", Dead.TIMEOUT, Request("shop", f"http://shop.test/{number}", "e0"), "30 s", **more)


def test_nothing_has_failed(say: Any) -> None:
    done = say("list")

    assert (done.exit_code, done.stdout) == (0, "No dead letter in out is open.\n")
    assert json.loads(say("list", "--json").stdout) == {"total": 0, "counts": {}, "replay": "", "letters": []}
    assert say("replay").stdout.startswith("Nothing goes back")


def test_a_list_of_many_says_how_many_and_what_replays_them(say: Any, output: Path) -> None:
    blocked = DeadLetter("scrape", Dead.BLOCKED, Request("shop", "http://shop.test/x", "e0"), "a block\npage")
    write(output, *(timed_out(number) for number in range(30)), blocked, days=30)

    done = say("list", "--reason", "timeout", "--since", "2026-11-03", "--limit", "2")

    head, first, second, more, _, _, count, _, last = done.stdout.splitlines()
    assert head.split() == ["id", "failed", "(UTC)", "source", "stage", "reason", "URL", "message"]
    assert first.split()[1:] == [
        "2026-11-30",
        "00:00:00",
        "shop",
        "scrape",
        "timeout",
        "http://shop.test/29",
        "30",
        "s",
    ]
    assert "2026-11-29" in second
    assert more == "The newest 2 of 28; --limit 0 lists all."
    assert count.split() == ["timeout", "28"]
    assert last.startswith(
        "Replay these 28:  scrapeline dead-letters replay --reason timeout --since 2026-11-03T00:00:00"
    )
    everything = json.loads(say("list", "--limit", "0", "--json").stdout)
    assert everything["counts"] == {"timeout": {"open": 30}, "blocked": {"open": 1}}
    assert len(everything["letters"]) == everything["total"] == 31


def test_the_command_of_a_list_means_the_same_letters(say: Any, output: Path) -> None:
    write(output, *(timed_out(number) for number in range(4)), days=4)
    listed = json.loads(say("list", "--since", "2026-11-02", "--until", "2026-11-04", "--json").stdout)

    words = shlex.split(listed["replay"])
    done = say(*words[2:], "--dry-run")

    assert words[:3] == ["scrapeline", "dead-letters", "replay"]
    assert listed["total"] == 2
    assert "2 letters of 2 requests: 2 fetched, 0 answered from the archive." in done.stdout
    assert "Nothing was fetched or written" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["list", "--reason", "timout"], "did you mean timeout?"),
        (["list", "--source", "shp"], "did you mean shop?"),
        (["list", "--stage", "parsing"], "'parsing' is not one of"),
        (["list", "--status", "opened"], "'opened' is not one of"),
        (["list", "--since", "yesterday"], "is no day or moment"),
        (["list", "--execution", "nosuch"], "no letter is of execution nosuch"),
        (["list", "--output", "elsewhere"], "there is no folder elsewhere"),
        (["replay", "--reason", "timout"], "did you mean timeout?"),
        (["replay", "--status", "recovered"], "'recovered' is not one of"),
        (["replay", "ab", "--reason", "timeout"], "not both"),
        (["list", "--output", "bigquery:"], "is not bigquery:PROJECT"),
    ],
)
def test_a_slip_of_the_pen_is_a_mistake(say: Any, output: Path, words: list[str], said: str) -> None:
    write(output, timed_out(1))

    done = say(*words)

    assert (done.exit_code, said in done.stderr) == (2, True), done.output


def test_letters_of_events_are_shown_but_go_another_way(say: Any, output: Path) -> None:
    event = DeadLetter("event", Dead.MALFORMED_EVENT, Request("", "", ""), "no JSON", event='{"data": "hm"}')
    write(output, event, timed_out(1))

    assert "Replay the 1 that can go back:" in say("list").stdout
    shown = say("show", event.letter_id).stdout
    assert '"data": "hm"' in shown
    assert "dead-letters replay" not in shown
    assert "1 letter of 1 request" in say("replay", "--dry-run").stdout
    done = say("replay", event.letter_id, "--dry-run")
    assert (done.exit_code, "stays: it is of an event" in done.stderr) == (0, True)


def test_one_replay_at_a_time(say: Any, output: Path) -> None:
    write(output, timed_out(1))
    with own_run(OutputLayout(str(output), "replays", 1)) or contextlib.nullcontext():
        done = say("replay")

    assert (done.exit_code, "another replay is at work on out" in done.stderr) == (1, True)


def test_an_id_that_no_letter_has(say: Any, output: Path) -> None:
    write(output, *(timed_out(number) for number in range(40)))

    for words in (["show", "nosuch"], ["replay", "nosuch"]):
        done = say(*words)
        assert (done.exit_code, "no dead letter has an id that begins with 'nosuch'" in done.stderr) == (1, True)
    shared = next(one for one in "0123456789abcdef" if sum(timed_out(n).letter_id[0] == one for n in range(40)) > 1)
    done = say("show", shared)
    assert (done.exit_code, f"dead letters have an id that begins with '{shared}'" in done.stderr) == (1, True)


@pytest.fixture
def refused(output: Path) -> DeadLetter:
    """A refused item of an archived page, which a browser rendered."""
    (output / "archive").mkdir()
    request = Request("shop", "http://shop.test/1", "e0")
    page = Page(
        request, 200, request.url, (("Content-Type", "text/html"),), b"<b id=1><i>-5</i></b>", 1.0, rendered=True
    )
    page.screenshot = b"\xff\xd8 a picture"
    with (output / "archive" / "run-a1-x.warc.gz").open("wb") as file:
        writer = WarcWriter(file, "run-a1-x.warc.gz", Redactor())
        page.archived = writer.add(page)
        writer.close()
    letter = DeadLetter(
        "validate", Dead.INVALID_ITEM, request, "price: at least 0 was expected",
        item={"sku": "1", "price": "-5"}, item_number=0,
        problems=[FieldProblem("price", "min", "at least 0 was expected", "-5")],
        status=200, archived=page.archived, screenshot=page.screenshot_archived,
    )  # fmt: skip
    write(output, letter)
    return letter


def test_a_letter_shows_field_rule_value_selector_and_page(say: Any, refused: DeadLetter) -> None:
    done = say("show", refused.letter_id[:10])

    assert done.exit_code == 0, done.output
    said = " ".join(done.stdout.split())
    for part in (
        "invalid_item at validate: price: at least 0 was expected",
        "status open source shop, item 0 of its page (from 0) page http://shop.test/1 (HTTP 200)",
        "field price expected at least 0 was expected rule min value -5",
        "today price: {css: i, type: numeric, min: 0} in shop.yaml:8",
        "out/archive/run-a1-x.warc.gz at byte",
        "--screenshot page.jpg",
        f"scrapeline dead-letters replay {refused.letter_id[:8]}",
        "next: mend the source",
    ):
        assert part in said
    as_json = json.loads(say("show", refused.letter_id, "--json").stdout)
    assert (as_json["item"], as_json["status"], as_json["replays"]) == ({"sku": "1", "price": "-5"}, "open", [])
    assert as_json["problems"][0]["today"] == "price: {css: i, type: numeric, min: 0}"


def test_the_archived_page_and_its_picture_can_be_had(say: Any, refused: DeadLetter, tmp_path: Path) -> None:
    done = say("show", refused.letter_id, "--html", "page.html", "--screenshot", "page.jpg")

    assert done.exit_code == 0, done.output
    assert (tmp_path / "page.html").read_bytes() == b"<b id=1><i>-5</i></b>"
    assert (tmp_path / "page.jpg").read_bytes() == b"\xff\xd8 a picture"


def test_a_page_that_is_not_there_says_so(say: Any, output: Path) -> None:
    gone = timed_out(2, archived=ArchivePointer("gone.warc.gz", 7, ""))
    write(output, timed_out(1), gone)

    assert "no page of this letter was archived" in say("show", timed_out(1).letter_id, "--html", "p.html").stderr
    done = say("show", gone.letter_id, "--html", "p.html")
    assert (done.exit_code, "cannot be read from the archive" in done.stderr) == (1, True)


def test_a_source_that_is_gone_is_no_reason_not_to_show_its_letters(say: Any, output: Path, tmp_path: Path) -> None:
    write(output, timed_out(1))
    (tmp_path / "sources" / "shop.yaml").rename(tmp_path / "sources" / "books.yaml")
    (tmp_path / "sources" / "books.yaml").write_text(SOURCE.replace("shop", "books"))

    assert say("show", timed_out(1).letter_id).exit_code == 0
    done = say("replay", "--dry-run")
    assert (done.exit_code, "shop" in done.stderr) == (2, True)


def test_a_replay_from_the_command_line(
    project_of_runs: Any, site: Any, write_source: Any, answer: Any, say: Any
) -> None:
    """The only whole one: what it writes is tested without the processes."""
    run, down = project_of_runs, {"shop.test/p/2", "shop.test/p/3"}
    shop = site(lambda wanted: answer(status=503) if wanted in down else f"<b id='{wanted[-1]}'>Lamp</b>")
    write_source(pages=3, fetch={"retries": 0})
    run.scrape(f"--resolve={shop.resolve[1]}")
    where = ["--sources", str(run.sources), "--output", str(run.output), *shop.resolve]
    asked = len(shop.asked)
    assert "2 letters of 2 requests: 2 fetched" in say("replay", "--dry-run", *where).stdout
    assert len(shop.asked) == asked
    down.remove("shop.test/p/2")

    status = run.start("dead-letters", "replay", *where).wait(100)

    assert "Letters: 1 recovered, 1 failed again (http_5xx)." in run.said(), run.everything_said()
    assert status == 1
    assert sorted(row["sku"] for row in run.records("rows")) == ["1", "2"]
    asked = len(shop.asked)
    assert say("replay", *where).stdout.startswith("Nothing goes back")
    assert len(shop.asked) == asked
    assert not list((run.output / ".scrapeline").rglob("letters"))
    assert not list((run.output / ".scrapeline").rglob("replay/*"))
