"""Datasets and tables of the fake BigQuery, kept in memory.

https://cloud.google.com/bigquery/docs/reference/rest/v2/tables and .../datasets.
"""

import dataclasses
import itertools
import time
from collections.abc import Iterator, Mapping
from typing import Any

from tests.bigquery_servers.strict_refusals import Refusal, already_exists, not_found, refused
from tests.bigquery_servers.strict_schema import check_change, check_table, normal_fields

__all__ = ["Row", "StoredTable", "Tables"]

Resource = dict[str, Any]


@dataclasses.dataclass(slots=True)
class Row:
    """A row that is in a table.

    Attributes:
      buffered: came by an insert and is in the streaming buffer still, where DML does not reach it.
    """

    values: dict[str, Any]
    buffered: bool = False


@dataclasses.dataclass(slots=True)
class StoredTable:
    """A table or view: what `tables.get` says of it, and its rows.

    Attributes:
      insert_ids: of inserted rows; remembered until the server is told to forget them.
    """

    resource: Resource
    rows: list[Row] = dataclasses.field(default_factory=list)
    insert_ids: set[str] = dataclasses.field(default_factory=set)

    @property
    def fields(self) -> list[dict[str, Any]]:
        return list(self.resource.get("schema", {}).get("fields", []))

    @property
    def name(self) -> str:
        """`project:dataset.table`."""
        return str(self.resource["id"])

    def described(self) -> Resource:
        buffered = sum(row.buffered for row in self.rows)
        described = {**self.resource, "numRows": str(len(self.rows) - buffered)}
        if buffered:
            described["streamingBuffer"] = {"estimatedRows": str(buffered), "estimatedBytes": str(100 * buffered)}
        return described


class Tables:
    """Every dataset and table of every project."""

    def __init__(self, location: str) -> None:
        self._location = location
        self._datasets: dict[tuple[str, str], Resource] = {}
        self._tables: dict[tuple[str, str, str], StoredTable] = {}
        self._etags = itertools.count(1)

    def dataset(self, project: str, dataset: str) -> Resource:
        """Raises: Refusal when there is none."""
        try:
            return self._datasets[project, dataset]
        except KeyError:
            raise not_found("Dataset", f"{project}:{dataset}") from None

    def datasets(self, project: str) -> list[Resource]:
        return [found for (owner, _), found in sorted(self._datasets.items()) if owner == project]

    def insert_dataset(self, project: str, resource: Resource) -> Resource:
        name = resource["datasetReference"]["datasetId"]
        if (project, name) in self._datasets:
            raise already_exists("Dataset", f"{project}:{name}")
        made = {"location": self._location, **resource, "kind": "bigquery#dataset", "id": f"{project}:{name}"}
        made["datasetReference"] = {"projectId": project, "datasetId": name}
        self._datasets[project, name] = made | self._stamp()
        return self._datasets[project, name]

    def patch_dataset(self, project: str, dataset: str, changes: Resource) -> Resource:
        self.dataset(project, dataset).update(changes | self._stamp())
        return self.dataset(project, dataset)

    def delete_dataset(self, project: str, dataset: str, contents: bool) -> None:
        self.dataset(project, dataset)
        inside = [key for key in self._tables if key[:2] == (project, dataset)]
        if inside and not contents:
            raise refused(f"Dataset {project}:{dataset} is still in use", "resourceInUse")
        for key in inside:
            del self._tables[key]
        del self._datasets[project, dataset]

    def table(self, project: str, dataset: str, table: str) -> StoredTable:
        """Raises: Refusal when there is none."""
        self.dataset(project, dataset)
        try:
            return self._tables[project, dataset, table.partition("$")[0]]
        except KeyError:
            raise not_found("Table", f"{project}:{dataset}.{table}") from None

    def in_dataset(self, project: str, dataset: str) -> list[StoredTable]:
        self.dataset(project, dataset)
        return [found for key, found in sorted(self._tables.items()) if key[:2] == (project, dataset)]

    def insert_table(self, project: str, dataset: str, resource: Resource) -> StoredTable:
        name = resource["tableReference"]["tableId"]
        self.dataset(project, dataset)
        if (project, dataset, name) in self._tables:
            raise already_exists("Table", f"{project}:{dataset}.{name}")
        made = {**resource, "kind": "bigquery#table", "id": f"{project}:{dataset}.{name}", "location": self._location}
        made["tableReference"] = {"projectId": project, "datasetId": dataset, "tableId": name}
        made["type"] = "VIEW" if resource.get("view") else "TABLE"
        made["creationTime"] = str(int(time.time() * 1000))
        if "schema" in resource:
            made["schema"] = {"fields": normal_fields(resource["schema"].get("fields", []))}
        check_table(made)
        self._tables[project, dataset, name] = StoredTable(made | self._stamp())
        return self._tables[project, dataset, name]

    def change_table(self, stored: StoredTable, changes: Resource, if_match: str = "", whole: bool = False) -> None:
        """`tables.patch`, or `tables.update` where the whole resource is given.

        Raises:
          Refusal: a change that BigQuery does not make, or the table is not the one that was read.
        """
        if if_match and if_match != stored.resource["etag"]:
            raise Refusal(412, "Precondition check failed.")
        kept = stored.resource if not whole else read_only(stored.resource)
        made = {**kept, **changes, **read_only(stored.resource)}
        if (
            changes.get("labels") is not None
        ):  # a patch leaves labels alone that it does not name, and null takes one away
            together = {**kept.get("labels", {}), **changes["labels"]}
            made["labels"] = {name: value for name, value in together.items() if value is not None}
        if "schema" in changes:
            made["schema"] = {"fields": normal_fields((changes["schema"] or {}).get("fields", []))}
            check_change(stored.name, stored.fields, made["schema"]["fields"])
        if partitioned_by(made) != partitioned_by(stored.resource):
            raise refused("Cannot convert non partitioned/clustered table to partitioned/clustered table.")
        check_table(made)
        stored.resource = {name: value for name, value in made.items() if value is not None} | self._stamp()
        for row in stored.rows:
            row.values = widened(stored.fields, row.values)

    def overwrite(self, stored: StoredTable, fields: list[dict[str, Any]]) -> StoredTable:
        """Gives an existing table other columns and no rows."""
        made = {**stored.resource, "schema": {"fields": fields}}
        check_table(made)
        stored.resource = made | self._stamp()
        stored.rows.clear()
        return stored

    def delete_table(self, project: str, dataset: str, table: str) -> None:
        self.table(project, dataset, table)
        del self._tables[project, dataset, table]

    def __iter__(self) -> Iterator[StoredTable]:
        return iter(self._tables.values())

    def _stamp(self) -> Resource:
        return {"etag": f"etag-{next(self._etags)}", "lastModifiedTime": str(int(time.time() * 1000))}


def read_only(resource: Mapping[str, Any]) -> Resource:
    names = ("kind", "id", "tableReference", "type", "creationTime", "location")
    return {name: resource[name] for name in names if name in resource}


def partitioned_by(resource: Mapping[str, Any]) -> tuple[str, str] | None:
    """What cannot be changed later: not the expiry of partitions."""
    partitioning = resource.get("timePartitioning")
    return (partitioning.get("type", "DAY"), partitioning.get("field", "")) if partitioning else None


def widened(fields: list[dict[str, Any]], values: dict[str, Any]) -> dict[str, Any]:
    """A row under a schema that may have grown since it was written; records inside it are left alone."""
    empty: dict[str, Any] = {field["name"]: [] if field["mode"] == "REPEATED" else None for field in fields}
    return empty | values
