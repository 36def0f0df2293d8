"""Events in, rows out: what the loop does with each."""

import json
import threading
import time
from collections import Counter
from typing import Any

import pytest

from schemas.events.event import Event


def test_requests_become_rows_executions_and_completion_events(streaming: Any, items: Any, write_source: Any) -> None:
    write_source("shop", pages=2, hosts=("shop.test",))
    write_source("books", pages=1, hosts=("books.test",))
    event = streaming.put("shop", "books", reason="a look")
    stop = streaming.serve(items)
    streaming.wait_for(1)
    stop()

    assert streaming.skus() == ["books.test/p/1", "shop.test/p/1", "shop.test/p/2"]
    executions = streaming.run.records("executions")
    assert {one["source"]: one["record_count"] for one in executions} == {"shop": 2, "books": 1}
    assert {one["run_id"] for one in executions} == {f"event-{event.key}"}
    told = {one["scraper_name"]: one for one in streaming.told()}
    assert {name: one["execution_id"] for name, one in told.items()} == {
        one["source"]: one["execution_id"] for one in executions
    }
    assert (
        told["shop"] | {"status": "success", "record_count": 2, "error": None, "event_id": event.event_id}
        == told["shop"]
    )
    assert streaming.names("claimed") == streaming.names("new") == streaming.names("owners") == []


def test_the_same_sources_give_the_same_tables_as_a_batch_run(streaming: Any, items: Any, write_source: Any) -> None:
    write_source("shop", pages=5, hosts=("a.test", "b.test"))
    streaming.put("shop", params={"n": ["2", "3"]})
    stop = streaming.serve(items)
    streaming.wait_for(1)
    stop()
    streamed = streaming.run.records("rows"), streaming.run.records("executions")

    streaming.run.output = streaming.run.folder / "batch"
    assert streaming.run.scrape(*(f"--resolve={items.resolve[1]}", "--param=n=2,3")) == 0

    own = {"scraped_at", "execution_id", "request_id", "row_id", "archive_file", "archive_offset", "archive_digest"}
    rows = [
        sorted(json.dumps({k: v for k, v in row.items() if k not in own}, default=str) for row in rows)
        for rows in (streamed[0], streaming.run.records("rows"))
    ]
    assert rows[0] == rows[1]
    assert len(rows[0]) == 4
    same = ("source", "status", "record_count", "pages", "requests", "items", "dead_letters", "holds", "coverage")
    [first], [second] = streamed[1], streaming.run.records("executions")
    assert {name: first[name] for name in same} == {name: second[name] for name in same}


def test_an_event_that_comes_again_does_nothing_twice(streaming: Any, items: Any, write_source: Any) -> None:
    write_source("shop", pages=2)
    streaming.put("shop", event_id="one")
    stop = streaming.serve(items)
    streaming.wait_for(1)
    told = [(path, path.stat().st_mtime_ns) for path in (streaming.spool / "outbox").iterdir()]
    streaming.put("shop", event_id="one", sent=time.time() - 1)
    streaming.put("shop", event_id="two")
    streaming.wait_for(2 + 1)
    stop()

    assert sum(items.pages.values()) == 4
    assert len(streaming.run.records("executions")) == 2
    assert [(path, path.stat().st_mtime_ns) for path, _ in told] == told


def test_urls_instead_of_the_seeds(streaming: Any, items: Any, write_source: Any) -> None:
    write_source("shop", pages=9)
    streaming.put("shop", urls=["http://shop.test/x", "http://other.test/y"])
    stop = streaming.serve(items)
    streaming.wait_for(1)
    stop()
    assert streaming.skus() == ["other.test/x".replace("x", "y"), "shop.test/x"]


