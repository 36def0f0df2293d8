"""`scrapeline run --streaming` as processes: killed, doubled, stopped."""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def start(streaming: Any) -> Callable[..., Any]:
    """Starts the command."""

    def start_it(at: Any, *words: str) -> Any:
        given = ["--streaming", "--spool", str(streaming.spool), *at.resolve, *words]
        return streaming.run.start(*streaming.run.run_words(*given))

    return start_it


def workers(run: Any) -> list[int]:
    return list(run.processes(command="pipelines.streaming.process"))


def check_whole(streaming: Any, events: int, pages: int) -> None:
    rows = streaming.run.records("rows")
    executions = streaming.run.records("executions")
    assert len({(row["execution_id"], row["row_id"]) for row in rows}) == len(rows) == events * pages, (
        streaming.run.everything_said()
    )
    assert len({one["execution_id"] for one in executions}) == len(executions) == len(streaming.told()) == events
    assert all(one["holds"] and one["status"] == "success" for one in executions)


def test_a_killed_worker_loses_nothing(
    streaming: Any, start: Any, site: Any, write_source: Any, answer: Any, wait_until: Any
) -> None:
    at = site(lambda wanted: answer(f"<b id='{wanted}'>x</b>", secs=0.05))
    for number in range(3):
        write_source(f"s{number}", pages=20, hosts=(f"s{number}.test",))
    for _ in range(2):
        streaming.put("s0")
        streaming.put("s1")
        streaming.put("s2")
    process = start(at)
    wait_until(lambda: sum(at.pages.values()) > 10 or process.poll() is not None)
    [worker] = workers(streaming.run)

    os.kill(worker, signal.SIGKILL)

    streaming.wait_for(6)
    process.terminate()
    assert process.wait(60) == 0, streaming.run.everything_said()
    check_whole(streaming, events=6, pages=20)
    assert "died (signal 9)" in streaming.run.errors()
    assert streaming.run.processes() == []


def test_a_killed_supervisor_takes_its_worker_along_and_the_next_start_goes_on(
    streaming: Any, start: Any, site: Any, write_source: Any, answer: Any, wait_until: Any
) -> None:
    at = site(lambda wanted: answer(f"<b id='{wanted}'>x</b>", secs=0.1))
    write_source("shop", pages=200)
    streaming.put("shop")
    process = start(at)
    wait_until(lambda: len(at.pages) > 5 or process.poll() is not None)
    for pid in [process.pid, *workers(streaming.run)]:
        os.kill(pid, signal.SIGKILL)
    process.wait(60)
    wait_until(lambda: not streaming.run.processes())
    before = sum(at.pages.values())

    process = start(at)
    streaming.wait_for(1)
    process.terminate()
    assert process.wait(60) == 0
    check_whole(streaming, events=1, pages=200)
    assert sum(at.pages.values()) < 200 + before
    [execution] = streaming.run.records("executions")
    assert execution["pages_from_archive"] > 0


def test_two_processes_share_a_spool(
    streaming: Any, start: Any, items: Any, write_source: Any, wait_until: Any
) -> None:
    for number in range(4):
        write_source(f"s{number}", pages=2, hosts=(f"s{number}.test",))
    for number in range(12):
        streaming.put(f"s{number % 4}")
    processes = [start(items, "--slots", "1"), start(items, "--slots", "1")]
    streaming.wait_for(12)
    for process in processes:
        process.terminate()
    assert [process.wait(60) for process in processes] == [0, 0]
    check_whole(streaming, events=12, pages=2)
    assert sum(items.pages.values()) == 24


def test_what_kills_every_process_is_a_letter_and_the_others_are_rows(
    streaming: Any, start: Any, items: Any, write_source: Any
) -> None:
    write_source("shop", pages=2)
    write_source("deadly", pages=1, hosts=("deadly.test",))
    streaming.run.write(
        "deadly.py",
        "import os, signal\nfrom scrapers.extraction.scraper import Scraper\n\n\n"
        "class Deadly(Scraper):\n    def parse(self, page):\n        os.kill(os.getpid(), signal.SIGKILL)\n",
    )
    for name in ("deadly", "shop", "shop"):
        streaming.put(name)
    process = start(items)
    streaming.wait_for(3)
    process.terminate()
    assert process.wait(60) == 0, streaming.run.everything_said()
    [letter] = streaming.run.records("dead_letters")
    assert (letter["source"], letter["reason"]) == ("deadly", "poison")
    assert streaming.skus() == ["shop.test/p/1", "shop.test/p/1", "shop.test/p/2", "shop.test/p/2"]


def test_a_signal_drains(
    streaming: Any, start: Any, site: Any, write_source: Any, answer: Any, wait_until: Any
) -> None:
    at = site(lambda wanted: answer(f"<b id='{wanted}'>x</b>", secs=0.1))
    write_source("shop", pages=5000)
    streaming.put("shop")
    streaming.put("shop")
    process = start(at)
    wait_until(lambda: len(at.pages) > 5 or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0, streaming.run.everything_said()
    assert len(streaming.names("new")) == 2
    assert streaming.names("claimed") == []
    assert streaming.told() == []
    assert streaming.run.processes() == []


def test_mistakes_in_the_command_line(streaming: Any, write_source: Any) -> None:
    write_source("shop")
    run = streaming.run
    assert run.run("--streaming") == 2
    assert "--spool DIR" in run.errors()
    assert run.run("--spool", "x") == 2
    assert run.run("--streaming", "--spool", str(streaming.spool), "--limit", "3") == 2
    assert "--limit does not go with --streaming" in run.errors()
    assert run.run("shop", "--streaming", "--spool", str(streaming.spool)) == 2
