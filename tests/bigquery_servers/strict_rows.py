"""Whole rows against a table's columns: what BigQuery finds wrong with them, in inserts and in load jobs.

Words of inserts as quoted in googleapis/python-bigquery#151, googleapis/google-cloud-python#9602, glific/glific#3477;
words of load jobs as in googleapis/google-cloud-python#3343. "Missing required field", "Field value of X cannot be
empty" and "Only optional fields can be set to NULL" are BigQuery's too; the other words are ours.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from tests.bigquery_servers.strict_values import ALIASES, NotAValue, parse_value

__all__ = ["Problem", "RowReader"]

Field = Mapping[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a row.

    Attributes:
      location: path of the column, `a.b[0].c`; empty where BigQuery names none.
    """

    location: str
    message: str


@dataclasses.dataclass(slots=True)
class RowReader:
    """Reads rows of one table.

    Attributes:
      inserted: by `tabledata.insertAll`; else by a load job, which has other words, and other JSON columns.
      ignore_unknown: fields that the table does not have are dropped.
    """

    fields: Sequence[Field]
    inserted: bool
    ignore_unknown: bool = False

    def read(self, row: Any) -> tuple[dict[str, Any], list[Problem]]:
        """The row as Google's client would give it back, and what is wrong with it."""
        problems: list[Problem] = []
        if not isinstance(row, dict):
            return {}, [Problem("", "Rows must be JSON objects.")]
        return self._record(self.fields, row, "", problems), problems

    def _record(
        self, fields: Sequence[Field], row: dict[str, Any], path: str, problems: list[Problem]
    ) -> dict[str, Any]:
        """Names of columns are compared without case: https://cloud.google.com/bigquery/docs/schemas#column_names."""
        given = {name.lower(): value for name, value in row.items()}
        known = {field["name"].lower() for field in fields}
        if not self.ignore_unknown:
            problems.extend(self._unknown(path + name) for name in row if name.lower() not in known)
        read: dict[str, Any] = {}
        for field in fields:
            place = path + field["name"]
            if field["name"].lower() not in given:
                if field.get("mode") == "REQUIRED":
                    problems.append(self._missing(place))
                read[field["name"]] = [] if field.get("mode") == "REPEATED" else None
            else:
                read[field["name"]] = self._column(field, given[field["name"].lower()], place, problems)
        return read

    def _column(self, field: Field, value: Any, place: str, problems: list[Problem]) -> Any:
        mode = field.get("mode") or "NULLABLE"
        if mode == "REPEATED":
            return self._repeated(field, value, place, problems)
        if value is None:
            if mode == "REQUIRED":
                problems.append(self._missing(place) if self.inserted else self._null(place))
            return None
        if isinstance(value, list) and (field["type"] != "JSON" or self.inserted):
            problems.append(self._problem(place, f"Array specified for non-repeated field: {field['name']}.", value))
            return None
        return self._value(field, value, place, problems)

    def _repeated(self, field: Field, value: Any, place: str, problems: list[Problem]) -> list[Any]:
        if value is None:
            problems.append(self._null(place))
            return []
        if not isinstance(value, list):
            problems.append(self._problem(place, "Repeated field must be imported as a JSON array.", value))
            return []
        read = []
        for index, one in enumerate(value):
            if one is None:
                problems.append(self._null(place))
            else:
                read.append(self._value(field, one, f"{place}[{index}]", problems))
        return read

    def _value(self, field: Field, value: Any, place: str, problems: list[Problem]) -> Any:
        if ALIASES.get(field["type"], field["type"]) == "RECORD":
            if isinstance(value, dict):
                return self._record(field["fields"], value, place + ".", problems)
            problems.append(self._problem(place, "Cannot convert value to record.", value))
            return None
        try:
            return parse_value(field, value, json_as_text=self.inserted)
        except NotAValue as error:
            problems.append(self._problem(place, str(error).replace("{name}", field["name"]), value))
            return None

    def _unknown(self, place: str) -> Problem:
        return Problem(place, f"no such field: {place}." if self.inserted else f"No such field: {place}.")

    def _missing(self, place: str) -> Problem:
        """An insert names no location for it."""
        if self.inserted:
            return Problem("", f"Missing required field: Msg_0_CLOUD_QUERY_TABLE.{place}.")
        return Problem(place, f"Missing required fields: {place}.")

    def _null(self, place: str) -> Problem:
        if self.inserted:
            return Problem(place, f"Field value of {place} cannot be empty.")
        return Problem(place, f"Only optional fields can be set to NULL. Field: {place}; Value: NULL")

    def _problem(self, place: str, message: str, value: Any) -> Problem:
        return Problem(place, message if self.inserted else f"{message} Field: {place}; Value: {str(value)[:100]}")
