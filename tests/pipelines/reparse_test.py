"""Archives parsed again: today's source on yesterday's pages, without a network."""

import dataclasses
import datetime
import gzip
from pathlib import Path
from typing import Any

import pytest

from pipelines.preparation import CannotPrepare
from pipelines.resume import own_run
from transforms.output_layout import OutputLayout


def shop(wanted: str) -> str:
    return f"<b id='{wanted[-1]}'>Lamp <i>{wanted[-1]}</i></b>"


def flags(site: Any) -> list[str]:
    return [site.resolve[0] + "=" + site.resolve[1]]


def files(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


MENDED = {"sku": {"css": "::attr(id)", "required": True}, "title": {"css": "i::text"}}


def test_a_mended_selector_makes_new_rows_of_old_pages(
    project_of_runs: Any, site: Any, write_source: Any, again: Any
) -> None:
    run = project_of_runs
    write_source(pages=4)
    run.scrape(*flags(site(shop)))
    [first] = run.records("executions")
    before = {row["sku"]: row for row in run.records("rows")}
    write_source(pages=4, fields=MENDED)

    done = again()

    [execution] = done.executions
    assert (execution["reparse_of"], execution["status"]) == (first["execution_id"], "success")
    assert (execution["pages"], execution["pages_from_archive"], execution["rows"]) == (4, 4, 4)
    assert (execution["holds"], execution["bytes"], execution["condition"]) == (True, 0, "")
    rows = [row for row in run.records("rows") if row["execution_id"] == execution["execution_id"]]
    assert {row["sku"]: row["title"] for row in rows} == {"1": "1", "2": "2", "3": "3", "4": "4"}
    for row in rows:
        old = before[row["sku"]]
        for kept in ("scraped_at", "request_id", "row_key", "archive_file", "archive_offset", "url"):
            assert row[kept] == old[kept]
    [changes] = done.changes
    assert (changes.table, changes.before, changes.after) == ("shop.items", 4, 4)
    assert (changes.added, changes.lost, changes.changed) == (0, 0, 4)
    assert dataclasses.asdict(changes.fields["title"]) == {"changed": 4, "filled": 0, "emptied": 0}
    assert changes.samples["changed"][0].fields["title"][1] in "1234"
    assert not list((run.output / ".scrapeline" / "runs").rglob("index/*"))

    assert again().changes[0].changed == 0  # now compared with the rows of the first re-parse


def test_what_a_broken_off_one_left_is_cleared_away(
    project_of_runs: Any, site: Any, write_source: Any, again: Any
) -> None:
    run = project_of_runs
    write_source(pages=1)
    run.scrape(*flags(site(shop)))
    runs = run.output / ".scrapeline" / "runs"
    for name in ("reparse-dead", "reparse-alive"):
        for left in ("index/archive.json", "attempt-1/rows__x.parquet"):
            (runs / name / left).parent.mkdir(parents=True, exist_ok=True)
            (runs / name / left).write_bytes(b"{}")

    lock = own_run(OutputLayout(str(run.output), "reparse-alive", 1))
    assert lock
    with lock:
        again()

    assert not list((runs / "reparse-dead").glob("*/*"))
    assert len(list((runs / "reparse-alive").glob("*/*"))) == 2


def test_diff_writes_nothing(project_of_runs: Any, site: Any, write_source: Any, again: Any) -> None:
    run = project_of_runs
    write_source(pages=3)
    run.scrape(*flags(site(shop)))
    write_source(pages=3, fields=MENDED)
    there = files(run.output)

    done = again(diff=True)

    assert done.changes[0].changed == 3
    assert files(run.output) == there


def test_rows_are_added_and_lost(project_of_runs: Any, site: Any, write_source: Any, again: Any) -> None:
    run = project_of_runs
    write_source(pages=2, items={"css": "b.old"})
    run.scrape(
        *flags(site(lambda wanted: f"<b class=old id='o{wanted[-1]}'>x</b><b class=new id='n{wanted[-1]}'>y</b>"))
    )
    write_source(pages=2, items={"css": "b.new"})

    [changes] = again(diff=True).changes

    assert (changes.added, changes.lost, changes.changed) == (2, 2, 0)
    assert {one.fields["sku"] for one in changes.samples["added"]} == {"n1", "n2"}
    assert {one.fields["sku"] for one in changes.samples["lost"]} == {"o1", "o2"}


def listing(pages: int, title: str, items: str = "li") -> str:
    """A source whose listing carries each item to its detail page."""
    return f"""
source: shop
table: shop.items
key: [sku]
seeds: {{urls: ["http://shop.test/p/${{params.n}}"], params: {{n: 1..{pages}}}}}
politeness: {{delay_secs: 0, concurrency: 4}}
pages:
  listing:
    items: {{css: "{items}"}}
    fields:
      sku: {{css: "a::text", required: true}}
      title: {{css: "{title}"}}
    follow: [{{to: detail, url: {{css: "a::attr(href)"}}, carry: item}}]
  detail:
    fields: {{price: {{css: "b::text"}}}}
"""


def carrying_shop(wanted: str) -> str:
    if "/p/" in wanted:
        page = wanted[-1]
        return "".join(f"<li><a href='/d/{page}{n}'>{page}{n}</a><i>old</i><u>new</u></li>" for n in "12")
    return f"<b>{wanted[-2:]}</b>"


def test_a_carried_item_is_made_anew(project_of_runs: Any, site: Any, again: Any) -> None:
    run = project_of_runs
    run.write("shop.yaml", listing(2, "i::text"))
    run.scrape(*flags(site(carrying_shop)))
    assert [row["title"] for row in run.records("rows")] == ["old"] * 4
    run.write("shop.yaml", listing(2, "u::text"))

    done = again()

    [execution] = done.executions
    assert (execution["pages"], execution["rows"], execution["holds"]) == (6, 4, True)
    rows = [row for row in run.records("rows") if row["execution_id"] == execution["execution_id"]]
    assert sorted((row["sku"], row["title"], str(row["price"])) for row in rows) == [
        (sku, "new", sku) for sku in ("11", "12", "21", "22")
    ]
    assert list(done.changes[0].fields) == ["title"]


def test_a_carried_item_goes_on_as_archived_where_its_listing_is_not_among_the_pages(
    project_of_runs: Any, site: Any, again: Any
) -> None:
    run = project_of_runs
    run.write("shop.yaml", listing(1, "i::text"))
    run.scrape(*flags(site(carrying_shop)))
    details = [row["scraped_at"].timestamp() for row in run.records("rows")]
    run.write("shop.yaml", listing(1, "u::text"))

    done = again(since=min(details) - 1e-5)

    assert [(one["pages"], one["rows"], one["holds"]) for one in done.executions] == [(2, 2, True)]
    assert done.changes[0].changed == 0


def test_a_source_may_begin_or_cease_to_carry(project_of_runs: Any, site: Any, again: Any) -> None:
    run = project_of_runs
    carrying = listing(2, "i::text")
    table = "fields: {sku: {css: 'b::text', required: true}, price: {css: 'b::text'}}"
    plain = carrying.replace(", carry: item", "").replace('fields: {price: {css: "b::text"}}', table)
    run.write("shop.yaml", carrying)
    run.scrape(*flags(site(carrying_shop)))

    run.write("shop.yaml", plain)
    [ceased] = again().executions
    run.write("shop.yaml", carrying)
    [began] = again().executions

    assert (ceased["rows"], ceased["duplicates"], ceased["holds"]) == (4, 4, True)
    assert (began["rows"], began["duplicates"], began["holds"]) == (4, 0, True)


def test_a_page_that_is_not_in_the_archive_is_told_and_not_fetched(project_of_runs: Any, site: Any, again: Any) -> None:
    run = project_of_runs
    run.write("shop.yaml", listing(1, "i::text"))
    opened = site(lambda wanted: carrying_shop(wanted).replace("</li>", "<s><a href='/d/99'>99</a></s></li>", 1))
    run.scrape(*flags(opened))
    asked = len(opened.asked)
    run.write("shop.yaml", listing(1, "i::text", items="li, s"))

    [execution] = again().executions

    assert (execution["rows"], execution["dropped_by_reason"]) == (2, '{"not_archived": 1}')
    assert (execution["holds"], execution["condition"]) == (True, "partial")
    assert len(opened.asked) == asked


def test_a_broken_record_costs_itself_and_nothing_else(
    project_of_runs: Any, site: Any, write_source: Any, again: Any
) -> None:
    run = project_of_runs
    write_source(pages=6, checks={"max_dead": 0.9})
    run.scrape(*flags(site(shop)))
    [path] = (run.output / "archive").iterdir()
    offsets = sorted(row["archive_offset"] for row in run.records("rows"))
    data = bytearray(path.read_bytes())
    data[offsets[2] + 40 : offsets[2] + 60] = b"x" * 20
    path.write_bytes(data[: offsets[5] + 50])

    [execution] = again().executions

    assert (execution["rows"], execution["holds"]) == (4, True)
    letters = run.records("dead_letters")
    assert {(letter["stage"], letter["reason"], letter["source"]) for letter in letters} == {
        ("parse", "bad_content", "shop")
    }
    assert sorted(letter["archive_offset"] for letter in letters) == [offsets[2], offsets[5]]
    assert all(path.name in letter["message"] for letter in letters)


def test_a_file_without_one_whole_page_is_told_too(
    project_of_runs: Any, site: Any, write_source: Any, again: Any
) -> None:
    run = project_of_runs
    write_source(pages=1, checks={"max_dead": 0.9})
    run.scrape(*flags(site(shop)))
    (run.output / "archive" / "other.warc.gz").write_bytes(gzip.compress(b"WARC/1.1\r\nWARC-Type: response\r\n")[:-9])

    [execution] = again().executions

    assert (execution["rows"], execution["dead_letters"], execution["holds"]) == (1, 1, True)


def test_pages_are_chosen_by_time_source_and_execution(
    project_of_runs: Any, site: Any, write_source: Any, again: Any
) -> None:
    run = project_of_runs
    write_source(pages=2)
    write_source("other", pages=2)
    opened = site(shop)
    run.scrape(*flags(opened), "--run_id=first")
    run.scrape(*flags(opened), "--run_id=second")
    times = {
        execution["run_id"]: (execution["execution_id"], execution["started_at"], execution["ended_at"])
        for execution in run.records("executions")
        if execution["source"] == "shop"
    }
    between = times["second"][1].timestamp()
    first, second = times["first"][0], times["second"][0]

    def chosen(*names: str, **more: Any) -> set[tuple[str, int]]:
        return {(one["reparse_of"], one["rows"]) for one in again(*names, diff=True, **more).executions}

    assert chosen() == {(first, 2), (second, 2)}
    assert chosen(since=between) == {(second, 2)}
    assert chosen(until=between) == {(first, 2)}
    assert chosen(executions=[first]) == {(first, 2)}
    assert len(chosen("shop", "other")) == 4
    [changes] = again(diff=True, since=between).changes
    assert (changes.before, changes.after, changes.lost) == (2, 2, 0)
    with pytest.raises(CannotPrepare, match="no such page of source shop"):
        again(since=datetime.datetime.now().timestamp() + 9)
    with pytest.raises(CannotPrepare, match="no WARC file"):
        again(archive=str(run.sources))
    with pytest.raises(CannotPrepare, match="no such page of nobody"):
        again(executions=["nobody"])


def test_refused_and_failed_pages_end_as_they_would_live(
    project_of_runs: Any, site: Any, answer: Any, write_source: Any, again: Any
) -> None:
    run = project_of_runs
    write_source(pages=4, checks={"max_dead": 0.9})

    def page(wanted: str) -> Any:
        return {"2": answer(status=404, body="gone"), "3": answer(body="")}.get(wanted[-1]) or shop(wanted)

    run.scrape(*flags(site(page)))
    live = run.execution()

    [execution] = again(diff=True).executions

    for name in ("pages", "rows", "dead_by_reason", "dropped_by_reason", "requests", "coverage"):
        assert execution[name] == live[name], name


def test_a_reparse_is_no_run_to_be_resumed(project_of_runs: Any, site: Any, write_source: Any, again: Any) -> None:
    run = project_of_runs
    write_source(pages=1)
    run.scrape(*flags(site(shop)))
    [execution] = again().executions
    with pytest.raises(CannotPrepare, match="no run or execution"):
        run.scrape(f"--resume={execution['run_id']}")
