"""The fake BigQuery makes and changes the tables that BigQuery would."""

from collections.abc import Callable
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound, PreconditionFailed
from google.cloud import bigquery
from google.cloud.bigquery import SchemaField

from tests.bigquery_servers.strict_server import PROJECT, StrictBigQuery

Make = Callable[..., bigquery.Table]
TABLE = f"{PROJECT}.shop.products"
SIZE = SchemaField("size", "RECORD", fields=[SchemaField("cm", "INTEGER")])


def test_datasets_and_tables_are_listed_and_deleted(client: bigquery.Client, table: bigquery.Table) -> None:
    assert [found.dataset_id for found in client.list_datasets()] == ["shop"]
    assert [found.table_id for found in client.list_tables("shop")] == ["products"]
    assert client.get_dataset("shop").location == "US"
    with pytest.raises(Conflict, match="Already Exists: Dataset proj-x:shop"):
        client.create_dataset("shop")
    with pytest.raises(Conflict, match=r"Already Exists: Table proj-x:shop\.products"):
        client.create_table(table)
    with pytest.raises(BadRequest, match="is still in use"):
        client.delete_dataset("shop")
    client.delete_table(table)
    with pytest.raises(NotFound, match=r"Not found: Table proj-x:shop\.products"):
        client.get_table(table)
    client.delete_dataset("shop")
    with pytest.raises(NotFound, match="Not found: Dataset proj-x:shop"):
        client.get_dataset("shop")


def test_a_table_is_given_back_as_it_was_made(client: bigquery.Client, make_table: Make) -> None:
    made = make_table(
        SchemaField("at", "TIMESTAMP", "REQUIRED", description="when"),
        ("price", "FLOAT64", "NULLABLE"),
        SIZE,
        time_partitioning=bigquery.TimePartitioning(field="at", expiration_ms=86_400_000),
        clustering_fields=["at"],
        description="products",
        labels={"scrapeline": "rows"},
    )
    found = client.get_table(made)
    assert found.schema == [
        SchemaField("at", "TIMESTAMP", "REQUIRED", description="when"),
        SchemaField("price", "FLOAT", "NULLABLE"),
        SIZE,
    ]
    assert (found.time_partitioning.field, found.time_partitioning.expiration_ms) == ("at", 86_400_000)
    assert (found.description, found.labels, found.clustering_fields) == ("products", {"scrapeline": "rows"}, ["at"])
    assert (found.num_rows, found.table_type) == (0, "TABLE")


@pytest.mark.parametrize(
    ("fields", "settings", "words"),
    [
        ([SchemaField("1st", "STRING")], {}, "Invalid field name"),
        ([SchemaField("_PARTITIONTIME", "TIMESTAMP")], {}, "Invalid field name"),
        ([SchemaField("a b", "STRING")], {}, "Invalid field name"),
        ([SchemaField("a", "STRING"), SchemaField("A", "STRING")], {}, "Duplicate field name: a"),
        ([SchemaField("a", "TEXT")], {}, "TEXT is not a valid value"),
        ([SchemaField("a", "STRING", "OPTIONAL")], {}, "OPTIONAL is not a valid value"),
        ([SchemaField("a", "RECORD")], {}, "Field a is type RECORD but has no schema"),
        ([SchemaField("a", "STRING", description="d" * 1025)], {}, "description for field a is too long"),
        ([], {"time_partitioning": bigquery.TimePartitioning(field="at")}, "cannot be found in the schema: at"),
        (
            [SchemaField("at", "STRING")],
            {"time_partitioning": bigquery.TimePartitioning(field="at")},
            "The type found is: STRING",
        ),
        ([SchemaField("a", "STRING")], {"clustering_fields": ["b"]}, "cannot be found in the schema: b"),
        ([SchemaField("a", "FLOAT")], {"clustering_fields": ["a"]}, "a type that cannot be clustered by: a"),
        ([SchemaField("a", "STRING")], {"clustering_fields": ["a"] * 5}, "Found 5, maximum is 4"),
    ],
)
def test_a_table_that_bigquery_cannot_have_is_refused(
    make_table: Make, fields: list[SchemaField], settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadRequest, match=words):
        make_table(*fields, **settings)


BEFORE = [SchemaField("row_id", "STRING", "REQUIRED"), SchemaField("price", "NUMERIC"), SIZE]


