"""Changes of tables under BigQuery's own rules, and workers that make them together."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.cloud import bigquery

from schemas.bigquery import log_specs, spec_of
from schemas.bigquery_latest import latest_view
from schemas.bigquery_source_views import source_views
from schemas.table import Column, Table
from schemas.warehouse import Warehouse
from transforms.bigquery.connection import connect
from transforms.bigquery.refusals import WarehouseRefused
from transforms.bigquery.tables import apply_changes, check_tables, differences, ensure_tables

WAREHOUSE = Warehouse("proj-x", "web")
PLACE = WAREHOUSE.place("shop.products")
OFFER = Column("offer", "record", columns=(Column("seller", required=True),))
PRODUCTS = Table("shop.products", (Column("sku", required=True), OFFER), ("sku",))


def wanted(*columns, **options):
    table = dataclasses.replace(PRODUCTS, columns=columns) if columns else PRODUCTS
    specs = {PLACE: spec_of(table, **options)}
    return specs | {WAREHOUSE.place(name): spec for name, spec in log_specs().items()}


@pytest.fixture
def client(strict_bigquery):
    return connect(strict_bigquery.project)


def row(sku, **fields):
    origin = {"source": "shop", "scraped_at": "2026-11-20T00:00:00Z", "execution_id": "e1", "request_id": "r1"}
    return {"sku": sku, **origin, "row_key": "k", "row_id": "i", **fields}


def test_rows_with_new_columns_are_taken_after_the_change(client, strict_bigquery):
    ensure_tables(client, wanted())
    client.insert_rows_json(str(PLACE), [row("a", offer={"seller": "s"})])
    offer = dataclasses.replace(OFFER, columns=(Column("seller"), Column("price", "numeric", required=True)))
    grown = wanted(Column("sku"), offer, Column("facts", "json", description="what else there is"))
    new = row(None, offer={"price": "1.5"}, facts='{"a": 1}')
    assert client.insert_rows_json(str(PLACE), [new]) != []

    assert len(check_tables(client, grown)) == 4
    apply_changes(client, grown)

    assert check_tables(client, grown) == []
    assert client.insert_rows_json(str(PLACE), [new]) == []
    assert [one["sku"] for one in strict_bigquery.rows("web.shop_products")] == ["a", None]
    fields = strict_bigquery.resource("web.shop_products")["schema"]["fields"]
    assert fields[-1] == {"name": "facts", "type": "JSON", "mode": "NULLABLE", "description": "what else there is"}


def test_columns_that_several_ask_for_at_once_are_all_added(client):
    ensure_tables(client, wanted())
    asked = [wanted(*PRODUCTS.columns, Column(f"new_{number}")) for number in range(6)]

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda specs: apply_changes(client, specs), asked))

    names = {field.name for field in client.get_table(str(PLACE)).schema}
    assert {f"new_{number}" for number in range(6)} <= names


def test_a_table_of_somebody_else_gets_what_can_be_given(client, strict_bigquery):
    """It is not partitioned, has a required column of its own, and is written to all the same."""
    ensure_tables(client, {WAREHOUSE.place(name): spec for name, spec in log_specs().items()})
    theirs = bigquery.Table(
        str(PLACE),
        [bigquery.SchemaField("SKU", "STRING"), bigquery.SchemaField("theirs", "INTEGER", mode="REQUIRED")],
    )
    theirs.description, theirs.labels = "a table", {"team": "web"}
    client.create_table(theirs)

    apply_changes(client, wanted())

    [left] = [change for change in differences(client, wanted())[PLACE] if change.kind != "remark"]
    assert left.kind == "breaking"
    assert left.text == "is not partitioned; wanted are days of `scraped_at`"
    assert f"CREATE TABLE `{PLACE}_by_day` PARTITION BY DATE(`scraped_at`) CLUSTER BY `sku` AS SELECT" in left.remedy
    assert check_tables(client, wanted()) == []
    there = strict_bigquery.resource("web.shop_products")
    assert there["labels"] == {"team": "web", "scrapeline": "rows"}
    assert [(one["name"], one["mode"]) for one in there["schema"]["fields"]][:2] == [
        ("SKU", "NULLABLE"),
        ("theirs", "NULLABLE"),
    ]
    assert client.insert_rows_json(str(PLACE), [row("a")]) == []


def test_views_of_sources_wait_until_the_log_of_an_older_version_has_what_they_read(client):
    log = WAREHOUSE.place("executions")
    older = log_specs()["executions"].resource(log)
    fields = [field for field in older["schema"]["fields"] if field["name"] != "limited_to"]
    client.create_dataset(log.dataset)
    client.create_table(bigquery.Table.from_api_repr({**older, "schema": {"fields": fields}}))
    views = source_views(log, WAREHOUSE.place("source_decisions"))

    assert any("limited_to" in sentence for sentence in check_tables(client, wanted()))
    assert all(differences(client, wanted())[view] is None for view in views)
    apply_changes(client, wanted())

    assert all(differences(client, wanted())[view] == [] for view in views)


def test_a_view_of_an_older_version_is_renewed(client, strict_bigquery):
    ensure_tables(client, wanted())
    view = latest_view(PLACE)
    older = client.get_table(str(view))
    older.view_query = f"SELECT * FROM `{PLACE}`"
    client.update_table(older, ["view_query"])

    [change] = differences(client, wanted())[view]
    assert (change.kind, change.text) == ("setting", "has another query: it becomes that of today")
    assert check_tables(client, wanted()) == []
    apply_changes(client, wanted())

    assert differences(client, wanted())[view] == []
    assert "QUALIFY" in strict_bigquery.resource("web.shop_products_latest")["view"]["query"]


def test_a_view_in_the_place_of_a_table_and_the_other_way_round(client):
    client.create_dataset("web")
    view = bigquery.Table(str(PLACE))
    view.view_query = "SELECT 1 AS one"
    client.create_table(view)
    client.create_table(bigquery.Table(str(latest_view(PLACE)), [bigquery.SchemaField("sku", "STRING")]))

    found = differences(client, wanted())

    assert found[PLACE][0].text == "is a view, not a table"
    assert found[latest_view(PLACE)][0].kind == "breaking"
    assert [text.partition(" ")[2] for text in check_tables(client, wanted())] == [
        "is a view, not a table; give the source's table another name"
    ]


def test_who_is_not_let_in_is_told_which_roles_are_needed(client, strict_bigquery):
    strict_bigquery.fail_next(
        "tables.insert", status=403, reason="accessDenied", message="Permission bigquery.tables.create denied"
    )

    with pytest.raises(WarehouseRefused, match=r"tables\.create denied.*roles/bigquery\.dataEditor"):
        ensure_tables(client, wanted())


def test_an_answer_that_says_not_now_is_asked_for_again(client, strict_bigquery):
    strict_bigquery.fail_next("datasets.insert", status=503)

    assert ensure_tables(client, wanted()) == {}
    assert strict_bigquery.faults_left == 0
