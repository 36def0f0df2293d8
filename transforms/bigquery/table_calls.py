"""Single calls to BigQuery about datasets, tables and views, each harmless when somebody else does the same."""

from collections.abc import Callable, Mapping
from typing import Any

from google.api_core.exceptions import Conflict, NotFound, PreconditionFailed
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY

from schemas.bigquery import TableSpec
from schemas.bigquery_changes import Change, applicable, changes_of, grown_fields
from schemas.warehouse import TableId

__all__ = [
    "Dataset",
    "compared",
    "compared_view",
    "create",
    "create_dataset",
    "grow",
    "location_of",
    "names_in",
    "renew_view",
]

Dataset = tuple[str, str]
"""Its project and its name."""

WAIT: Any = {"retry": DEFAULT_RETRY.with_timeout(60), "timeout": 30.0}
"""Of one call: seconds of trying again, and seconds of waiting for an answer."""
_TRIES = 10
_MS_A_DAY = 86_400_000


def location_of(client: bigquery.Client, place: Dataset) -> str:
    """Where a dataset is; empty: there is none."""
    try:
        location: str = client.get_dataset(bigquery.DatasetReference(*place), **WAIT).location
    except NotFound:
        return ""
    return location


def create_dataset(client: bigquery.Client, place: Dataset, location: str | None) -> None:
    """Makes a dataset; None: where BigQuery makes those of which it is not told."""
    new = bigquery.Dataset(bigquery.DatasetReference(*place))
    if location:
        new.location = location
    client.create_dataset(new, exists_ok=True, **WAIT)


def names_in(client: bigquery.Client, place: Dataset) -> set[TableId]:
    """All tables and views of a dataset, one call for a thousand of them; none for no dataset."""
    try:
        listed = client.list_tables(bigquery.DatasetReference(*place), page_size=1000, **WAIT)
        return {TableId(*place, one.table_id) for one in listed}
    except NotFound:
        return set()


def create(client: bigquery.Client, resource: Mapping[str, Any]) -> bool:
    """Makes a table or a view; False when somebody else has just made it."""
    try:
        client.create_table(bigquery.Table.from_api_repr(dict(resource)), **WAIT)
    except Conflict:
        return False
    return True


def compared(client: bigquery.Client, spec: TableSpec, table: TableId) -> list[Change]:
    """A table that is there against what it should be."""
    return changes_of(spec, table, client.get_table(str(table), **WAIT).to_api_repr())


def compared_view(client: bigquery.Client, view: TableId, resource: Mapping[str, Any]) -> list[Change]:
    """A view that is there against what it should be."""
    found = client.get_table(str(view), **WAIT)
    if found.table_type != "VIEW":
        text = f"is a {found.table_type.lower()}, and the view of the newest rows should stand there"
        return [Change("breaking", "", text, "rename or drop it, then scrapeline schema apply")]
    if found.view_query is None or found.view_query.split() == resource["view"]["query"].split():
        return []
    return [Change("setting", "", "has another query: it becomes that of today")]


def grow(client: bigquery.Client, spec: TableSpec, table: TableId) -> None:
    """Changes what can be changed, on top of whatever somebody else changes meanwhile.

    Raises:
      PreconditionFailed: somebody else has changed it each time.
    """

    def change(found: bigquery.Table) -> list[str]:
        wanted = applicable(changes_of(spec, table, found.to_api_repr()))
        return _change(found, spec, table) if wanted else []

    _update(client, table, change)


def renew_view(client: bigquery.Client, view: TableId, resource: Mapping[str, Any]) -> None:
    """Gives a view its query anew: without that, the columns that it reports stay those of the day it was made."""

    def change(found: bigquery.Table) -> list[str]:
        if found.table_type != "VIEW":
            return []
        found.view_query = resource["view"]["query"]
        return ["view_query"]

    _update(client, view, change)


def _update(client: bigquery.Client, table: TableId, change: Callable[[bigquery.Table], list[str]]) -> None:
    """Sends what `change` has changed in the table as it was read, and begins again if it is not that any more.

    Args:
      change: gives the names of what is to be sent; none: nothing is.
    """
    for left in reversed(range(_TRIES)):
        found = client.get_table(str(table), **WAIT)
        fields = change(found)
        try:
            if fields:
                client.update_table(found, fields, **WAIT)  # with the etag of what was read
        except PreconditionFailed:
            if not left:
                raise
        else:
            return


def _change(found: bigquery.Table, spec: TableSpec, table: TableId) -> list[str]:
    """Changes it in memory; gives the names of what is to be sent."""
    grown = grown_fields(spec, table, found.to_api_repr())
    found.schema = [bigquery.SchemaField.from_api_repr(field) for field in grown]
    found.description, found.friendly_name = spec.description, spec.name
    found.labels = {**found.labels, **spec.labels}
    changed = ["schema", "description", "friendly_name", "labels"]
    partitioning = found.time_partitioning
    if partitioning is not None and partitioning.field == spec.partition and spec.expiry_days is not None:
        partitioning.expiration_ms = spec.expiry_days * _MS_A_DAY
        found.time_partitioning = partitioning
        changed.append("time_partitioning")
    if spec.clustering and not found.clustering_fields:
        found.clustering_fields = list(spec.clustering)
        changed.append("clustering_fields")
    return changed
