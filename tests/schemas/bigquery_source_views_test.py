"""The view of sources says what the fold says, on random histories in the emulator's warehouse."""

import datetime
import json
import random

import pytest
from google.cloud import bigquery

from schemas.bigquery import log_specs
from schemas.bigquery_source_views import source_views, sources_sql
from schemas.decision import ACTIONS, Decision
from schemas.execution import EXECUTION_SCHEMA
from schemas.health import Ended, health_of
from schemas.reasons import Dead
from schemas.warehouse import Warehouse
from transforms.bigquery.connection import connect
from transforms.bigquery.tables import ensure_tables

SOURCES = [f"s{number}" for number in range(40)]
START = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)
NOW = START + datetime.timedelta(hours=45)


def executions(dice):
    """Histories of up to 14 executions a source, within 40 hours; some restarted, some that do not count."""
    for source in SOURCES:
        statuses = dice.choice([["failed"], ["success", "no_data", *["failed"] * 9]])
        for number in range(dice.randint(0, 14)):
            ended = START + datetime.timedelta(hours=dice.randint(1, 40), minutes=number)
            one = {
                "execution_id": f"{source}-{number}",
                "run_id": "r",
                "source": source,
                "status": dice.choice(statuses),
                "condition": dice.choice(["", "blocked"]),
                "reasons": dice.choice([[], [f"why {number}"], [f"why {number}", "and"]]),
                "attempt": 1,
                "started_at": (ended - datetime.timedelta(minutes=1)).isoformat(),
                "ended_at": ended.isoformat(),
                "rows": dice.choice([0, 3]),
                "dead_by_reason": json.dumps(
                    {r: dice.randint(1, 2) for r in dice.sample(list(Dead), dice.choice([0, 1, 3]))}
                ),
                "dropped_by_reason": dice.choice(["{}", "{}", "{}", None, '{"cancelled": 1}', '{"robots": 2}']),
                "limited_to": dice.choice([*[""] * 8, None, "limit 5"]),
                "reparse_of": dice.choice([*[""] * 9, "x"]),
                "replay_of": dice.choice([*[""] * 9, "x"]),
            }
            yield one
            if dice.random() < 0.2:
                later = (ended + datetime.timedelta(seconds=30)).isoformat()
                yield {**one, "attempt": 2, "ended_at": later, "status": dice.choice(statuses)}


def decisions(dice):
    for source in SOURCES:
        for _ in range(dice.choice([0, 0, 1, 3])):
            at = START.timestamp() + dice.randint(1, 40) * 3600 + 1800
            yield Decision(source, dice.choice(ACTIONS), at, "ana", "because")


def loadable(decision):
    at = datetime.datetime.fromtimestamp(decision.at, datetime.UTC)
    return decision.record() | {"decided_at": at.isoformat()}


def ended_of(record):
    times = {name: datetime.datetime.fromisoformat(record[name]) for name in ("started_at", "ended_at")}
    return Ended.of_record({**record, **times})


@pytest.fixture
def warehouse(bigquery_emulator, bigquery_dataset):
    return Warehouse(bigquery_emulator.project, bigquery_dataset)


@pytest.fixture
def add(warehouse):
    client = connect(warehouse.project)
    ensure_tables(client, {warehouse.place(name): spec for name, spec in log_specs().items()})

    def load(table, records):
        place = str(warehouse.place(table))
        config = bigquery.LoadJobConfig(schema=client.get_table(place).schema)
        client.load_table_from_json(records, place, job_config=config).result()

    return load


def test_the_view_and_the_fold_agree(warehouse, add):
    dice = random.Random(20261122)  # noqa: S311  histories, no secrets
    ran, decided = list(executions(dice)), list(decisions(dice))
    assert set(ran[0]) <= set(EXECUTION_SCHEMA.names)
    add("executions", ran)
    add("source_decisions", [loadable(one) for one in decided])
    places = warehouse.place("executions"), warehouse.place("source_decisions")
    client = connect(warehouse.project)

    query = sources_sql(*places, now=f"TIMESTAMP '{NOW.isoformat()}'")
    found = {row["source"]: row for row in client.query(query).result()}

    told = [ended_of(one) for one in ran]
    assert set(found) == {one.source for one in [*told, *decided]}
    levels = set()
    for source, row in found.items():
        health = health_of(source, told, decided)
        levels.add(health.backoff_level)
        assert said(row) == said_of(health), source
    assert levels == {0, 1, 2, 3, 4, 5}, "the histories are worth something"


def said(row):
    times = ("backoff_until", "last_failure_at", "last_success_at", "decided_at", "schedule_decided_at")
    seconds = {name: row[name].timestamp() if row[name] else None for name in times}
    return {name: seconds.get(name, value) for name, value in row.items() if name != "source"}


def said_of(health):
    by, when = health.decision, health.schedule
    return {
        "enabled": health.enabled,
        "auto_disabled": health.auto_disabled,
        "in_backoff": health.in_backoff(NOW.timestamp()),
        "consecutive_failures": health.consecutive_failures,
        "backoff_level": health.backoff_level,
        "backoff_until": health.backoff_until,
        "failure_class": health.failure,
        "last_failure": health.last_failure or None,
        "last_failure_at": health.last_failure_at,
        "last_success_at": health.last_success_at,
        "decided_at": by and by.at,
        "decided_by": by and by.by,
        "because": by and by.because,
        "scheduled": health.scheduled,
        "schedule_decided_at": when and when.at,
        "schedule_decided_by": when and when.by,
    }


def test_sources_in_backoff_or_disabled_are_hidden(warehouse, add):
    now = datetime.datetime.now(datetime.UTC)
    ran = [("down", "failed", 0), ("probe", "failed", 5), ("up", "success", 0), ("off", "success", 0)]
    rows = [
        {
            "execution_id": f"{source}-{number}",
            "source": source,
            "status": status,
            "attempt": 1,
            "started_at": now.isoformat(),
            "ended_at": (now - datetime.timedelta(hours=hours, minutes=number)).isoformat(),
        }
        for source, status, hours in ran
        for number in range(3)
    ]
    add("executions", rows)
    off = Decision("off", "disable", now.timestamp(), "ana", "they asked us to stop")
    add("source_decisions", [loadable(off)])
    view = next(
        view
        for view in source_views(warehouse.place("executions"), warehouse.place("source_decisions"))
        if "available" in str(view)
    )

    found = connect(warehouse.project).query(f"SELECT source FROM `{view}` ORDER BY source").result()

    assert [row["source"] for row in found] == ["probe", "up"]
