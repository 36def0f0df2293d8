"""The tables of a folder of sources are one set; every source that ships gives tables that BigQuery takes."""

import re

import pytest

from pipelines.warehouse_schema import specs_for, statements
from schemas.bigquery import TableRefused
from schemas.warehouse import Warehouse
from scrapers.source_files.load import load_sources
from transforms.bigquery.connection import connect
from transforms.bigquery.tables import check_tables, ensure_tables

WEB = Warehouse("proj-x", "web")
SHOP = "source: shop\ntable: shop.products\nkey: sku\nfields: {sku: {css: b}, price: {css: i, type: numeric}}\n"


@pytest.fixture
def specs(tmp_path):
    """Gives the tables of source files, by name as `shop_yaml`."""

    def made(warehouse=WEB, **files):
        for name, text in files.items():
            (tmp_path / name.replace("_yaml", ".yaml")).write_text(text)
        return specs_for(load_sources(tmp_path), warehouse)

    return made


@pytest.mark.parametrize("folder", ["demo/sources", "examples"])
def test_every_source_that_ships_has_tables_that_bigquery_takes(project, folder, strict_bigquery):
    specs = specs_for(load_sources(project / folder), WEB)
    assert len(specs) > 10

    ensure_tables(connect(WEB.project), specs)
    assert check_tables(connect(WEB.project), specs) == []


@pytest.mark.parametrize("folder", ["demo/sources", "examples"])
def test_every_source_that_ships_has_tables_and_views_that_can_be_queried(project, folder, bigquery_dataset):
    warehouse = Warehouse("proj-x", bigquery_dataset)
    specs = specs_for(load_sources(project / folder), warehouse)
    client = connect(warehouse.project)

    ensure_tables(client, specs)

    views = [f"{table}_latest" for table, spec in specs.items() if spec.kind == "rows"]
    counted = " UNION ALL ".join(f"SELECT COUNT(*) AS n FROM `{view}`" for view in views)
    assert [one["n"] for one in client.query(counted).result()] == [0] * len(views)


def test_two_sources_of_one_table_share_it(specs):
    other = SHOP.replace("source: shop", "source: outlet").replace("price:", "old_price:")

    [place] = [place for place, spec in specs(shop_yaml=SHOP, outlet_yaml=other).items() if spec.kind == "rows"]

    names = [field["name"] for field in specs()[place].fields]
    assert str(place) == "proj-x.web.shop_products"
    assert names[:3] == ["sku", "old_price", "price"]


def test_what_two_sources_want_otherwise_names_their_files(specs):
    other = SHOP.replace("source: shop", "source: outlet").replace("numeric", "string")

    with pytest.raises(
        TableRefused, match=r"products: column `price` is STRING in outlet\.yaml and NUMERIC in shop\.yaml"
    ):
        specs(shop_yaml=SHOP, outlet_yaml=other)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("web.dead_letters", "is the table of Scrapeline's own dead_letters"),
        ("web.executions", "is the table of Scrapeline's own executions"),
        ("shop.products_latest", "is the view of the newest rows of proj-x.web.shop_products"),
        ("web.shop_products", "tables shop.products and web.shop_products would both be proj-x.web.shop_products"),
    ],
)
def test_a_table_where_another_thing_stands_is_refused(specs, table, said):
    other = SHOP.replace("source: shop", "source: other").replace("shop.products", table)

    with pytest.raises(TableRefused) as refused:
        specs(shop_yaml=SHOP, other_yaml=other)

    assert said in str(refused.value)
    assert "other.yaml" in str(refused.value)


def test_in_a_project_a_table_may_have_the_name_of_a_log_in_another_dataset(specs):
    places = specs(Warehouse("proj-x"), shop_yaml=SHOP.replace("shop.products", "shop.executions"))

    assert {"proj-x.shop.executions", "proj-x.scrapeline.executions"} <= set(map(str, places))


def test_how_long_everything_is_kept_comes_from_the_files(specs):
    retention = "retention: {rows_days: 30, dead_letters_days: 7, executions_days: 50}\n"
    kept = SHOP.replace("source: shop", "source: kept").replace("products", "kept") + "retention: {rows_days: null}\n"

    found = specs(scrapeline_yaml=retention, shop_yaml=SHOP, kept_yaml=kept)

    assert {place.table: spec.expiry_days for place, spec in found.items()} == {
        "shop_products": 30,
        "shop_kept": None,
        "dead_letters": 7,
        "executions": 50,
        "replays": 50,
        "source_decisions": None,
    }


def test_logs_are_kept_equally_long_by_all(specs):
    base = "retention: {executions_days: 5}\n"

    with pytest.raises(TableRefused, match=r"`retention.executions_days` is 5 and 400 in files that sources extend"):
        specs(
            _base_yaml=base,
            a_yaml=SHOP.replace("shop", "a"),
            b_yaml=SHOP.replace("shop", "b") + "extends: _base.yaml\n",
        )


def test_statements_make_datasets_then_tables_then_views(specs):
    sql = list(statements(specs(Warehouse("proj-x"), shop_yaml=SHOP), "EU"))

    assert [re.findall(r"`([^`]+)`", text)[0].removeprefix("proj-x.") for text in sql] == [
        "shop",
        "scrapeline",
        "shop.products",
        "scrapeline.dead_letters",
        "scrapeline.executions",
        "scrapeline.replays",
        "scrapeline.source_decisions",
        "shop.products_latest",
        "scrapeline.scraper_sources",
        "scrapeline.scraper_sources_available",
    ]
    assert all(text.endswith(";") for text in sql)


def test_no_table_stands_where_a_view_of_sources_does(specs):
    text = SHOP.replace("table: shop.products", "table: scrapeline.scraper_sources_available")
    assert text != SHOP

    with pytest.raises(TableRefused, match=r"shop.yaml: proj-x.scrapeline.scraper_sources_available is a view"):
        specs(Warehouse("proj-x"), shop_yaml=text)
