"""The few statements that the fake BigQuery knows; every other is refused, and tests can add answers of their own.

SELECT columns | * | COUNT(*) FROM one table, DELETE, both with WHERE of conditions joined by AND (column = or >=
@parameter or literal, column IN UNNEST(@parameter), column IS [NOT] NULL), ORDER BY, LIMIT; CREATE [OR REPLACE] VIEW,
kept and not run. Real SQL is for the emulator.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.bigquery_servers.strict_refusals import Refusal, refused
from tests.bigquery_servers.strict_tables import StoredTable, Tables
from tests.bigquery_servers.strict_values import NotAValue, parse_value

__all__ = ["Answer", "Handler", "parameters_of", "run_statement"]

_NAME = r"`?(?P<table>[\w.:-]+)`?"
_WHERE = r"(?:\s+WHERE\s+(?P<where>.+?))?"
_SELECT = re.compile(
    rf"SELECT\s+(?P<what>.+?)\s+FROM\s+{_NAME}{_WHERE}"
    r"(?:\s+ORDER\s+BY\s+(?P<order>[\w, ]+?))?(?:\s+LIMIT\s+(?P<limit>\d+))?",
    re.I | re.S,
)
_DELETE = re.compile(rf"DELETE\s+(?:FROM\s+)?{_NAME}{_WHERE}", re.I | re.S)
_VIEW = re.compile(rf"CREATE\s+(?P<replace>OR\s+REPLACE\s+)?VIEW\s+{_NAME}\s.*?\bAS\b\s+(?P<query>.+)", re.I | re.S)
_COUNT = re.compile(r"COUNT\(\*\)(?:\s+(?:AS\s+)?(?P<name>\w+))?", re.I)
_CONDITION = re.compile(
    r"`?(?P<column>\w+)`?\s*(?:(?P<sign>>?=)\s*(?P<value>@\w+|'[^']*'|[\w.-]+)|IN\s+UNNEST\(\s*(?P<among>@\w+)\s*\)"
    r"|IS\s+(?P<present>NOT\s+)?NULL)",
    re.I,
)


@dataclasses.dataclass(slots=True)
class Answer:
    """What a statement gives.

    Attributes:
      affected: rows changed by DML; None for a query.
    """

    fields: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    rows: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    affected: int | None = None


Handler = Callable[[str, Mapping[str, Any]], Answer | None]
"""Given a statement and its named parameters; None when it is not for this one."""


def run_statement(tables: Tables, project: str, config: Mapping[str, Any]) -> Answer:
    """Raises: Refusal."""
    statement = re.sub(r"--[^\n]*", "", config["query"]).strip().rstrip(";").strip()
    asked = _Statement(tables, project, config.get("defaultDataset", {}).get("datasetId", ""), parameters_of(config))
    for pattern, run in ((_SELECT, asked.select), (_DELETE, asked.delete), (_VIEW, asked.view)):
        if found := pattern.fullmatch(statement):
            return run(found)
    raise refused(f"This fake does not know statements like: {statement}", "invalidQuery", "query")


def parameters_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Named parameters, as text or lists of text."""
    found = {}
    for one in config.get("queryParameters", ()):
        value = one.get("parameterValue", {})
        many = one["parameterType"]["type"] == "ARRAY"
        found[one["name"]] = [item["value"] for item in value.get("arrayValues", ())] if many else value.get("value")
    return found


