"""Secrets stand in nothing that a run writes or says; personal values are in letters as little as in tables."""

import asyncio
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pyarrow.parquet as pq
import pytest

from tests.pipelines.shop_with_secrets import SECRET, SHOP, SPELLINGS
from tests.scrapers.conftest import FaultServer, Hit


@pytest.fixture
def talkative_site(site: Any, answer: Any) -> Any:
    """Repeats the secret wherever it can; page /list?... has items, details fail in several ways."""

    def page(wanted: str) -> Any:
        if "/list" in wanted:
            cards = "".join(
                f"<b id='{n}' who='Ann Doe' phone='555-0100' price='{'x' if n == 0 else n}' "
                f"at='{'' if n < 2 else f'/detail/{n}'}'><i>{SECRET} {n}</i></b>"
                for n in range(6)
            )
            return answer(cards, headers={"X-Echo": "hush-4711%2F%C3%A4x", "Set-Cookie": "s=hush-4711"})
        kind = int(wanted[-1]) % 4
        if kind == 0:
            return answer(status=500)
        if kind == 1:
            return answer(status=302, headers={"Location": "http://10.0.0.1/?t=hush-4711%2F%C3%A4x"})
        return answer(f"<p>{SECRET if kind == 2 else 7}</p>")

    return site(page)


def everything(run: Any) -> bytes:
    """Every byte that the run wrote or said, as text where files are compressed."""
    found = [run.said().encode(), run.errors().encode()]
    for path in Path(run.output).rglob("*"):
        if path.suffix == ".gz":
            found.append(gzip.decompress(path.read_bytes()))
        elif path.suffix == ".parquet":
            found.append(json.dumps(pq.read_table(path, partitioning=None).to_pylist(), default=str).encode())
            found.append(json.dumps(pq.read_table(path).to_pylist(), default=str, ensure_ascii=False).encode())
        elif path.is_file() and path.suffix != ".zip":
            found.append(path.read_bytes())
    return b"\n".join(found)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_secret_stands_nowhere(project_of_runs: Any, talkative_site: Any, workers: str) -> None:
    run = project_of_runs
    run.write("shop.yaml", SHOP)

    status = run.run("shop", "--workers", workers, *talkative_site.resolve, env={"SCRAPELINE_SECRET_SHOP_KEY": SECRET})

    assert status == 0, run.everything_said()
    assert any("hush-4711" in asked for asked in talkative_site.asked)
    rows, letters = run.records("rows"), run.records("dead_letters")
    assert len(rows) == 2
    assert len(letters) == 4
    assert all("[redacted]" in row["note"] for row in rows)
    written = everything(run)
    for spelling in SPELLINGS:
        assert spelling.encode() not in written, written[written.find(spelling.encode()) - 300 :][:400].decode()


def test_personal_values_are_in_letters_as_in_the_table(project_of_runs: Any, talkative_site: Any) -> None:
    run = project_of_runs
    run.write("shop.yaml", SHOP.replace("${secret.shop_key}", "open"))

    run.scrape(f"--resolve={talkative_site.resolve[1]}")

    rows, letters = run.records("rows"), run.records("dead_letters")
    assert {letter["stage"] for letter in letters} == {"scrape", "validate"}
    [buyer] = {row["buyer"] for row in rows}
    assert buyer.startswith("blake2b:")
    items = [json.loads(letter["item"]) for letter in letters]
    carried = [json.loads(letter["request"]).get("item") for letter in letters]
    assert all(item["buyer"] == buyer and "phone" not in item for item in [*items, *filter(None, carried)])
    assert "Ann Doe" not in str(letters)
    assert "555-0100" not in str(letters)


def test_a_carried_item_that_is_written_without_its_page_has_no_personal_value_either(
    project_of_runs: Any, talkative_site: Any
) -> None:
    run = project_of_runs
    run.write("shop.yaml", SHOP.replace("${secret.shop_key}", "open") + "    if_failed: emit\n")

    run.scrape(f"--resolve={talkative_site.resolve[1]}")

    rows = run.records("rows")
    assert {row["sku"] for row in rows} == {"1", "3", "4", "5"}
    assert run.execution()["holds"]
    assert "555-0100" not in str(rows)


MEMBERS = """
source: members
table: members.items
key: [sku]
seeds: {urls: ["http://members.test/p/1", "http://members.test/p/2"]}
politeness: {delay_secs: 0}
fetch: {mode: MODE}
session:
  login:
    url: http://members.test/login
    steps:
      - {fill: {css: input, value: "${secret.members_password}"}}
      - {click: button}
  check: {css: "#account"}
items: {css: b}
fields: {sku: {css: "::attr(id)", required: true}, note: {css: i}}
"""
TOKEN = "t0ken-of-a-session-4711"  # noqa: S105


@pytest.fixture
def members() -> Iterator[FaultServer]:
    """A site behind a log-in, whose pages repeat the password and the session's token."""
    site = FaultServer()

    async def log_in(hit: Hit, writer: asyncio.StreamWriter) -> None:
        page = site.page("<form method=post><input name=secret><button>Go</button></form>")
        if hit.method == "POST":
            fine = parse_qs(hit.body.decode()) == {"secret": [SECRET]}
            cookie = f"sid={TOKEN}; Path=/; HttpOnly"
            page = site.page("", 303, Location="/p/1", Set_Cookie=cookie) if fine else site.page(f"not {SECRET}")
        writer.write(page)

    async def show(hit: Hit, writer: asyncio.StreamWriter) -> None:
        if TOKEN in hit.headers.get("cookie", ""):
            body = f"<p id=account>ann<b id='{hit.path}'><i>{SECRET} {TOKEN}</i></b>"
            writer.write(site.page(body, X_Echo=TOKEN, Set_Cookie=f"again={TOKEN}"))
        else:
            writer.write(site.page("", 302, Location="/login"))

    site.on("/login", log_in)
    site.on("/robots.txt", site.page("", 404))
    site.on("*", show)
    yield site
    site.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("mode", "password"), [("browser", SECRET), ("http", SECRET), ("browser", SECRET[:-1] + "y")])
def test_nothing_of_a_session_stands_anywhere(
    project_of_runs: Any, members: FaultServer, mode: str, password: str
) -> None:
    run = project_of_runs
    soon = "" if password == SECRET else "\n      - {wait: '#account', timeout_secs: 1}"
    run.write("members.yaml", MEMBERS.replace("MODE", mode).replace("{click: button}", f"{{click: button}}{soon}"))
    resolve = ("--resolve", f"*:80:127.0.0.1:{members.port}")

    run.run("members", *resolve, secs=200, env={"SCRAPELINE_SECRET_MEMBERS_PASSWORD": password})

    if password == SECRET:
        assert [row["note"] for row in run.records("rows")] == ["[redacted] [redacted]"] * 2, run.everything_said()
    else:
        reasons = [letter["reason"] for letter in run.records("dead_letters")]
        assert reasons == ["login_required"] * 2, run.everything_said()
    written = everything(run)
    for spelling in [*SPELLINGS, TOKEN, password]:
        assert spelling.encode() not in written, written[written.find(spelling.encode()) - 300 :][:400].decode()
