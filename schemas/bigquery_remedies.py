"""How to do by hand what cannot be changed in a table of BigQuery that is there."""

from schemas.bigquery import Field, TableSpec
from schemas.bigquery_ddl import cluster_clause, partition_clause, sql_type
from schemas.warehouse import TableId

__all__ = ["other_partition", "other_type"]

# https://cloud.google.com/bigquery/docs/managing-table-schemas#change_a_columns_data_type: in place, without loss
_WIDENS = {("INTEGER", "NUMERIC"), ("INTEGER", "FLOAT"), ("NUMERIC", "FLOAT")}


def other_type(spec: TableSpec, table: TableId, wanted: Field, there: Field, path: str) -> str:
    """For a column whose type is another.

    Args:
      path: of the record that it stands in, with a dot at its end; empty for a column of the table.
    """
    new = f"{table}_v2"
    anew = f"let the source write to a new table (`table: {spec.name}_v2`)"
    if path or "REPEATED" in (wanted["mode"], there.get("mode")) or "RECORD" in (wanted["type"], there["type"]):
        return f"{anew}, and fill it from the archive by scrapeline reparse"
    name, kind = wanted["name"], sql_type(wanted)
    if (there["type"], wanted["type"]) in _WIDENS:
        return f"no value is lost by ALTER TABLE `{table}` ALTER COLUMN `{name}` SET DATA TYPE {kind};"
    query = f"SELECT * REPLACE (SAFE_CAST(`{name}` AS {kind}) AS `{name}`) FROM `{table}`"
    return f"{anew}; or copy this one, what cannot be cast becomes null: {_copy(spec, new, query)}"


def other_partition(spec: TableSpec, table: TableId) -> str:
    """For a table that is partitioned otherwise."""
    new = f"{table}_by_day"
    return (
        f"copy it: {_copy(spec, new, f'SELECT * FROM `{table}`')} DROP TABLE `{table}`; "
        f"ALTER TABLE `{new}` RENAME TO `{table.table}`;"
    )


def _copy(spec: TableSpec, new: str, query: str) -> str:
    clustering = cluster_clause(spec).strip()
    return f"CREATE TABLE `{new}` {partition_clause(spec)} {clustering}{' ' * bool(clustering)}AS {query};"
