"""Which of BigQuery's REST methods a request is, and what does it.

https://cloud.google.com/bigquery/docs/reference/rest.
"""

import dataclasses
import itertools
import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.bigquery_servers.strict_cells import cells
from tests.bigquery_servers.strict_inserts import InsertLimits, insert_all
from tests.bigquery_servers.strict_jobs import Job, Jobs
from tests.bigquery_servers.strict_refusals import refused
from tests.bigquery_servers.strict_tables import StoredTable, Tables

__all__ = ["Api", "Request", "method_of"]

_PROJECT = r"/bigquery/v2/projects/(?P<project>[^/]+)"
_DATASET = rf"{_PROJECT}/datasets/(?P<dataset>[^/]+)"
_TABLE = rf"{_DATASET}/tables/(?P<table>[^/]+)"
_ROUTES = [
    ("GET", rf"{_PROJECT}/datasets", "datasets.list"),
    ("POST", rf"{_PROJECT}/datasets", "datasets.insert"),
    ("GET", _DATASET, "datasets.get"),
    ("PATCH", _DATASET, "datasets.patch"),
    ("DELETE", _DATASET, "datasets.delete"),
    ("GET", rf"{_DATASET}/tables", "tables.list"),
    ("POST", rf"{_DATASET}/tables", "tables.insert"),
    ("GET", _TABLE, "tables.get"),
    ("PATCH", _TABLE, "tables.patch"),
    ("PUT", _TABLE, "tables.update"),
    ("DELETE", _TABLE, "tables.delete"),
    ("POST", rf"{_TABLE}/insertAll", "tabledata.insertAll"),
    ("GET", rf"{_TABLE}/data", "tabledata.list"),
    ("POST", rf"{_PROJECT}/jobs", "jobs.insert"),
    ("POST", rf"/upload{_PROJECT}/jobs", "jobs.insert"),
    ("PUT", rf"/upload{_PROJECT}/jobs", "jobs.upload"),
    ("GET", rf"{_PROJECT}/jobs", "jobs.list"),
    ("GET", rf"{_PROJECT}/jobs/(?P<job>[^/]+)", "jobs.get"),
    ("POST", rf"{_PROJECT}/jobs/(?P<job>[^/]+)/cancel", "jobs.cancel"),
    ("POST", rf"{_PROJECT}/queries", "jobs.query"),
    ("GET", rf"{_PROJECT}/queries/(?P<job>[^/]+)", "jobs.getQueryResults"),
]


@dataclasses.dataclass(slots=True)
class Request:
    """A request whose body was JSON.

    Attributes:
      names: project, dataset, table and job of the path, as far as it has them.
    """

    names: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: dict[str, Any]


def method_of(verb: str, path: str) -> tuple[str, dict[str, str]]:
    """Name of the REST method, with what the path names; an empty name for none."""
    for asked, pattern, method in _ROUTES:
        if asked == verb and (found := re.fullmatch(pattern, path)):
            return method, found.groupdict()
    return "", {}