@dataclasses.dataclass(slots=True)
class _Statement:
    tables: Tables
    project: str
    dataset: str
    parameters: dict[str, Any]

    def select(self, found: re.Match[str]) -> Answer:
        table = self._table(found["table"])
        holds = self._condition(table, found["where"])
        rows = [row.values for row in table.rows if holds(row.values)]
        if counted := _COUNT.fullmatch(found["what"]):
            name = counted["name"] or "f0_"
            return Answer([{"name": name, "type": "INTEGER", "mode": "NULLABLE"}], [{name: len(rows)}])
        fields = table.fields
        if found["what"] != "*":
            fields = [column(table, name) for name in found["what"].split(",")]
        for name in reversed((found["order"] or "").split(",") if found["order"] else []):
            name, _, direction = name.strip().partition(" ")
            key = column(table, name)["name"]
            rows.sort(key=lambda row: (row[key] is not None, row[key]), reverse=direction.upper() == "DESC")
        return Answer(fields, rows[: int(found["limit"])] if found["limit"] else rows)

    def delete(self, found: re.Match[str]) -> Answer:
        """https://cloud.google.com/bigquery/docs/reference/standard-sql/data-manipulation-language#limitations."""
        table = self._table(found["table"])
        if not found["where"]:
            raise refused("DELETE must have a WHERE clause", "invalidQuery", "query")
        holds = self._condition(table, found["where"])
        gone = [row for row in table.rows if holds(row.values)]
        if any(row.buffered for row in gone):
            over = f"UPDATE or DELETE statement over table {table.name.replace(':', '.')}"
            words = "would affect rows in the streaming buffer, which is not supported"
            raise refused(f"{over} {words}", "invalidQuery", "query")
        table.rows = [row for row in table.rows if not any(row is one for one in gone)]
        return Answer(affected=len(gone))

    def view(self, found: re.Match[str]) -> Answer:
        project, dataset, name = self._place(found["table"])
        try:
            there = self.tables.table(project, dataset, name)
        except Refusal as error:
            if "Dataset" in error.message:
                raise
            there = None
        if there and not found["replace"]:
            raise refused(f"Already Exists: Table {there.name}", "duplicate")
        if there:
            self.tables.delete_table(project, dataset, name)
        view = {"query": found["query"], "useLegacySql": False}
        self.tables.insert_table(project, dataset, {"tableReference": {"tableId": name}, "view": view})
        return Answer()

    def _place(self, name: str) -> tuple[str, str, str]:
        *project, dataset, table = [self.dataset, *name.replace(":", ".").split(".")][-3:]
        return (project[0] if project and project[0] != self.dataset else self.project), dataset, table

    def _table(self, name: str) -> StoredTable:
        table = self.tables.table(*self._place(name))
        if table.resource["type"] == "VIEW":
            raise refused("This fake does not run views", "invalidQuery", "query")
        return table

    def _condition(self, table: StoredTable, where: str | None) -> Callable[[Mapping[str, Any]], bool]:
        parts = re.split(r"\s+AND\s+", where, flags=re.I) if where else []
        conditions = [self._part(table, part.strip()) for part in parts]
        return lambda values: all(condition(values) for condition in conditions)

    def _part(self, table: StoredTable, text: str) -> Callable[[Mapping[str, Any]], bool]:
        found = _CONDITION.fullmatch(text)
        if found is None:
            raise refused(f"This fake does not know conditions like: {text}", "invalidQuery", "query")
        field = column(table, found["column"])
        if not found["value"] and not found["among"]:
            return lambda values: (values[field["name"]] is None) != bool(found["present"])
        asked = self._asked(found["value"] or found["among"])
        if found["sign"] == ">=":
            least = parsed(field, asked)
            return lambda values: values[field["name"]] is not None and values[field["name"]] >= least
        among = [parsed(field, one) for one in (asked if isinstance(asked, list) else [asked])]
        return lambda values: values[field["name"]] is not None and values[field["name"]] in among

    def _asked(self, text: str) -> Any:
        if not text.startswith("@"):
            return text.strip("'")
        if text[1:] not in self.parameters:
            raise refused(f"Query parameter '{text[1:]}' not found", "invalidQuery", "query")
        return self.parameters[text[1:]]


def parsed(field: Mapping[str, Any], text: Any) -> Any:
    try:
        return parse_value(field, text, json_as_text=True)
    except NotAValue as error:
        raise refused(str(error), "invalidQuery", "query") from None


def column(table: StoredTable, name: str) -> dict[str, Any]:
    for field in table.fields:
        if field["name"].lower() == name.strip(" `").lower():
            return field
    raise refused(f"Unrecognized name: {name.strip()}", "invalidQuery", "query")
