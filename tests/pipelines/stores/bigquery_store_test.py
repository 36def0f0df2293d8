"""A warehouse is read back in the shapes in which a folder is."""

import datetime
import decimal
import io

import pyarrow as pa
import pytest
from google.cloud import bigquery

from pipelines.places import Places
from pipelines.stores.store import open_store
from schemas.arrow import to_arrow
from schemas.bigquery import log_specs, spec_of
from schemas.dead_letter_table import DEAD_LETTER_SCHEMA
from schemas.execution import EXECUTION_SCHEMA
from schemas.json_lines import json_lines
from schemas.row import RowMaker
from schemas.row_batch import RowBatch
from schemas.table import Column, Table
from schemas.warehouse import Warehouse
from transforms.bigquery.connection import connect
from transforms.bigquery.row_json import load_texts
from transforms.bigquery.tables import ensure_tables

PRODUCTS = Table(
    "shop.products",
    (
        Column("sku", required=True),
        Column("price", "numeric"),
        Column("facts", "json"),
        Column("tags", repeated=True),
        Column("offer", "record", columns=(Column("seller"), Column("stock", "integer"))),
    ),
    ("sku",),
)
DAY = "2026-11-20T00:00:00Z"


@pytest.fixture
def warehouse(bigquery_emulator, bigquery_dataset):
    return Warehouse(bigquery_emulator.project, bigquery_dataset)


@pytest.fixture
def store(warehouse, tmp_path):
    return open_store(Places(str(tmp_path), warehouse))


@pytest.fixture
def tables(warehouse):
    """All tables, made; gives a function that puts records into one."""
    client = connect(warehouse.project)
    specs = {warehouse.place("shop.products"): spec_of(PRODUCTS)}
    specs |= {warehouse.place(name): spec for name, spec in log_specs().items()}
    ensure_tables(client, specs)

    def add(table, *records):
        config = bigquery.LoadJobConfig(schema=client.get_table(str(warehouse.place(table))).schema)
        client.load_table_from_json(list(records), str(warehouse.place(table)), job_config=config).result()

    return add


def row(sku, execution_id="e1", **fields):
    origin = {"source": "shop", "scraped_at": DAY, "execution_id": execution_id, "request_id": "r1"}
    return {"sku": sku, **origin, "row_key": f"key-{sku}", "row_id": f"id-{sku}", **fields}


def execution(execution_id, started, **fields):
    log = {"source": "shop", "started_at": f"2026-11-{started:02d}T00:00:00Z", "attempt": 1, "rows": 4}
    return {"execution_id": execution_id, **log, **fields}


def test_a_warehouse_that_nobody_has_written_to_is_empty_and_no_error(bigquery_emulator, bigquery_dataset, tmp_path):
    for warehouse in (
        Warehouse(bigquery_emulator.project, "no_such_dataset"),
        Warehouse(bigquery_emulator.project, bigquery_dataset),
    ):
        store = open_store(Places(str(tmp_path), warehouse))

        assert (store.executions().num_rows, list(store.letters()), store.replays().num_rows) == (0, [], 0)
        assert store.executions().schema == EXECUTION_SCHEMA
        assert (store.tables(), list(store.rows("shop.products"))) == ([], [])
        assert str(store) == f"bigquery:{bigquery_emulator.project}.{warehouse.dataset}"
        assert store.archive == f"{tmp_path}/archive"


def test_rows_are_found_by_the_source_s_name_of_their_table(store, tables):
    tables(
        "shop.products",
        row("a", price="12.5", facts={"b": [1, None], "a": "é"}, tags=["x", "y"], offer={"seller": "s", "stock": 3}),
        row("b", execution_id="e2"),
    )

    assert store.tables() == ["shop.products"]
    found = {one["sku"]: one for batch in store.rows("shop.products") for one in batch.to_pylist()}
    assert found["a"]["price"] == decimal.Decimal("12.5")
    assert found["a"]["facts"] == '{"a":"é","b":[1,null]}'
    assert found["a"]["tags"] == ["x", "y"]
    assert found["a"]["offer"] == {"seller": "s", "stock": 3}
    assert found["a"]["scraped_at"] == datetime.datetime(2026, 11, 20, tzinfo=datetime.UTC)
    assert found["b"]["price"] is None


