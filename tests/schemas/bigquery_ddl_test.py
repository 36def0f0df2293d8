"""SQL that makes tables: each part of it, since the emulator keeps only some."""

import dataclasses

from schemas.bigquery import log_specs, spec_of
from schemas.bigquery_ddl import create_dataset, create_latest, create_table
from schemas.table import Column, Table
from schemas.warehouse import TableId

PLACE = TableId("p", "shop", "products")
PART = Column("parts", "record", True, True, (Column("no", "integer", True, description="a\nb"), Column("x", "float")))
TABLE = Table("shop.products", (Column("sku", required=True, description='its "number" \\'), PART), ("sku",), "All.")


def test_a_table_is_written_with_every_mode_type_and_description():
    lines = create_table(spec_of(TABLE, rows_days=30), PLACE).splitlines()

    assert lines[:3] == [
        "CREATE TABLE IF NOT EXISTS `p.shop.products` (",
        r'  `sku` STRING NOT NULL OPTIONS(description="its \"number\" \\"),',
        r'  `parts` ARRAY<STRUCT<`no` INT64 NOT NULL OPTIONS(description="a\nb"), `x` FLOAT64>>,',
    ]
    assert lines[lines.index(")") :] == [
        ")",
        "PARTITION BY DATE(`scraped_at`)",
        "CLUSTER BY `sku`",
        "OPTIONS(",
        '  description="All.",',
        '  friendly_name="shop.products",',
        "  partition_expiration_days=30,",
        '  labels=[("scrapeline", "rows")]',
        ");",
    ]


def test_nothing_is_said_of_an_expiry_that_there_is_not():
    assert "expiration" not in create_table(spec_of(TABLE), PLACE)
    assert "partition_expiration_days=90" in create_table(log_specs()["dead_letters"], PLACE)


def test_a_dataset_is_where_it_is_asked_for():
    assert create_dataset("p", "shop") == "CREATE SCHEMA IF NOT EXISTS `p.shop`;"
    assert create_dataset("p", "shop", "EU") == 'CREATE SCHEMA IF NOT EXISTS `p.shop`\nOPTIONS(location="EU");'


def test_the_view_reads_the_columns_by_the_names_that_the_table_gives_them():
    columns = (*TABLE.columns, Column("row_key"))
    spec = spec_of(dataclasses.replace(TABLE, columns=columns))

    text = create_latest(spec, PLACE, TableId("p", "log", "executions"))

    assert text.startswith("CREATE VIEW IF NOT EXISTS `p.shop.products_latest`\n")
    assert "PARTITION BY r.`scrape_row_key`" in text
    assert "FROM `p.log.executions`" in text
