"""Which schedules are on and due, by hand."""

import dataclasses

import pytest

from pipelines.scheduling.due import Due, due, off_because
from schemas.decision import Decision
from schemas.health import Health
from scrapers.source_files.load import load_sources

HOUR = 3600.0
ON = Decision("shop", "schedule", 10.5 * HOUR, "ana")


@pytest.fixture
def shop(tmp_path):
    """Writes the source with this schedule, hourly, and loads it."""

    def load(more=""):
        (tmp_path / "shop.yaml").write_text(
            "source: shop\ntable: t.shop\nseeds: {urls: ['http://a.test/']}\nfields: {t: {css: h1}}\n"
            f"schedule: {{cron: '0 * * * *'{more}}}\n"
        )
        return load_sources(tmp_path)

    return load


def due_at(sources, hour, fired=0.0, **health):
    found = Health("shop", schedule=ON, **health)
    return [one.tick / HOUR for one in due(sources, {"shop": found}, {"shop": fired * HOUR}, hour * HOUR)]


def test_it_is_due_from_its_moment_until_it_ran(shop):
    sources = shop()

    assert due_at(sources, 10.9) == [], "before the schedule was turned on"
    assert due_at(sources, 11.0) == [11]
    assert due_at(sources, 11.9) == [11]
    assert due_at(sources, 15.5) == [15], "of all that was missed the last"
    assert due_at(sources, 15.5, last_started_at=14.9 * HOUR) == [15]
    assert due_at(sources, 15.5, last_started_at=15.1 * HOUR) == []
    assert due_at(sources, 15.5, fired=15) == []
    assert due_at(sources, 16.0, fired=15) == [16]


def test_only_a_person_turns_a_schedule_on_and_the_file_can_keep_it_off(shop):
    on, nobody = Health("shop", schedule=ON), Health("shop")
    off = Health("shop", schedule=dataclasses.replace(ON, action="unschedule"))

    assert off_because(shop()["shop"], on) == ""
    assert "nobody has turned it on" in off_because(shop(", enabled: true")["shop"], nobody)
    assert "nobody has turned it on" in off_because(shop(", enabled: true")["shop"], off)
    assert "shop.yaml says `schedule.enabled: false`" in off_because(shop(", enabled: false")["shop"], on)
    assert due(shop(", enabled: false"), {"shop": on}, {}, 20 * HOUR) == []


def test_a_zone_counts(shop):
    sources = shop(", timezone: Asia/Kolkata")  # full hours there are half ones in UTC

    assert due(sources, {"shop": Health("shop", schedule=ON)}, {}, 12.2 * HOUR) == [Due("shop", 11.5 * HOUR)]