def test_rows_come_back_as_from_a_file(strict_bigquery, tmp_path):
    facts = (Column("no", "integer"), Column("said", "json"), Column("when", "timestamp"))
    columns = (
        *(Column("sku"), Column("digest", "bytes"), Column("local", "datetime"), Column("hour", "time")),
        *(Column("notes", "json", repeated=True), Column("fact", "record", columns=facts)),
        Column("facts", "record", repeated=True, columns=facts),
    )
    table, spec = Table("shop.products", columns), spec_of(Table("shop.products", columns))
    fact = {"no": 2**60, "said": {"b": 1, "a": [None, "é"]}, "when": "2026-11-20T10:00:00.25Z"}
    full = {"sku": "a", "digest": b"\x00\xff", "local": "2026-11-20T10:00:00.000001", "hour": "23:59:58"}
    items = [{**full, "notes": [{"b": 1, "a": 2}, "x"], "fact": fact, "facts": [fact, {"no": 1}]}, {"sku": "b"}]
    made = RowMaker(table).accept(items, {})
    batch = RowBatch("shop.products", "e1", "shop", "https://shop.example/", 1.7e9, "r1")
    batch.rows, batch.row_keys, batch.row_ids = made.rows, made.row_keys, made.row_ids
    written = to_arrow(table, [batch])
    warehouse = Warehouse(strict_bigquery.project, "web")
    ensure_tables(connect(warehouse.project), {warehouse.place(table.name): spec})
    connect(warehouse.project).load_table_from_file(
        io.BytesIO(json_lines(written, load_texts(spec.fields))),
        str(warehouse.place(table.name)),
        job_config=bigquery.LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON"),
    ).result()

    [read] = open_store(Places(str(tmp_path), warehouse)).rows("shop.products")

    no_lists = {"notes": [], "facts": []}
    assert read.schema.names == written.schema.names
    assert read.to_pylist() == [written.to_pylist()[0], {**written.to_pylist()[1], **no_lists}]


def test_only_the_columns_and_executions_asked_for_come(store, tables):
    tables("shop.products", row("a"), row("b", "e2"), row("c", "e3' OR 'a' = 'a"))

    chosen = store.rows("shop.products", ["sku", "no_such_column", "execution_id"], {"e2", "e3' OR 'a' = 'a", "e4"})

    table = pa.Table.from_batches(chosen)
    assert table.column_names == ["sku", "execution_id"]
    assert sorted(table["sku"].to_pylist()) == ["b", "c"]
    assert list(store.rows("shop.products", executions=[])) == []
    assert list(store.rows("shop.products", ["no_such_column"])) == []
    assert list(store.rows("shop.products` WHERE TRUE --")) == []


def test_tables_are_known_by_their_labels_in_all_datasets_of_a_project(strict_bigquery, tmp_path):
    client, project = connect(strict_bigquery.project), Warehouse(strict_bigquery.project)
    for warehouse in (project, Warehouse(project.project, "dev")):
        specs = {warehouse.place(name): spec_of(Table(name, (Column("sku"),))) for name in ("shop.a_b", "web.c")}
        ensure_tables(client, specs | {warehouse.place(name): spec for name, spec in log_specs().items()})
    client.create_table(bigquery.Table("proj-x.shop.of_somebody_else", [bigquery.SchemaField("sku", "STRING")]))

    assert open_store(Places(str(tmp_path), Warehouse("proj-x", "dev"))).tables() == ["shop.a_b", "web.c"]
    assert open_store(Places(str(tmp_path), Warehouse("proj-x", "shop"))).tables() == ["shop.a_b"]
    everything = open_store(Places(str(tmp_path), project)).tables()
    assert everything == ["dev.shop_a_b", "dev.web_c", "shop.a_b", "web.c"]


