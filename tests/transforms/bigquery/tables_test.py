"""Tables are made once, compared, and grown; the view of the newest rows decides every tie."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.cloud import bigquery

from schemas.bigquery import log_specs, spec_of
from schemas.bigquery_ddl import create_dataset, create_latest, create_table
from schemas.bigquery_latest import latest_view
from schemas.table import Column, Table
from schemas.warehouse import Warehouse
from transforms.bigquery.connection import connect
from transforms.bigquery.tables import apply_changes, check_tables, differences, ensure_tables

SKU = Column("sku", required=True, description='the shop\'s "own"\nnumber \\ é')
OFFER = Column("offer", "record", columns=(Column("seller"), Column("stock", "integer")))
PRODUCTS = Table("shop.products", (SKU, Column("price", "numeric"), OFFER), ("sku",), 'What a "shop" sells.')


@pytest.fixture
def warehouse(bigquery_emulator, bigquery_dataset):
    return Warehouse(bigquery_emulator.project, bigquery_dataset)


@pytest.fixture
def client(warehouse):
    return connect(warehouse.project)


def wanted(warehouse, table=PRODUCTS, **options):
    specs = {warehouse.place(table.name): spec_of(table, **options)}
    return specs | {warehouse.place(name): spec for name, spec in log_specs().items()}


def resource(client, table):
    """What says how a table is made, without when and how large."""
    kept = ("schema", "description", "friendlyName", "labels", "timePartitioning", "clustering")
    return {key: value for key, value in client.get_table(str(table)).to_api_repr().items() if key in kept}


def test_what_is_missing_is_made_and_then_left_alone(client, warehouse):
    place = warehouse.place("shop.products")
    specs = wanted(warehouse, rows_days=30)
    assert set(differences(client, specs).values()) == {None}

    assert ensure_tables(client, specs) == {}

    made = resource(client, place)
    assert made == {key: value for key, value in specs[place].resource(place).items() if key in made}
    assert made["timePartitioning"] == {"type": "DAY", "field": "scraped_at", "expirationMs": str(30 * 86_400_000)}
    assert made["clustering"] == {"fields": ["sku"]}
    assert (ensure_tables(client, specs), check_tables(client, specs)) == ({}, [])
    assert set(map(tuple, differences(client, specs).values())) == {()}


def test_a_dataset_is_made_where_the_others_are(client, bigquery_emulator, bigquery_dataset):
    both = Warehouse(bigquery_emulator.project)
    client.create_dataset(bigquery.Dataset(f"{bigquery_emulator.project}.other_{bigquery_dataset}"))
    table = dataclasses.replace(PRODUCTS, name=f"shop_{bigquery_dataset}.products")
    place = both.place(table.name)
    try:
        ensure_tables(client, {place: spec_of(table)}, location="EU")
        assert client.get_dataset(f"{place.project}.{place.dataset}").location == "EU"

        beside = dataclasses.replace(place, dataset=f"{place.dataset}_too")
        ensure_tables(client, {place: spec_of(table), beside: spec_of(table)})
        assert client.get_dataset(f"{beside.project}.{beside.dataset}").location == "EU"
    finally:
        for name in ("other_", "shop_"):
            client.delete_dataset(name + bigquery_dataset, delete_contents=True, not_found_ok=True)
        client.delete_dataset(f"shop_{bigquery_dataset}_too", delete_contents=True, not_found_ok=True)


def test_workers_that_begin_together_make_each_table_once(client, warehouse):
    specs = wanted(warehouse)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: ensure_tables(client, specs), range(4)))

    assert found == [{}] * 4


def test_sql_makes_the_same_table_as_the_api(client, warehouse):
    """As far as the emulator keeps what SQL says: no descriptions of columns, names, labels, clustering, JSON, days."""
    specs = wanted(warehouse, rows_days=30)
    elsewhere = Warehouse(warehouse.project, f"{warehouse.dataset}_sql")
    by_sql = {elsewhere.place(spec.name): spec for spec in specs.values()}
    ensure_tables(client, specs)
    try:
        client.query(create_dataset(elsewhere.project, elsewhere.dataset, "EU")).result()
        for place, spec in by_sql.items():
            client.query(create_table(spec, place)).result()
        place = elsewhere.place("shop.products")
        client.query(create_latest(by_sql[place], place, elsewhere.place("executions"))).result()

        for one, other in zip(specs, by_sql, strict=True):
            made, same = resource(client, one), resource(client, other)
            assert _shape(made["schema"]) == _shape(same["schema"])
            assert made["description"] == same["description"]
            assert _expiry(made) == _expiry(same)
        assert list(client.query(f"SELECT * FROM `{latest_view(place)}`").result()) == []
    finally:
        client.delete_dataset(elsewhere.dataset, delete_contents=True, not_found_ok=True)


def _expiry(table):
    return table.get("timePartitioning", {}).get("expirationMs")


def _shape(schema):
    return [(one["name"], one["type"], one["mode"], _shape(one) if "fields" in one else []) for one in schema["fields"]]


def test_a_table_grows_and_keeps_what_it_has(client, warehouse):
    """The emulator remembers new columns and takes no values for them."""
    place = warehouse.place("shop.products")
    ensure_tables(client, wanted(warehouse))
    add(client, place, row("a", price="1.5", offer={"seller": "s", "stock": 2}))
    columns = (
        Column("sku"),
        Column("price", "numeric", description="with tax"),
        dataclasses.replace(OFFER, columns=(*OFFER.columns, Column("currency", required=True))),
        Column("colours", repeated=True),
    )
    grown = wanted(warehouse, dataclasses.replace(PRODUCTS, columns=columns), rows_days=30)

    said = check_tables(client, grown)

    assert [text.partition(" ")[2] for text in said] == [
        "requires the column `sku`: it becomes NULLABLE",
        "lacks the column `offer.currency` (STRING): it is added, NULLABLE although the source requires it, "
        "since rows that are there have none",
        "lacks the column `colours` (STRING REPEATED): it is added",
    ]
    apply_changes(client, grown)
    assert check_tables(client, grown) == []
    assert [change.kind for change in differences(client, grown)[place]] == ["remark"]
    schema = {field.name: field for field in client.get_table(str(place)).schema}
    assert schema["sku"].mode == "NULLABLE"
    assert schema["price"].description == "with tax"
    assert client.get_table(str(place)).time_partitioning.expiration_ms == 30 * 86_400_000
    assert [field.name for field in schema["offer"].fields] == ["seller", "stock", "currency"]
    [kept] = client.query(f"SELECT sku, price, offer.stock FROM `{place}`").result()
    assert (kept["sku"], float(kept["price"]), kept["stock"]) == ("a", 1.5, 2)


def test_what_breaks_is_said_and_not_done(client, warehouse):
    place = warehouse.place("shop.products")
    ensure_tables(client, wanted(warehouse))
    columns = (Column("sku", "integer"), Column("price"), OFFER, Column("new"))
    other = wanted(warehouse, dataclasses.replace(PRODUCTS, columns=columns))

    apply_changes(client, other)

    said = check_tables(client, other)
    assert len(said) == 2
    assert "has the column `sku` as STRING, and the source as INTEGER" in said[0]
    assert f"SAFE_CAST(`price` AS STRING) AS `price`) FROM `{place}`" in said[1]
    fields = {field.name: field.field_type for field in client.get_table(str(place)).schema}
    assert (fields["sku"], fields["price"], fields["new"]) == ("STRING", "NUMERIC", "STRING")


def add(client, place, *records):
    config = bigquery.LoadJobConfig(schema=client.get_table(str(place)).schema)
    client.load_table_from_json(list(records), str(place), job_config=config).result()


def row(sku, *, scraped=20, execution_id="e1", row_id="i1", **fields):
    origin = {"source": "shop", "scraped_at": f"2026-11-{scraped}T00:00:00Z", "request_id": "r1"}
    return {"sku": sku, "execution_id": execution_id, "row_key": f"key-{sku}", "row_id": row_id, **origin, **fields}


def ended(execution_id, hour, attempt=1):
    times = {"started_at": "2026-11-20T00:00:00Z", "ended_at": f"2026-11-20T{hour:02d}:00:00Z"}
    return {"execution_id": execution_id, "source": "shop", "attempt": attempt, **times}


def test_the_newest_row_of_each_key_is_the_latest(client, warehouse):
    place = warehouse.place("shop.products")
    ensure_tables(client, wanted(warehouse))
    add(client, warehouse.place("executions"), ended("e1", 9), ended("e2", 8), ended("e1", 2, attempt=0))
    add(
        client,
        place,
        row("newer page", scraped=20, price=1, execution_id="e1"),
        row("newer page", scraped=21, price=2, execution_id="e2"),
        row("parsed again", price=1, execution_id="e2"),
        row("parsed again", price=2, execution_id="e1"),
        row("not ended", price=1, execution_id="running", row_id="i9"),
        row("not ended", price=2, execution_id="e2"),
        row("only running", price=2, execution_id="running"),
        row("same execution", price=1, row_id="i1"),
        row("same execution", price=2, row_id="i2"),
        row("written twice", price=2),
        row("written twice", price=2),
    )

    latest = list(client.query(f"SELECT * FROM `{latest_view(place)}`").result())

    skus = ["newer page", "not ended", "only running", "parsed again", "same execution", "written twice"]
    assert sorted(one["sku"] for one in latest) == skus
    assert {int(one["price"]) for one in latest} == {2}
    assert set(latest[0].keys()) == {field["name"] for field in spec_of(PRODUCTS).fields}


def test_the_latest_of_a_table_with_columns_of_those_names(client, warehouse):
    table = Table("shop.products", (SKU, Column("row_key"), Column("scraped_at"), Column("execution_id")), ("sku",))
    place = warehouse.place(table.name)
    ensure_tables(client, wanted(warehouse, table))
    names = ("scraped_at", "execution_id", "row_key")
    for scraped, key in ((20, "old"), (21, "new")):
        given = row("a", scraped=scraped)
        given |= {f"scrape_{name}": given[name] for name in names} | {"row_key": key, "scraped_at": "x"}
        add(client, place, given)

    [latest] = client.query(f"SELECT row_key FROM `{latest_view(place)}`").result()

    assert latest["row_key"] == "new"
