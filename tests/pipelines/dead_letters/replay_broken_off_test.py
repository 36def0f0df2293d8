"""Replays that break off, are stopped, or would be too many."""

from pathlib import Path
from typing import Any

import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.dead_letters import at_work
from pipelines.dead_letters.replay_plan import TooManyExecutions
from pipelines.options import ScrapeOptions
from pipelines.preparation import CannotPrepare, prepared


def planned_only(a_shop: Any, flags: list[str]) -> None:
    """A replay whose process died when it had its plan."""
    words = [f"--sources={a_shop.run.sources}", f"--output={a_shop.run.output}", *flags]
    with prepared(PipelineOptions(words).view_as(ScrapeOptions)):
        pass


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_replay_that_died_is_gone_on_with(broken_shop: Any, by_hand: bool) -> None:
    a_shop = broken_shop
    _, flags = a_shop.prepare()
    planned_only(a_shop, flags)
    assert [line.status for line in a_shop.lines()] == ["open"]

    assert a_shop.run.scrape(*(["--resume=replay-1", *a_shop.flags] if by_hand else [*flags, "--restart"])) == 0

    assert a_shop.rows() == {"1": "ok", "2": "mend"}
    assert a_shop.outcomes() == [("recovered", "")]
    assert len(a_shop.site.asked) == 2  # robots.txt and the page, once
    with pytest.raises(CannotPrepare, match="dead-letters replay"):
        a_shop.run.scrape("--resume=replay-1", *a_shop.flags)


def test_a_replay_that_died_before_its_outcome_was_written_may_be_done_again(
    broken_shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_shop = broken_shop

    def die(*_arguments: Any) -> None:
        raise MemoryError("no memory left")

    with monkeypatch.context() as patched:
        patched.setattr(at_work, "link", die)
        with pytest.raises(Exception, match="no memory left"):
            a_shop.replay()
    assert a_shop.rows() == {"1": "ok", "2": "mend"}  # they had been written
    assert [line.status for line in a_shop.lines()] == ["open"]

    execution = a_shop.replay()

    assert a_shop.rows() == {"1": "ok", "2": "mend"}
    assert (execution["rows"], execution["duplicates"]) == (0, 2)
    assert a_shop.outcomes() == [("recovered", "")]


def test_a_replay_that_is_stopped_leaves_open_what_it_has_not_followed(
    shop: Any, write_source: Any, answer: Any, tmp_path: Path
) -> None:
    stop, fields = tmp_path / "stop", {"sku": {"css": "::attr(id)"}, "title": {"css": "::text"}}

    def pages(wanted: str) -> str:
        if wanted.endswith("/2"):
            stop.touch()
        number = int(wanted[-1])
        return f"<b id={number}>Lamp</b>" + (f"<a rel=next href=/p/{number + 1}>on</a>" if number < 4 else "")

    a_shop = shop(pages)
    write_source(pages=1, fields=fields, items={"css": "b.lamp"})
    a_shop.scrape()
    assert [line.reason for line in a_shop.lines("open")] == ["no_items"]
    slowly = {"delay_secs": 1.0}  # between two pages, the stop is seen
    write_source(pages=1, fields=fields, next={"css": "a[rel=next]::attr(href)"}, politeness=slowly)

    _, flags = a_shop.prepare()
    a_shop.run.scrape(*flags, f"--stop_file={stop}")

    assert [line.status for line in a_shop.lines()] == ["open"]
    assert "1" in a_shop.rows()
    assert "4" not in a_shop.rows()
    write_source(pages=1, fields=fields, next={"css": "a[rel=next]::attr(href)"})
    a_shop.replay()
    assert sorted(a_shop.rows()) == ["1", "2", "3", "4"]
    assert a_shop.outcomes() == [("recovered", "")]


def test_one_replay_takes_so_many_executions(broken_shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    a_shop = broken_shop
    monkeypatch.setattr("pipelines.dead_letters.replay_plan.MOST_EXECUTIONS", 0)

    with pytest.raises(TooManyExecutions, match="--since"):
        a_shop.prepare()
