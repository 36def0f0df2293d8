"""The pipeline itself, as a flex template starts it by a schedule."""

import pytest

from pipelines import scrape
from pipelines.cannot_prepare import CannotPrepare
from pipelines.options import ScrapeOptions
from pipelines.source_health.launching import leave_out


def options(*words):
    return ScrapeOptions(["--sources=sources", "--output=out", *words])


def test_what_is_in_backoff_is_taken_out_of_the_options(desk):
    for name in ("down", "shop", "events"):
        desk.source(name)
    desk.ran("down", "failed", 3, 2, 1)

    everything, named, none = options(), options("--source=shop,down"), options("--source=down")

    assert list(leave_out(everything)) == ["down"]
    assert everything.source == ["events", "shop"]
    assert list(leave_out(named)) == ["down"]
    assert named.source == ["shop"]
    assert "in backoff until" in leave_out(none)["down"]
    assert none.source is None


def test_nothing_is_changed_where_all_is_well(desk):
    desk.source("shop")
    given = options()

    assert leave_out(given) == {}
    assert given.source == []


def test_a_launch_for_nothing_ends_well_and_says_why(desk, capsys):
    desk.source("down")
    desk.ran("down", "failed", 3, 2, 1)

    assert scrape.main(["--sources=sources", "--output=out", "--scheduled=true"]) == 0

    assert "down: left out: in backoff until" in capsys.readouterr().err
    assert len(list((desk.folder / "out" / "executions").iterdir())) == 3


def test_a_folder_that_is_missing_is_a_mistake(desk):
    with pytest.raises(CannotPrepare, match="there is no folder nowhere"):
        leave_out(ScrapeOptions(["--sources=nowhere"]))