class Api:
    """BigQuery's methods on the tables and jobs of this server."""

    def __init__(self, tables: Tables, jobs: Jobs, limits: InsertLimits) -> None:
        self._tables = tables
        self._jobs = jobs
        self._limits = limits
        self._query_ids = itertools.count(1)
        self._methods: dict[str, Callable[[Request], dict[str, Any]]] = {
            "datasets.list": lambda asked: {"datasets": tables.datasets(asked.names["project"])},
            "datasets.insert": lambda asked: tables.insert_dataset(asked.names["project"], asked.body),
            "datasets.get": lambda asked: tables.dataset(*place(asked)),
            "datasets.patch": lambda asked: tables.patch_dataset(*place(asked), asked.body),
            "datasets.delete": self._delete_dataset,
            "tables.list": lambda asked: {"tables": [brief(one) for one in tables.in_dataset(*place(asked))]},
            "tables.insert": lambda asked: tables.insert_table(*place(asked), asked.body).described(),
            "tables.get": lambda asked: self._table(asked).described(),
            "tables.patch": lambda asked: self._change(asked, whole=False),
            "tables.update": lambda asked: self._change(asked, whole=True),
            "tables.delete": self._delete_table,
            "tabledata.insertAll": lambda asked: insert_all(self._table(asked), asked.body, self._limits),
            "tabledata.list": self._list_rows,
            "jobs.insert": lambda asked: jobs.insert(asked.names["project"], asked.body),
            "jobs.list": lambda asked: {"jobs": [job.resource() for job in jobs.all]},
            "jobs.get": lambda asked: self._job(asked).resource(),
            "jobs.cancel": lambda asked: {"kind": "bigquery#jobCancelResponse", "job": self._cancel(asked).resource()},
            "jobs.query": self._query,
            "jobs.getQueryResults": lambda asked: results(self._job(asked), asked.query),
        }

    def call(self, method: str, asked: Request) -> dict[str, Any]:
        """Raises: Refusal."""
        return self._methods[method](asked)

    def _table(self, asked: Request) -> StoredTable:
        return self._tables.table(*place(asked), asked.names["table"])

    def _change(self, asked: Request, whole: bool) -> dict[str, Any]:
        table = self._table(asked)
        self._tables.change_table(table, asked.body, asked.headers.get("if-match", ""), whole)
        return table.described()

    def _delete_dataset(self, asked: Request) -> dict[str, Any]:
        self._tables.delete_dataset(*place(asked), contents=asked.query.get("deleteContents") == "true")
        return {}

    def _delete_table(self, asked: Request) -> dict[str, Any]:
        self._tables.delete_table(*place(asked), asked.names["table"])
        return {}

    def _list_rows(self, asked: Request) -> dict[str, Any]:
        table = self._table(asked)
        return page(table.fields, [row.values for row in table.rows], asked.query)

    def _job(self, asked: Request) -> Job:
        return self._jobs.get(asked.names["project"], asked.names["job"], asked.query.get("location", ""))

    def _cancel(self, asked: Request) -> Job:
        return self._jobs.cancel(asked.names["project"], asked.names["job"], asked.query.get("location", ""))

    def _query(self, asked: Request) -> dict[str, Any]:
        """`jobs.query`: a job of its own id, with its results if it is done."""
        names = ("query", "queryParameters", "defaultDataset", "useLegacySql", "parameterMode")
        config = {name: asked.body[name] for name in names if name in asked.body}
        reference = {"jobId": f"query_{next(self._query_ids)}"}
        started = self._jobs.insert(
            asked.names["project"], {"jobReference": reference, "configuration": {"query": config}}
        )
        job = self._jobs.get(asked.names["project"], started["jobReference"]["jobId"], "")
        options = asked.body.get("formatOptions", {})
        return results(job, {"formatOptions.useInt64Timestamp": str(options.get("useInt64Timestamp", "")).lower()})


def place(asked: Request) -> tuple[str, str]:
    return asked.names["project"], asked.names["dataset"]


def brief(table: StoredTable) -> dict[str, Any]:
    names = ("kind", "id", "tableReference", "type", "timePartitioning", "clustering", "labels", "friendlyName", "view")
    return {name: table.resource[name] for name in names if name in table.resource}


def results(job: Job, query: Mapping[str, str]) -> dict[str, Any]:
    """Raises: Refusal of a job that failed, as BigQuery answers here with the job's error."""
    known = {"kind": "bigquery#queryResponse", "jobReference": job.resource()["jobReference"]}
    if job.state != "DONE":
        return known | {"jobComplete": False}
    if job.failed:
        raise job.errors[0]
    if job.kind != "query":
        raise refused("Only a query job has results")
    found = known | {"jobComplete": True} | page(job.answer.fields, job.answer.rows, query)
    found |= {"schema": {"fields": job.answer.fields}}
    return found if job.answer.affected is None else found | {"numDmlAffectedRows": str(job.answer.affected)}


def page(fields: list[dict[str, Any]], rows: list[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    start = int(query.get("pageToken") or query.get("startIndex") or 0)
    end = start + int(query.get("maxResults") or len(rows))
    exact = query.get("formatOptions.useInt64Timestamp", "").lower() == "true"
    found: dict[str, Any] = {
        "totalRows": str(len(rows)),
        "rows": [cells(fields, row, exact) for row in rows[start:end]],
    }
    return found | ({"pageToken": str(end)} if end < len(rows) else {})
