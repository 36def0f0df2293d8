"""Dead letters sent back: each where it died, no row lost, none twice."""

import json
from typing import Any

from pipelines.dead_letters.lines import Lines

NO_RETRIES = {"fetch": {"retries": 0}}
TITLE = {"sku": {"css": "::attr(id)", "required": True}, "title": {"css": "i::text", "required": True}}


def test_an_outage_that_heals(shop: Any, write_source: Any, answer: Any) -> None:
    down = {"shop.test/p/2", "shop.test/p/3"}
    a_shop = shop(lambda wanted: answer(status=503) if wanted in down else f"<b id='{wanted[-1]}'>Lamp</b>")
    write_source(pages=4, **NO_RETRIES)
    a_shop.scrape()
    [first] = a_shop.run.records("executions")
    [one, other] = a_shop.lines("open")
    assert {one.reason, other.reason} == {"http_5xx"}

    down.remove("shop.test/p/2")
    execution = a_shop.replay()

    assert (execution["replay_of"], execution["holds"], execution["requests"]) == (first["execution_id"], True, 2)
    assert a_shop.outcomes() == [("failed_again", "http_5xx"), ("recovered", "")]
    assert a_shop.rows().keys() == {"1", "2", "4"}
    [again] = a_shop.lines("failed_again")
    assert again.letter_id in (one.letter_id, other.letter_id)
    assert again.first_failed_at < again.failed_at
    assert set(again.executions) == {first["execution_id"], execution["execution_id"]}
    assert a_shop.lines("open") == []

    down.clear()
    execution = a_shop.replay(statuses=("failed_again",))

    assert (execution["status"], execution["reasons"]) == ("success", [])
    assert a_shop.rows().keys() == {"1", "2", "3", "4"}
    assert {line.status for line in a_shop.lines()} == {"recovered"}
    assert a_shop.site.pages["shop.test/p/1"] == 1


def test_only_the_refused_item_of_a_page_becomes_a_row_and_nothing_is_fetched(shop: Any, write_source: Any) -> None:
    page = "<b id=1><i>ok</i></b><b id=2><u>mend</u></b><b id=3><i>ok</i></b>"
    a_shop = shop(lambda _wanted: page)
    write_source(pages=1, fields=TITLE)
    a_shop.scrape()
    [first] = a_shop.run.records("executions")
    asked = list(a_shop.site.asked)
    write_source(pages=1, fields={**TITLE, "title": {"css": "*::text", "required": True}})

    execution = a_shop.replay()

    assert a_shop.site.asked == asked
    assert a_shop.rows() == {"1": "ok", "2": "mend", "3": "ok"}
    assert (execution["rows"], execution["duplicates"], execution["pages_from_archive"]) == (1, 2, 1)
    assert (execution["status"], execution["holds"]) == ("success", True)
    rows = {row["sku"]: row for row in a_shop.run.records("rows")}
    assert (rows["2"]["execution_id"], rows["1"]["execution_id"]) == (execution["execution_id"], first["execution_id"])
    for same in ("scraped_at", "request_id", "archive_file", "archive_offset", "url"):
        assert rows["2"][same] == rows["1"][same]
    assert a_shop.outcomes() == [("recovered", "")]


def test_rows_that_the_mended_source_reads_otherwise_stay_as_they_are(shop: Any, write_source: Any) -> None:
    """Without a key only an item's place tells which it is: re-parsing is what changes rows that are there."""
    a_shop = shop(lambda _wanted: "<b id=1><i>ok</i></b><b id=2>no</b><b id=3><i>ok</i></b>")
    write_source(pages=1, fields=TITLE, key=None)
    a_shop.scrape()
    write_source(pages=1, fields={**TITLE, "title": {"template": "number ${item.sku}"}}, key=None)

    a_shop.replay()

    assert a_shop.rows() == {"1": "ok", "2": "number 2", "3": "ok"}


def test_a_page_with_another_number_of_items_is_told_by_its_keys(shop: Any, write_source: Any) -> None:
    a_shop = shop(
        lambda _wanted: "<p id=head>Lamps</p><b id=1><i>ok</i></b><b id=2><u>mend</u></b><b id=3><i>ok</i></b>"
    )
    write_source(pages=1, fields=TITLE, items={"css": "p, b"})
    a_shop.scrape()
    assert sorted(line.item_number for line in a_shop.lines("open")) == [0, 2]
    write_source(pages=1, fields={**TITLE, "title": {"css": "*::text", "required": True}}, items={"css": "b"})

    execution = a_shop.replay()

    assert a_shop.rows() == {"1": "ok", "2": "mend", "3": "ok"}
    assert (execution["rows"], execution["duplicates"], execution["dead_letters"]) == (1, 2, 0)
    assert a_shop.lines("open", "failed_again") == []


