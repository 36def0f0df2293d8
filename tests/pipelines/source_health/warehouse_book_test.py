"""Decisions and health in a warehouse."""

import time

from pipelines.places import Places
from pipelines.source_health.book import open_book
from pipelines.source_health.standing import healths
from pipelines.source_health.wording import iso_text
from schemas.bigquery import log_specs
from schemas.bigquery_source_views import SOURCES
from schemas.decision import Decision
from schemas.warehouse import TableId, Warehouse
from transforms.bigquery.connection import connect
from transforms.bigquery.tables import ensure_tables

NOW = 1_795_000_000.25


def test_decisions_are_kept_in_a_table_beside_the_views_of_it(bigquery_emulator, bigquery_dataset, tmp_path):
    warehouse = Warehouse(bigquery_emulator.project, bigquery_dataset)
    where = Places(str(tmp_path), warehouse)
    book = open_book(where)
    assert book.decisions() == []
    first, second = Decision("shop", "disable", NOW, "ana", "é"), Decision("shop", "schedule", NOW + 1, "bo")

    book.add([second, first])
    book.add([first])

    assert book.decisions() == [first, second]
    found = healths(where, ["shop", "other"])
    assert not found["shop"].enabled
    assert found["shop"].scheduled
    assert found["other"].enabled
    view = TableId(warehouse.project, warehouse.dataset, SOURCES)
    [row] = connect(warehouse.project).query(f"SELECT source, enabled, decided_by FROM `{view}`").result()
    assert tuple(row) == ("shop", False, "ana")


def test_health_is_read_from_the_execution_log_of_a_warehouse(bigquery_emulator, bigquery_dataset, tmp_path):
    warehouse = Warehouse(bigquery_emulator.project, bigquery_dataset)
    client = connect(warehouse.project)
    ensure_tables(client, {warehouse.place(name): spec for name, spec in log_specs().items()})
    rows = [
        {
            "execution_id": f"e{number}",
            "source": "shop",
            "status": "failed",
            "attempt": 1,
            "started_at": iso_text(NOW + number - 1),
            "ended_at": iso_text(NOW + number),
            "reasons": ["no rows"],
        }
        for number in range(4)
    ]
    assert client.insert_rows_json(str(warehouse.place("executions")), rows) == []

    for names in (["shop"], None):
        [(name, shop)] = healths(Places(str(tmp_path), warehouse), names).items()

        assert (name, shop.consecutive_failures, shop.backoff_level) == ("shop", 4, 2)
        assert shop.backoff_until == NOW + 3 + 4 * 3600


def test_bigquery_itself_takes_a_decision(strict_bigquery, tmp_path):
    """As strictly as BigQuery: types, required columns, unknown ones."""
    warehouse = Warehouse(strict_bigquery.project, "web")
    book = open_book(Places(str(tmp_path), warehouse))

    book.add([Decision("shop", "enable", time.time(), "ana", "mended")])

    [row] = strict_bigquery.rows("web.source_decisions")
    assert row["action"] == "enable"
