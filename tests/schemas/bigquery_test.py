"""A source's table becomes one that BigQuery can have, or the reason why it cannot is said."""

import dataclasses

import pytest

from schemas.bigquery import TableRefused, log_specs, spec_of
from schemas.dead_letter_table import DEAD_LETTER_SCHEMA
from schemas.execution import EXECUTION_SCHEMA
from schemas.table import Column, Table
from schemas.warehouse import LOG_TABLES, TableId

EVERY_TYPE = (
    Column("id", required=True, description="what it is"),
    Column("count", "integer"),
    Column("share", "float"),
    Column("price", "numeric", repeated=True, required=True),
    Column("there", "boolean"),
    Column("day", "date"),
    Column("hour", "time"),
    Column("local", "datetime"),
    Column("when", "timestamp"),
    Column("raw", "bytes"),
    Column("facts", "json"),
    Column("e_mail", "integer", personal="hash"),
    Column("phone", personal="drop"),
    Column("parts", "record", repeated=True, columns=(Column("no", "integer", True), Column("who", personal="drop"))),
)


def fields_of(*columns, key=(), **options):
    return {field["name"]: field for field in spec_of(Table("shop.products", columns, key), **options).fields}


def test_each_type_has_its_counterpart():
    fields = fields_of(*EVERY_TYPE)

    types = [(name, field["type"]) for name, field in fields.items()]
    assert types[: types.index(("source", "STRING"))] == [
        ("id", "STRING"),
        ("count", "INTEGER"),
        ("share", "FLOAT"),
        ("price", "NUMERIC"),
        ("there", "BOOLEAN"),
        ("day", "DATE"),
        ("hour", "TIME"),
        ("local", "DATETIME"),
        ("when", "TIMESTAMP"),
        ("raw", "BYTES"),
        ("facts", "JSON"),
        ("e_mail", "STRING"),
        ("parts", "RECORD"),
    ]
    assert fields["id"] == {"name": "id", "type": "STRING", "mode": "REQUIRED", "description": "what it is"}
    assert fields["price"]["mode"] == "REPEATED"
    inner = [{"name": "no", "type": "INTEGER", "mode": "REQUIRED"}]
    assert fields["parts"] == {"name": "parts", "type": "RECORD", "mode": "REPEATED", "fields": inner}


def test_each_row_says_where_it_comes_from():
    fields = fields_of(Column("url"), Column("ROW_KEY"))

    required = {name for name, field in fields.items() if field["mode"] == "REQUIRED"}
    assert required == {"source", "scraped_at", "execution_id", "request_id", "scrape_row_key", "row_id"}
    assert fields["scrape_url"]["description"] == "page that the row was read from, after redirects"
    assert (fields["scraped_at"]["type"], fields["archive_offset"]["type"]) == ("TIMESTAMP", "INTEGER")


def test_fields_that_the_table_does_not_know_have_a_column_where_the_source_keeps_them():
    assert "_unknown" not in fields_of(Column("id"))
    assert fields_of(Column("id"), keep_unknown=True)["_unknown"]["type"] == "JSON"


def test_a_table_is_partitioned_by_the_day_of_the_page_and_clustered_by_its_key():
    table = Table("shop.products", EVERY_TYPE, ("raw", "id", "e_mail", "day", "count", "when"))

    spec = spec_of(table, rows_days=30)

    assert spec.clustering == ("id", "e_mail", "day", "count")
    resource = spec.resource(TableId("p", "d", "t"))
    assert resource["timePartitioning"] == {"type": "DAY", "field": "scraped_at", "expirationMs": "2592000000"}
    assert resource["clustering"] == {"fields": ["id", "e_mail", "day", "count"]}
    assert (resource["friendlyName"], resource["labels"]) == ("shop.products", {"scrapeline": "rows"})
    without_key = spec_of(dataclasses.replace(table, key=()))
    assert without_key.clustering == ("row_key",)
    assert "expirationMs" not in without_key.resource(TableId("p", "d", "t"))["timePartitioning"]


def test_a_column_of_the_name_scraped_at_is_no_partition():
    spec = spec_of(Table("shop.products", (Column("scraped_at", "date"), Column("row_key"))))

    assert (spec.partition, spec.clustering) == ("scrape_scraped_at", ("scrape_row_key",))


def test_descriptions_that_are_too_long_are_cut():
    table = Table("shop.products", (Column("id", description="x" * 2000),), description="y" * 20_000)

    spec = spec_of(table)

    assert (len(spec.fields[0]["description"]), len(spec.description)) == (1024, 16_384)


def test_names_that_bigquery_does_not_take_are_refused_all_at_once():
    inner = Column("parts", "record", columns=(Column("_FILE_name"), Column("no"), Column("NO")))
    wrong = (Column("_partitionTIME"), Column("größe"), Column("2nd"), Column("x" * 301), Column("a"), Column("A"))

    with pytest.raises(TableRefused) as refused:
        spec_of(Table("shop.products", (*wrong, inner, Column("void", "record", columns=()))))

    said = str(refused.value).splitlines()
    assert [line.partition(": ")[2].partition("`")[2].partition("`")[0] for line in said] == [
        "_partitionTIME",
        "größe",
        "2nd",
        "x" * 40 + "...",
        "A",
        "parts._FILE_name",
        "parts.NO",
        "void",
    ]
    assert said[0] == (
        "table shop.products: column `_partitionTIME`: names that begin with _PARTITION are BigQuery's own"
    )
    assert said[4] == "table shop.products: column `A`: BigQuery does not tell it from `a`"


def test_every_log_table_has_a_described_table_that_expires_but_for_decisions():
    specs = log_specs(dead_letters_days=7)

    assert tuple(specs) == LOG_TABLES
    for spec in specs.values():
        assert all(field["description"] for field in spec.fields)
        required = {field["name"] for field in spec.fields if field["mode"] == "REQUIRED"}
        assert spec.partition in required
        assert set(spec.clustering) <= {field["name"] for field in spec.fields}
    assert {name: spec.expiry_days for name, spec in specs.items()} == {
        "dead_letters": 7,
        "executions": 400,
        "replays": 400,
        "source_decisions": None,
    }
    assert [field["name"] for field in specs["dead_letters"].fields] == DEAD_LETTER_SCHEMA.names
    reasons = specs["executions"].fields[EXECUTION_SCHEMA.get_field_index("reasons")]
    assert (reasons["type"], reasons["mode"]) == ("STRING", "REPEATED")