def test_more_rows_than_a_page_come_in_pages(store, tables, monkeypatch):
    monkeypatch.setattr("pipelines.stores.bigquery_reading.ROWS_AT_ONCE", 40)
    tables("shop.products", *(row(f"sku-{number}") for number in range(100)))

    batches = list(store.rows("shop.products", ["sku"]))

    assert [batch.num_rows for batch in batches] == [40, 40, 20]
    assert len({one["sku"] for batch in batches for one in batch.to_pylist()}) == 100


def test_executions_come_oldest_first_and_a_resumed_one_once(store, tables):
    tables(
        "executions",
        execution("e3", 3, attempt=1, rows=1),
        execution("e1", 1, reasons=["one", "two"]),
        execution("e2", 2, source="other"),
        execution("e3", 3, attempt=2, rows=7),
    )

    everything = store.executions()
    assert everything.schema == EXECUTION_SCHEMA
    assert everything["execution_id"].to_pylist() == ["e1", "e2", "e3"]
    assert everything["rows"].to_pylist() == [4, 4, 7]
    assert everything["reasons"].to_pylist()[0] == ["one", "two"]
    assert everything["drift"].to_pylist() == [None] * 3
    of_shop = store.executions(["execution_id", "rows"], sources=["shop"])
    assert of_shop["execution_id"].to_pylist() == ["e1", "e3"]
    assert of_shop.column_names == ["execution_id", "source", "started_at", "rows"]
    assert store.executions(sources=["other"], newest=1).num_rows == 0
    assert store.executions(sources=["other"], newest=2)["execution_id"].to_pylist() == ["e2"]


def test_letters_have_one_schema_although_the_table_is_of_an_older_version(store, tables, warehouse):
    client = connect(warehouse.project)
    place = warehouse.place("dead_letters")
    client.delete_table(str(place))
    older = {**log_specs()["dead_letters"].resource(place)}
    older["schema"] = {"fields": [one for one in older["schema"]["fields"] if one["name"] != "screenshot"]}
    client.create_table(bigquery.Table.from_api_repr(older))
    letter = {"letter_id": "l1", "execution_id": "e1", "reason": "timeout", "failed_at": DAY, "status": 503}
    tables("dead_letters", letter, letter, {**letter, "execution_id": "e2"})

    letters = pa.Table.from_batches(store.letters(), DEAD_LETTER_SCHEMA)
    assert sorted(letters["execution_id"].to_pylist()) == ["e1", "e2"]
    assert letters["screenshot"].to_pylist() == [None, None]
    only = pa.Table.from_batches(store.letters(["screenshot", "status"]))
    assert only.to_pylist() == [{"screenshot": None, "status": 503}] * 2


def test_what_became_of_replayed_letters_is_written_once(store, warehouse):
    """The tables are not there yet."""

    def replay(letter_id, **fields):
        told = {"request_id": "r", "source": "shop", "outcome": "recovered", "new_letter_id": "", "reason": ""}
        return {"letter_id": letter_id, "execution_id": "e9", "replayed_at": 1_700_000_000_500_000, **told, **fields}

    store.add_replays("e9", [])
    store.add_replays("e9", [replay("l1")])
    store.add_replays("e9", [replay("l1"), replay("l2", outcome="failed_again", reason="timeout")])
    store.add_replays("e9", [replay("l2", outcome="recovered"), replay("l1")])

    assert [(one["letter_id"], one["outcome"]) for one in store.replays().sort_by("letter_id").to_pylist()] == [
        ("l1", "recovered"),
        ("l2", "failed_again"),
    ]
    when = datetime.datetime(2023, 11, 14, 22, 13, 20, 500_000, datetime.UTC)
    assert store.replays()["replayed_at"].to_pylist() == [when, when]
    count = f"SELECT COUNT(*) FROM `{warehouse.place('replays')}`"
    assert [tuple(one) for one in connect(warehouse.project).query(count).result()] == [(2,)]
