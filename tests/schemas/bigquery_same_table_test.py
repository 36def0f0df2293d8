"""SQL and API say the same of a table, to the last description: the SQL is read back into what the API is given."""

import json
import re

import pytest

from schemas.bigquery import log_specs, spec_of
from schemas.bigquery_ddl import create_table
from schemas.table import Column, Table
from schemas.warehouse import TableId
from scrapers.source_files.load import load_sources

PLACE = TableId("proj-x", "web", "products")
TYPES = ("string", "integer", "float", "numeric", "boolean", "date", "time", "datetime", "timestamp", "bytes", "json")
WORDS = 'a "quoted" text,\n\\n `with` (all) <signs>; é 😀 \x7f'
PLAIN = tuple(Column(kind, kind, required=kind < "j", repeated=kind > "s", description=WORDS) for kind in TYPES)
NESTED = (*PLAIN, Column("inner", "record", repeated=True, columns=PLAIN))
RECORDS = (
    Column("one", "record", required=True, columns=NESTED),
    Column("many", "record", repeated=True, columns=NESTED),
)
EVERYTHING = Table("shop.products", (*PLAIN, *RECORDS), ("string", "integer", "date"), WORDS)
NAMES = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN", "STRUCT": "RECORD"}


class Reader:
    """Reads CREATE TABLE as https://cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language."""

    def __init__(self, text):
        self.tokens = re.findall(r'`[^`]*`|"(?:\\.|[^"\\])*"|\w+|[^\s\w]', text)

    def took(self, *wanted):
        """Whether these come next; then they are behind us."""
        if tuple(self.tokens[: len(wanted)]) != wanted:
            return False
        del self.tokens[: len(wanted)]
        return True

    def expect(self, words):
        assert self.took(*words.split()), f"{words!r} expected before {' '.join(self.tokens[:10])}"

    def value(self):
        token = self.tokens.pop(0)
        return token.strip("`") if token.startswith("`") else json.loads(token)

    def several(self, one, end):
        found = [one()]
        while self.took(","):
            found.append(one())
        self.expect(end)
        return found

    def table(self):
        self.expect("CREATE TABLE IF NOT EXISTS")
        project, dataset, table = self.value().split(".")
        self.expect("(")
        fields = self.several(self.column, ")")
        self.expect("PARTITION BY DATE (")
        partition = {"type": "DAY", "field": self.value()}
        self.expect(") CLUSTER BY")
        clustering = self.several(self.value, "OPTIONS (")
        options = dict(self.several(self.option, ") ;"))
        assert self.tokens == []
        if days := options.pop("partition_expiration_days", None):
            partition["expirationMs"] = str(days * 86_400_000)
        return {
            "tableReference": {"projectId": project, "datasetId": dataset, "tableId": table},
            "friendlyName": options.pop("friendly_name"),
            "description": options.pop("description"),
            "labels": options.pop("labels"),
            "schema": {"fields": fields},
            "timePartitioning": partition,
            "clustering": {"fields": clustering},
            **options,
        }

    def column(self):
        field = {"name": self.value(), "mode": "NULLABLE"}
        if is_list := self.took("ARRAY", "<"):
            field["mode"] = "REPEATED"
        kind = self.tokens.pop(0)
        field["type"] = NAMES.get(kind, kind)
        if self.took("<"):
            field["fields"] = self.several(self.column, ">")
        if is_list:
            self.expect(">")
        elif self.took("NOT", "NULL"):
            field["mode"] = "REQUIRED"
        if self.took("OPTIONS", "("):
            field |= dict(self.several(self.option, ")"))
        return field

    def option(self):
        name = self.tokens.pop(0)
        self.expect("=")
        if not self.took("["):
            return name, self.value()
        return name, dict(self.several(self.label, "]"))

    def label(self):
        self.expect("(")
        return self.several(self.value, ")")


def assert_same(spec):
    assert Reader(create_table(spec, PLACE)).table() == spec.resource(PLACE)


def test_every_type_mode_and_character():
    assert_same(spec_of(EVERYTHING, keep_unknown=True, rows_days=30))
    assert_same(spec_of(EVERYTHING))


def test_the_logs():
    for spec in log_specs().values():
        assert_same(spec)


@pytest.mark.parametrize("folder", ["demo/sources", "examples"])
def test_every_source_that_ships(project, folder):
    tables = [table for loaded in load_sources(project / folder).values() for table in loaded.tables.values()]
    assert len(tables) > 10
    for table in tables:
        assert_same(spec_of(table))
