"""What queries of BigQuery give, as Arrow batches in the shapes of `schemas`."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import pyarrow as pa
from google.api_core.exceptions import NotFound
from google.cloud import bigquery

from pipelines.stores.fitted import fitted
from schemas.ids import canonical_json
from schemas.warehouse import TableId
from transforms.bigquery.refusals import explained

__all__ = ["Query", "columns_there", "read"]

ROWS_AT_ONCE = 5_000
"""In memory; a page of an answer has at most 10 MB besides."""
_SECS = 600.0
_JSON = b"google:sqlType:json"


@dataclasses.dataclass(frozen=True, slots=True)
class Query:
    """A query of one table.

    Attributes:
      columns: of the table, as it has them.
      rest: what follows `FROM table`; values stand in `parameters` only.
    """

    table: TableId
    columns: Sequence[str]
    rest: str = ""
    parameters: Sequence[Any] = ()

    @property
    def sql(self) -> str:
        """The query's text; names come from the table itself and from the warehouse, not from values."""
        columns = ", ".join(f"`{name}`" for name in self.columns)
        return f"SELECT {columns} FROM `{self.table}` {self.rest}"


def columns_there(client: bigquery.Client, table: TableId) -> list[str]:
    """The columns of a table; none for a table that does not exist."""
    with explained(str(table)):
        try:
            return [field.name for field in client.get_table(str(table), timeout=60).schema]
        except NotFound:
            return []


def read(client: bigquery.Client, query: Query, schema: pa.Schema | None = None) -> Iterator[pa.RecordBatch]:
    """The answer, page by page. JSON values are text with sorted keys, as in Parquet files.

    Args:
      schema: of the batches, whatever the table lacks of it; None: the columns as the table has them.
    """
    config = bigquery.QueryJobConfig(query_parameters=list(query.parameters))
    with explained(str(query.table)):
        asked = client.query(query.sql, job_config=config, timeout=60)
        answer = asked.result(page_size=ROWS_AT_ONCE, timeout=_SECS)
        for batch in answer.to_arrow_iterable():
            if batch.num_rows:
                yield _as_written(batch) if schema is None else fitted(batch, schema)


def _as_written(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Without what Google's client adds to fields."""
    columns = [_plain(column, field) for column, field in zip(batch.columns, batch.schema, strict=True)]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _plain(column: pa.Array, field: pa.Field) -> pa.Array:
    if not _holds_json(field):
        return column
    return pa.array([_sorted_json(value, field) for value in column.to_pylist()], field.type)


def _is_json(field: pa.Field) -> bool:
    return (field.metadata or {}).get(b"ARROW:extension:name") == _JSON


def _holds_json(field: pa.Field) -> bool:
    kind = field.type.value_type if pa.types.is_list(field.type) else field.type
    return _is_json(field) or (pa.types.is_struct(kind) and any(map(_holds_json, kind)))


def _sorted_json(value: Any, field: pa.Field) -> Any:
    """A value with the JSON in it in the one way in which rows are written."""
    if value is None:
        return None
    if pa.types.is_list(field.type):
        one = pa.field("", field.type.value_type, metadata=field.metadata)
        return [_sorted_json(inner, one) for inner in value]
    if pa.types.is_struct(field.type):
        return {inner.name: _sorted_json(value[inner.name], inner) for inner in field.type}
    return canonical_json(orjson.loads(value)).decode() if _is_json(field) else value
