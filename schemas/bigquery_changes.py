"""What a source's table asks of the table that is there: what can be added, what refuses, and the way to do it."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

from schemas.bigquery import Field, TableSpec
from schemas.bigquery_remedies import other_partition, other_type
from schemas.warehouse import TableId

__all__ = ["Change", "Kind", "applicable", "changes_of", "grown_fields"]

Kind = Literal["additive", "relaxing", "setting", "breaking", "remark"]
_APPLICABLE = ("additive", "relaxing", "setting")
_OTHER_NAMES = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN", "STRUCT": "RECORD", "DECIMAL": "NUMERIC"}
_MS_A_DAY = 86_400_000


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """One difference between what a source wants and what a table has.

    Attributes:
      kind: `additive` (a new column), `relaxing` (REQUIRED becomes NULLABLE) and `setting` (descriptions, expiry,
        labels) can be applied; `breaking` cannot; a `remark` asks for nothing.
      column: its path, `offers.price`; empty for the table itself.
      text: a sentence that goes on after the table's name.
      remedy: the way to do what cannot be applied; empty where there is nothing to do.
      blocks: rows would be refused, or lose something, as long as it stands.
    """

    kind: Kind
    column: str
    text: str
    remedy: str = ""
    blocks: bool = False

    def told(self, table: TableId) -> str:
        """As a whole sentence, with the remedy."""
        return f"{table} {self.text}{'; ' * bool(self.remedy)}{self.remedy}"


def applicable(changes: Iterable[Change]) -> bool:
    """Whether one of them can be applied."""
    return any(change.kind in _APPLICABLE for change in changes)


def changes_of(spec: TableSpec, table: TableId, there: Mapping[str, Any]) -> list[Change]:
    """Every difference.

    Args:
      there: the table as BigQuery's API gives it (`tables.get`).
    """
    if there.get("type", "TABLE") != "TABLE":
        text = f"is a {str(there['type']).lower()}, not a table"
        return [Change("breaking", "", text, "give the source's table another name", blocks=True)]
    grown = _Growth(spec, table)
    grown.table(there)
    return [*grown.changes, *_partitioning(spec, table, there), *_settings(spec, there)]


def grown_fields(spec: TableSpec, table: TableId, there: Mapping[str, Any]) -> list[Field]:
    """The columns of the table that is there, with all that can be applied; those that the source lacks stay."""
    return _Growth(spec, table).table(there)


class _Growth:
    """Walks through wanted and present columns together: what they become, and the differences on the way."""

    def __init__(self, spec: TableSpec, table: TableId) -> None:
        self.changes: list[Change] = []
        self._spec = spec
        self._table = table

    def table(self, there: Mapping[str, Any]) -> list[Field]:
        """All columns as they will be."""
        fields = there.get("schema", {}).get("fields", ())
        misplaced = self._misplaced({field["name"].lower() for field in fields})
        return self.fields([field for field in self._spec.fields if field["name"] not in misplaced], fields)

    def _misplaced(self, present: Collection[str]) -> set[str]:
        """Columns for where a row comes from that have other names in the table: they must not be added beside those.

        A source that gets a field `url` keeps where its rows come from in `scrape_url` from then on.
        """
        misplaced = set()
        for name, column in self._spec.provenance.items():
            other = f"scrape_{column}" if column == name else name
            if other in present and (column == name or column not in present):
                text = (
                    f"says in `{other}` where a row comes from, which the source's fields of today move to `{column}`"
                )
                remedy = (
                    f"let the source have {'a' if column == name else 'no'} field `{name}`, or write to a new table"
                )
                self._note("breaking", other, text, remedy, blocks=True)
                misplaced.add(column)
        return misplaced

    def fields(self, wanted: Iterable[Field], there: Sequence[Field], path: str = "") -> list[Field]:
        """The columns as they will be: those that are there in their order, then the new ones."""
        asked = {field["name"].lower(): field for field in wanted}
        present = {field["name"].lower() for field in there}
        kept = [
            self._both(asked[name], field, path)
            if (name := field["name"].lower()) in asked
            else self._only(field, path)
            for field in there
        ]
        return kept + [self._new(field, path) for name, field in asked.items() if name not in present]

    def _note(self, kind: Kind, column: str, text: str, remedy: str = "", *, blocks: bool = False) -> None:
        self.changes.append(Change(kind, column, text, remedy, blocks))

    def _new(self, field: Field, path: str) -> Field:
        column = path + field["name"]
        text = f"lacks the column `{column}` ({_kind(field)}): it is added"
        if field["mode"] == "REQUIRED":
            text += ", NULLABLE although the source requires it, since rows that are there have none"
        self._note("additive", column, text, blocks=True)
        return {**field, "mode": "NULLABLE"} if field["mode"] == "REQUIRED" else field

    def _only(self, field: Field, path: str) -> Field:
        column = path + field["name"]
        if field.get("mode") != "REQUIRED":
            self._note("remark", column, f"has a column `{column}` that the source lacks: it stays, new rows have none")
            return field
        text = f"requires the column `{column}`, which the source lacks: it becomes NULLABLE"
        self._note("relaxing", column, text, blocks=True)
        return {**field, "mode": "NULLABLE"}

    def _both(self, wanted: Field, there: Field, path: str) -> Field:
        column = path + wanted["name"]
        kept = dict(there)
        if _type(wanted) != _type(there) or _is_list(wanted) != _is_list(there):
            text = f"has the column `{column}` as {_kind(there)}, and the source as {_kind(wanted)}"
            self._note("breaking", column, text, other_type(self._spec, self._table, wanted, there, path), blocks=True)
            return kept
        mode = there.get("mode", "NULLABLE")
        if mode == "REQUIRED" and wanted["mode"] == "NULLABLE":
            self._note("relaxing", column, f"requires the column `{column}`: it becomes NULLABLE", blocks=True)
            kept["mode"] = "NULLABLE"
        elif mode == "NULLABLE" and wanted["mode"] == "REQUIRED":
            text = f"lets the column `{column}` be null; the source requires it and refuses items without"
            self._note("remark", column, text)
        said = wanted.get("description", "")
        if said and said != there.get("description", ""):
            self._note("setting", column, f"has another description of the column `{column}`: it becomes {said!r}")
            kept["description"] = said
        if _type(wanted) == "RECORD":
            kept["fields"] = self.fields(wanted["fields"], there.get("fields", ()), f"{column}.")
        return kept


def _type(field: Field) -> str:
    kind = str(field["type"]).upper()
    return _OTHER_NAMES.get(kind, kind)


def _is_list(field: Field) -> bool:
    return bool(field.get("mode", "NULLABLE") == "REPEATED")


def _kind(field: Field) -> str:
    return f"{_type(field)}{' REPEATED' if _is_list(field) else ''}"


def _partitioning(spec: TableSpec, table: TableId, there: Mapping[str, Any]) -> list[Change]:
    found = there.get("timePartitioning") or {}
    column = found.get("field", "the time of loading" if found else "")
    if column != spec.partition:
        text = (
            f"is {f'partitioned by {column}' if column else 'not partitioned'}; wanted are days of `{spec.partition}`"
        )
        return [Change("breaking", "", text, other_partition(spec, table))]
    changes = []
    if found["type"] != "DAY":
        text = f"is partitioned by the {found['type'].lower()} of `{column}`, not by the day: it stays as it is"
        changes.append(Change("remark", "", text))
    days = int(found.get("expirationMs") or 0) / _MS_A_DAY
    if spec.expiry_days is None and days:
        changes.append(Change("remark", "", f"deletes partitions after {days:g} days; no source says so: it stays"))
    elif spec.expiry_days is not None and days != spec.expiry_days:
        text = f"deletes partitions {f'after {days:g} days' if days else 'never'}: it becomes {spec.expiry_days} days"
        if not days or days > spec.expiry_days:
            text += ", and what is older is deleted at once"
        changes.append(Change("setting", "", text))
    return changes


def _settings(spec: TableSpec, there: Mapping[str, Any]) -> list[Change]:
    changes = []
    if spec.description != there.get("description", ""):
        changes.append(Change("setting", "", f"has another description: it becomes {spec.description!r}"))
    clustering = (there.get("clustering") or {}).get("fields", [])
    if not clustering and spec.clustering:
        changes.append(Change("setting", "", f"is not clustered: it will be, by {', '.join(spec.clustering)}"))
    elif clustering != list(spec.clustering):
        changes.append(Change("remark", "", f"is clustered by {', '.join(clustering)}: it stays so"))
    labels = there.get("labels") or {}
    if any(labels.get(name) != value for name, value in spec.labels.items()):
        changes.append(Change("setting", "", "is not labelled as a table of Scrapeline's: it will be"))
    if there.get("friendlyName", "") != spec.name:
        changes.append(
            Change("setting", "", f"does not say the source's name of it: its friendly name becomes {spec.name}")
        )
    return changes