def test_what_cannot_be_worked_on_is_one_letter_with_the_original_and_said(
    streaming: Any, items: Any, write_source: Any, caplog: pytest.LogCaptureFixture
) -> None:
    write_source("shop", pages=1)
    streaming.run.write("bad.yaml", "source: bad\ntable: t\nnonsense: 1\n")
    (streaming.spool / "new").mkdir(parents=True)
    (streaming.spool / "new" / "broken.json").write_bytes(b"\xff{")
    streaming.put("shpo")
    streaming.put("bad")
    streaming.put("shop", params={"m": "1"})
    streaming.put("shop", deadline="2020-01-01T00:00:00Z")
    streaming.put("shop", sent=1.0e9)
    streaming.put("shop", "shpo")
    stop = streaming.serve(items)
    streaming.wait_for(1, 6)
    stop()

    letters = streaming.run.records("dead_letters")
    reasons = sorted(one["reason"] for one in letters)
    assert reasons == [*["expired"] * 2, *["malformed_event"] * 2, *["unknown_source"] * 3]
    assert {one["stage"] for one in letters} == {"event"}
    by_message = {one["message"]: json.loads(one["event"]) for one in letters}
    assert any("did you mean shop?" in message for message in by_message)
    assert "is a dead letter, unknown_source: " in caplog.text
    assert any("source bad cannot be used" in message and "nonsense" in message for message in by_message)
    assert {"attributes": {}, "data_base64": "/3s="} in by_message.values()
    assert streaming.skus() == ["shop.test/p/1"]


def test_a_slow_host_keeps_nobody_else(streaming: Any, site: Any, write_source: Any) -> None:
    go_on = threading.Event()

    def page(wanted: str) -> str:
        if wanted.startswith("slow."):
            assert go_on.wait(60)
        return f"<b id='{wanted}'>x</b>"

    write_source("slow", pages=1, hosts=("slow.test",))
    for number in range(3):
        write_source(f"quick{number}", pages=1, hosts=(f"quick{number}.test",))
    for _ in range(3):
        streaming.put("slow")
    for number in range(3):
        streaming.put(f"quick{number}")
    stop = streaming.serve(site(page), slots=2)
    streaming.wait_for(3)
    assert streaming.skus() == [f"quick{number}.test/p/1" for number in range(3)]
    go_on.set()
    streaming.wait_for(6)
    stop()


def test_what_a_process_cannot_begin_soon_is_left_to_others(
    streaming: Any, site: Any, write_source: Any, wait_until: Any
) -> None:
    go_on = threading.Event()

    def page(wanted: str) -> str:
        assert go_on.wait(60)
        return f"<b id='{wanted}'>x</b>"

    write_source("shop", pages=1)
    for number in range(40):
        streaming.put("shop", urls=[f"http://h{number}.test/x"])
    for _ in range(10):
        streaming.put("shop", urls=["http://h0.test/y"])  # that waits for its host keeps nobody from claiming others
    at = site(page)
    stops = [streaming.serve(at, slots=2)]
    wait_until(lambda: len(streaming.names("claimed")) >= 2 + 2 * 4)
    stops.append(streaming.serve(at, slots=2))
    wait_until(lambda: sum(name.endswith("~begun") for name in streaming.names("claimed")) == 4)

    assert len(streaming.names("claimed")) <= 2 * (2 + 2 * 4)
    assert len(streaming.names("new")) >= 30
    go_on.set()
    streaming.wait_for(50)
    for stop in stops:
        stop()


def test_a_host_sees_one_event_at_a_time(streaming: Any, site: Any, write_source: Any) -> None:
    at_work, most = [0], [0]
    lock = threading.Lock()

    def page(wanted: str) -> str:
        with lock:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
        threading.Event().wait(0.05)
        with lock:
            at_work[0] -= 1
        return f"<b id='{wanted}'>x</b>"

    for name in ("one", "two"):
        write_source(name, pages=3, hosts=("www.same.test", f"{name}.same.test"), politeness={"delay_secs": 0})
    at = site(page)
    for name in ("one", "two", "one", "two"):
        streaming.put(name)
    stops = [streaming.serve(at), streaming.serve(at)]
    streaming.wait_for(4)
    for stop in stops:
        stop()
    assert most[0] == 1
    assert sum(at.pages.values()) == 4 * 6


