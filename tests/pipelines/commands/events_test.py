"""What `scrapeline events` takes and says."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.cli import cli
from schemas.events.event import Event
from schemas.events.reading import parse_event


def invoke(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["events", *words])
    return result.exit_code, result.output


def published(spool: Path) -> Event:
    [path] = (spool / "new").iterdir()
    event = parse_event(path.read_bytes(), {})
    assert isinstance(event, Event)
    return event


def test_a_request_in_a_spool_folder(tmp_path: Path) -> None:
    words = ("--param", "n=1", "--param", "n=2", "--limit", "3", "--reason", "a look", "--deadline", "10m")
    status, said = invoke("publish", "scrape.requested", "shop", "books", "--spool", str(tmp_path), *words)

    assert status == 0
    event = published(tmp_path)
    assert said.strip().endswith(f"{event.key}.json")
    assert event.data["sources"] == ["shop", "books"]
    assert (event.data["params"], event.data["limit"], event.data["reason"]) == ({"n": ["1", "2"]}, 3, "a look")
    assert event.data["deadline"] > "2026"


def test_data_as_json_and_an_id(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text('{"scraper_name": "bdl-games", "status": "no_data"}')
    spool = tmp_path / "spool"
    words = ("--data", f"@{tmp_path / 'data.json'}", "--id", "7", "--spool", str(spool))
    assert invoke("publish", "scraper.complete", *words)[0] == 0
    assert (published(spool).event_id, published(spool).data["status"]) == ("7", "no_data")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("publish", "scrape.requested", "shop"), "one of --spool DIR and --topic"),
        (("publish", "scrape.requested", "--spool", "x"), "`source` or `sources` is needed"),
        (("publish", "scrape.requested", "shop", "--deadline", "soon", "--spool", "x"), "no moment"),
        (("publish", "scrape.requested", "shop", "--param", "n", "--spool", "x"), "is not NAME=VALUE"),
        (("publish", "scrape.requested", "--data", "[1]", "--spool", "x"), "a JSON object was expected"),
        (("publish", "nonsense", "--spool", "x"), "is not one of"),
        (("listen",), "one of --spool DIR and --subscription"),
    ],
)
def test_mistakes(words: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    status, output = invoke(*words)
    assert status == 2
    assert said in output
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("events publish scrape.requested shop --topic name", "topic"),
        ("events publish scrape.requested shop --topic projects/p/name", "topic"),
        ("events publish scrape.requested shop --topic projects/p/subscriptions/name", "topic"),
        ("events listen --subscription name", "subscription"),
        ("events create-topic name", "topic"),
        ("events create-topic projects/p/topics/t --subscription name", "subscription"),
        ("events replay --topic name", "topic"),
        ("events replay --dead-letter-subscription name --spool s", "subscription"),
        ("run --streaming --subscription name", "subscription"),
        ("run --streaming --spool s --topic name", "topic"),
        ("run --streaming --spool s --dead-letter-topic name", "topic"),
        ("run --streaming --runner=PrismRunner --subscription name", "subscription"),
    ],
)
def test_names_of_topics_and_subscriptions_are_names_in_full(words: str, kind: str) -> None:
    result = CliRunner().invoke(cli, words.split())

    assert result.exit_code == 2
    assert f"names no {kind}: projects/PROJECT/{kind}s/NAME was expected" in result.output


def test_the_schema_of_a_kind() -> None:
    status, said = invoke("schema", "scraper.complete")
    assert status == 0
    assert json.loads(said)["required"] == ["scraper_name", "status"]
