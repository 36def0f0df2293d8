"""The view `<table>_latest`: the newest row of each row_key."""

from collections.abc import Mapping
from typing import Any

from schemas.bigquery import TableSpec
from schemas.warehouse import TableId

__all__ = ["LATEST", "latest_resource", "latest_sql", "latest_view"]

LATEST = "_latest"


def latest_view(table: TableId) -> TableId:
    """Where a table's view stands: beside it."""
    return TableId(table.project, table.dataset, table.table + LATEST)


def latest_sql(spec: TableSpec, table: TableId, executions: TableId) -> str:
    """The view's query.

    Rows that were parsed again from the archive have the moment at which their page was fetched, so of rows of one
    moment those of the execution that ended last count; one that has not ended comes last. Of two rows of one execution
    and moment it is the greater row_id, so that every query gives the same.
    """
    names: Mapping[str, str] = {name: f"`{there}`" for name, there in spec.provenance.items()}
    return f"""\
SELECT r.*
FROM `{table}` AS r
LEFT JOIN (
  SELECT execution_id, MAX(ended_at) AS ended_at
  FROM `{executions}`
  GROUP BY execution_id
) AS e ON e.execution_id = r.{names["execution_id"]}
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY r.{names["row_key"]}
  ORDER BY r.{names["scraped_at"]} DESC, e.ended_at DESC NULLS LAST, r.{names["row_id"]} DESC
) = 1"""


def latest_description(spec: TableSpec) -> str:
    """What the view says of itself."""
    return f"The newest row of each row_key of {spec.name}."


def latest_resource(spec: TableSpec, table: TableId, executions: TableId) -> dict[str, Any]:
    """The view as BigQuery's API takes it (`tables.insert`)."""
    view = latest_view(table)
    return {
        "tableReference": {"projectId": view.project, "datasetId": view.dataset, "tableId": view.table},
        "description": latest_description(spec),
        "labels": {"scrapeline": "latest"},
        "view": {"query": latest_sql(spec, table, executions), "useLegacySql": False},
    }
