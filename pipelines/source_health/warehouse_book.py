"""Decisions in the table `source_decisions` of a warehouse."""

import datetime
from collections.abc import Sequence
from typing import Any

from pipelines.source_health.book import Book, NoBook
from pipelines.stores.bigquery_reading import Query, columns_there, read
from schemas.bigquery import log_specs
from schemas.decision import DECISION_SCHEMA, Decision
from schemas.warehouse import Warehouse
from transforms.bigquery.connection import connect
from transforms.bigquery.inserts import insert_rows
from transforms.bigquery.refusals import explained
from transforms.bigquery.tables import ensure_tables

__all__ = ["WarehouseBook"]


class WarehouseBook(Book):
    """The decisions of all machines that write to one warehouse.

    Every method raises WarehouseRefused or WarehouseUnavailable when BigQuery does not let it in.
    """

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._table = warehouse.place("source_decisions")

    def decisions(self) -> list[Decision]:
        with explained(str(self._warehouse)):
            client = connect(self._warehouse.project)
        if not columns_there(client, self._table):
            return []
        batches = read(client, Query(self._table, DECISION_SCHEMA.names), DECISION_SCHEMA)
        found = {one.decision_id: one for batch in batches for one in map(Decision.of_record, batch.to_pylist())}
        return sorted(found.values(), key=lambda one: (one.at, one.decision_id))

    def add(self, decisions: Sequence[Decision]) -> None:
        there = {one.decision_id for one in self.decisions()}
        new = [one for one in decisions if one.decision_id not in there]
        with explained(str(self._warehouse)):
            client = connect(self._warehouse.project)
        executions = self._warehouse.place("executions")  # what the views are over
        specs = log_specs()
        ensure_tables(client, {self._table: specs["source_decisions"], executions: specs["executions"]})
        rows = [(one.decision_id, _insertable(one)) for one in new]
        if refused := insert_rows(client, self._table, rows):
            raise NoBook(f"{self._table} does not take decisions: {refused[0].message}")


def _insertable(decision: Decision) -> dict[str, Any]:
    record = decision.record()
    at = datetime.datetime.fromtimestamp(0, datetime.UTC) + datetime.timedelta(microseconds=record["decided_at"])
    return record | {"decided_at": at.isoformat()}