def test_an_item_that_is_no_longer_one_is_dropped(shop: Any, write_source: Any) -> None:
    a_shop = shop(lambda _wanted: "<b id=1><i>ok</i></b><b id=2><u>an advertisement</u></b>")
    write_source(pages=1, fields=TITLE)
    a_shop.scrape()
    write_source(pages=1, fields=TITLE, items={"css": "b:has(i)"})

    execution = a_shop.replay()

    assert a_shop.outcomes() == [("dropped", "filtered")]
    assert (execution["rows"], execution["status"]) == (0, "no_data")
    assert a_shop.rows() == {"1": "ok"}


def test_a_failure_for_another_reason_is_the_same_line(shop: Any, write_source: Any, answer: Any) -> None:
    status = [503]
    a_shop = shop(lambda wanted: answer(status=status[0]) if status[0] != 200 else f"<b id='{wanted[-1]}'>Lamp</b>")
    write_source(pages=1, **NO_RETRIES)
    a_shop.scrape()
    [first] = a_shop.lines("open")

    status[0] = 404
    a_shop.replay()

    [second] = a_shop.lines()
    assert (second.reason, second.status, second.letter_id != first.letter_id) == ("http_4xx", "failed_again", True)
    assert second.first_failed_at == first.first_failed_at
    assert first.executions[0] in second.executions
    assert Lines(a_shop.store).current(first.letter_id).letter_id == second.letter_id

    status[0] = 503  # back to where it began
    a_shop.replay(ids=[first.letter_id], statuses=("failed_again",))

    [third] = a_shop.lines()
    assert (third.letter_id, third.status) == (first.letter_id, "failed_again")

    status[0] = 200
    a_shop.replay(statuses=("failed_again",))

    assert [line.status for line in a_shop.lines()] == ["recovered"]
    assert a_shop.rows() == {"1": "Lamp"}


def test_what_is_left_out_on_purpose_is_dropped_and_may_go_back_again(
    shop: Any, write_source: Any, answer: Any
) -> None:
    a_shop = shop(lambda _wanted: answer(status=404))
    write_source(pages=1)
    a_shop.scrape()
    write_source(pages=1, status={"404": "drop"})

    a_shop.replay()

    assert a_shop.outcomes() == [("dropped", "status_drop")]
    execution = a_shop.replay(statuses=("open", "dropped"))
    assert json.loads(execution["dropped_by_reason"]) == {"status_drop": 1}


def test_where_the_archive_has_no_page_it_is_fetched(shop: Any, write_source: Any, archives: Any) -> None:
    a_shop = shop(lambda _wanted: "<b id=1><i>ok</i></b><b id=2><u>mend</u></b>")
    write_source(pages=1, fields=TITLE)
    a_shop.scrape()
    for path in archives():
        path.unlink()
    write_source(pages=1, fields={**TITLE, "title": {"css": "*::text", "required": True}})

    ways, flags = a_shop.prepare()
    a_shop.run.scrape(*flags)

    _, [cells] = ways.table()
    assert cells[2:] == ["fetch: its page is not in the archive", "1"]
    assert a_shop.site.pages == {"shop.test/p/1": 2}
    assert a_shop.rows() == {"1": "ok", "2": "mend"}


def test_a_page_that_was_wrong_itself_is_fetched_when_that_is_asked_for(shop: Any, write_source: Any) -> None:
    """Its items are told by their keys: others may stand in their places by now."""
    pages = {"shop.test/p/1": "Please come back later.", "shop.test/p/2": "<b id=1><i>ok</i></b><b id=2>no</b>"}
    a_shop = shop(pages.__getitem__)
    write_source(pages=2, fields=TITLE)
    a_shop.scrape()
    assert sorted(line.reason for line in a_shop.lines("open")) == ["invalid_item", "no_items"]
    pages |= {
        "shop.test/p/1": "<b id=3><i>back</i></b>",
        "shop.test/p/2": "<b id=2><i>yes</i></b><b id=1><i>ok</i></b>",
    }
    a_shop.replay()
    assert a_shop.rows() == {"1": "ok"}

    a_shop.replay(statuses=("failed_again",), fetch=True)

    assert a_shop.rows() == {"1": "ok", "2": "yes", "3": "back"}
    assert {line.status for line in a_shop.lines()} == {"recovered"}