@pytest.mark.parametrize(
    "after",
    [
        [*BEFORE, SchemaField("colour", "STRING"), SchemaField("tags", "STRING", "REPEATED")],
        [SchemaField("row_id", "STRING", "NULLABLE", description="which"), *BEFORE[1:]],
        [*BEFORE[:2], SchemaField("size", "RECORD", fields=[*SIZE.fields, SchemaField("inch", "FLOAT")])],
        [BEFORE[2], BEFORE[0], BEFORE[1]],
        [*BEFORE, SchemaField("maker", "RECORD", fields=[SchemaField("name", "STRING", "REQUIRED")])],
    ],
)
def test_columns_are_added_relaxed_and_described(
    client: bigquery.Client, make_table: Make, after: list[SchemaField]
) -> None:
    table = make_table(*BEFORE)
    table.schema = after
    assert client.update_table(table, ["schema"]).schema == after


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (BEFORE[:2], "Field size is missing in new schema"),
        (
            [*BEFORE, SchemaField("at", "DATE", "REQUIRED")],
            "Cannot add required fields to an existing schema. .field: at.",
        ),
        ([BEFORE[0], SchemaField("price", "FLOAT"), SIZE], "Field price has changed type from NUMERIC to FLOAT"),
        (
            [BEFORE[0], SchemaField("price", "NUMERIC", "REPEATED"), SIZE],
            "Field price has changed mode from NULLABLE to REPEATED",
        ),
        (
            [BEFORE[0], SchemaField("price", "NUMERIC", "REQUIRED"), SIZE],
            "Field price has changed mode from NULLABLE to REQUIRED",
        ),
        (
            [*BEFORE[:2], SchemaField("size", "RECORD", fields=[SchemaField("cm", "STRING")])],
            r"Field size\.cm has changed type from INTEGER to STRING",
        ),
    ],
)
def test_other_changes_of_columns_are_refused(
    client: bigquery.Client, make_table: Make, after: list[SchemaField], words: str
) -> None:
    table = make_table(*BEFORE)
    table.schema = after
    with pytest.raises(BadRequest, match=rf"Provided Schema does not match Table proj-x:shop\.products\. {words}"):
        client.update_table(table, ["schema"])
    assert client.get_table(table).schema == BEFORE


def test_rows_have_the_columns_that_came_later(
    client: bigquery.Client, table: bigquery.Table, strict_bigquery: StrictBigQuery
) -> None:
    client.insert_rows_json(table, [{"row_id": "a"}])
    table.schema = [*table.schema, SchemaField("colour", "STRING")]
    client.update_table(table, ["schema"])
    assert strict_bigquery.rows("shop.products") == [{"row_id": "a", "price": None, "tags": [], "colour": None}]


def test_a_table_that_changed_meanwhile_is_not_changed(client: bigquery.Client, table: bigquery.Table) -> None:
    other = client.get_table(table)
    table.description = "mine"
    client.update_table(table, ["description"])
    other.description = "theirs"
    with pytest.raises(PreconditionFailed):
        client.update_table(other, ["description"])
    assert client.get_table(table).description == "mine"


def test_labels_are_added_and_taken_away_by_name(client: bigquery.Client, make_table: Make) -> None:
    table = make_table(("row_id", "STRING", "NULLABLE"), labels={"scrapeline": "rows", "team": "a"})
    table.labels = {"team": None, "cost": "b"}
    assert client.update_table(table, ["labels"]).labels == {"scrapeline": "rows", "cost": "b"}


def test_partitioning_stays_as_it_was_made_except_its_expiry(client: bigquery.Client, make_table: Make) -> None:
    fields = ("at", "TIMESTAMP", "NULLABLE"), ("seen", "TIMESTAMP", "NULLABLE")
    table = make_table(*fields, time_partitioning=bigquery.TimePartitioning(field="at"))
    table.time_partitioning = bigquery.TimePartitioning(field="at", expiration_ms=1000)
    table = client.update_table(table, ["time_partitioning"])
    table.time_partitioning = bigquery.TimePartitioning(field="seen")
    with pytest.raises(BadRequest, match="Cannot convert non partitioned/clustered table"):
        client.update_table(table, ["time_partitioning"])


def test_inserted_rows_stand_in_the_streaming_buffer_first(
    client: bigquery.Client, table: bigquery.Table, strict_bigquery: StrictBigQuery
) -> None:
    client.insert_rows_json(table, [{"row_id": "a"}])
    found = client.get_table(table)
    assert (found.num_rows, found.streaming_buffer.estimated_rows) == (0, 1)
    strict_bigquery.flush_streaming_buffer()
    found = client.get_table(table)
    assert (found.num_rows, found.streaming_buffer) == (1, None)


def test_a_view_is_kept(client: bigquery.Client) -> None:
    view = bigquery.Table(f"{PROJECT}.shop.products_latest")
    view.view_query = "SELECT 1"
    client.create_table(view)
    assert client.get_table(view).view_query == "SELECT 1"
    assert client.get_table(view).table_type == "VIEW"