def test_hosts_that_pages_lead_to_see_one_process_at_a_time_and_nobody_waits_for_ever(
    streaming: Any, site: Any, write_source: Any
) -> None:
    """Two sources lead to each other's hosts and to a third one, in two processes."""
    at_work: Counter[str] = Counter()
    most: Counter[str] = Counter()
    lock = threading.Lock()

    def page(wanted: str) -> str:
        host = wanted.partition("/")[0]
        with lock:
            at_work[host] += 1
            most[host] = max(most[host], at_work[host])
        threading.Event().wait(0.05)
        with lock:
            at_work[host] -= 1
        other = "two.test" if host == "one.test" else "one.test"
        onward = "".join(f"<a href='http://{name}{wanted[-4:]}x{host}'>.</a>" for name in (other, "third.test"))
        return f"<b id='{wanted}'>x</b>{onward if 'x' not in wanted else ''}"

    for name in ("one", "two"):
        write_source(
            name,
            pages=4,
            hosts=(f"{name}.test",),
            politeness={"delay_secs": 0, "concurrency": 1},
            follow={"links": {"within": {"css": "body"}}},
            allow_hosts=["one.test", "two.test", "third.test"],
        )
    at = site(page)
    stops = [streaming.serve(at, slots=1), streaming.serve(at, slots=1)]
    for name in ("one", "two", "one", "two"):
        streaming.put(name)
    streaming.wait_for(4)
    for stop in stops:
        stop()
    assert set(most.values()) == {1}, most
    assert len(streaming.run.records("rows")) == 4 * 4 * 3
    assert all(one["holds"] for one in streaming.run.records("executions"))


def test_sources_that_change_are_taken_up(streaming: Any, items: Any, write_source: Any) -> None:
    write_source("shop", pages=1)
    streaming.put("shop")
    stop = streaming.serve(items)
    streaming.wait_for(1)
    write_source("shop", pages=2, table="shop.others")
    write_source("new", pages=1, hosts=("new.test",))
    threading.Event().wait(1)
    streaming.put("shop")
    streaming.put("new")
    streaming.wait_for(3)
    stop()
    assert len(list((streaming.run.output / "rows" / "shop.others").rglob("*.parquet"))) == 1
    assert "new.test/p/1" in streaming.skus()


class Refuses:
    """An outbox that takes nothing."""

    def __init__(self) -> None:
        self.asked = 0

    def publish(self, _event: Event) -> None:
        self.asked += 1
        raise OSError("there is no topic")


def test_a_topic_that_refuses_costs_no_row(streaming: Any, items: Any, write_source: Any) -> None:
    write_source("shop", pages=2)
    streaming.put("shop")
    outbox = Refuses()
    stop = streaming.serve(items, outbox=outbox)
    streaming.wait_for(1)
    stop()

    assert len(streaming.skus()) == 2
    assert outbox.asked == 2
    [letter] = streaming.run.records("dead_letters")
    assert (letter["stage"], letter["reason"], letter["source"]) == ("publish", "not_published", "shop")
    assert json.loads(json.loads(letter["event"])["data"])["record_count"] == 2


def test_stopping_ends_what_is_in_flight_and_leaves_the_rest(streaming: Any, site: Any, write_source: Any) -> None:
    """A page is answered only after the stop; others are asked for when it is started again."""
    begun, go_on = threading.Event(), threading.Event()

    def page(wanted: str) -> str:
        begun.set()
        assert go_on.wait(60)
        return f"<b id='{wanted}'>x</b>"

    write_source("shop", pages=50, politeness={"delay_secs": 0, "concurrency": 1})
    at = site(page)
    streaming.put("shop")
    streaming.put("shop")
    stop = streaming.serve(at, slots=1, drain_secs=0.0)
    assert begun.wait(60)
    threading.Timer(1.0, go_on.set).start()
    stop()

    assert len(streaming.names("new")) == 2
    assert streaming.told() == []
    asked = sum(at.pages.values())
    assert asked < 50
    stop = streaming.serve(at)
    streaming.wait_for(2)
    stop()
    rows = streaming.run.records("rows")
    assert len(rows) == 100
    assert len({(row["execution_id"], row["row_id"]) for row in rows}) == 100
    assert len(streaming.run.records("executions")) == len(streaming.told()) == 2


def test_an_output_that_cannot_be_written_for_a_while_loses_nothing(
    streaming: Any, items: Any, write_source: Any, caplog: Any, wait_until: Any
) -> None:
    write_source("shop", pages=2)
    streaming.run.output.mkdir()
    in_the_way = streaming.run.output / "rows"
    in_the_way.write_text("")
    streaming.put("shop")
    stop = streaming.serve(items)
    wait_until(lambda: "tried again in" in caplog.text)
    assert streaming.names("done") == streaming.names("failed") == []
    in_the_way.unlink()
    streaming.wait_for(1)
    stop()

    assert len(streaming.skus()) == 2
    [execution] = streaming.run.records("executions")
    assert (execution["holds"], execution["attempt"], execution["pages_from_archive"]) == (True, 2, 2)
    assert sum(items.pages.values()) == 2
