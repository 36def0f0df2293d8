"""Differences between what a source wants and what a table is: each one sentence, and what to do."""

import copy
import dataclasses

import pytest

from schemas.bigquery import spec_of
from schemas.bigquery_changes import applicable, changes_of, grown_fields
from schemas.table import Column, Table
from schemas.warehouse import TableId

PLACE = TableId("p", "shop", "products")
OFFER = Column("offer", "record", columns=(Column("price", "integer"),))
TABLE = Table("shop.products", (Column("sku", required=True), OFFER, Column("tags", repeated=True)), ("sku",))
SPEC = spec_of(TABLE)


def there(**changed):
    """The table as it was made, with other properties."""
    return {**copy.deepcopy(SPEC.resource(PLACE)), "type": "TABLE", **changed}


def with_columns(*columns):
    return spec_of(dataclasses.replace(TABLE, columns=columns))


def told(spec, resource):
    return [(change.kind, change.column, change.text) for change in changes_of(spec, PLACE, resource)]


def test_a_table_that_is_as_wanted_has_no_differences():
    assert changes_of(SPEC, PLACE, there()) == []


def test_types_have_two_names():
    resource = there()
    resource["schema"]["fields"][1]["type"] = "STRUCT"
    resource["schema"]["fields"][1]["fields"][0]["type"] = "INT64"
    resource["schema"]["fields"][1].pop("mode")

    assert changes_of(SPEC, PLACE, resource) == []


def test_new_columns_come_last_and_are_never_required():
    offer = dataclasses.replace(OFFER, columns=(Column("currency", required=True), *OFFER.columns))
    spec = with_columns(Column("colour"), *TABLE.columns[:1], offer, *TABLE.columns[2:])

    changes = changes_of(spec, PLACE, there())

    assert [(change.kind, change.column, change.blocks) for change in changes] == [
        ("additive", "offer.currency", True),
        ("additive", "colour", True),
    ]
    fields = grown_fields(spec, PLACE, there())
    names = [field["name"] for field in fields]
    assert names == [*(field["name"] for field in SPEC.fields), "colour"]
    assert [(one["name"], one["mode"]) for one in fields[1]["fields"]] == [
        ("price", "NULLABLE"),
        ("currency", "NULLABLE"),
    ]


def test_a_column_that_the_source_lacks_stays():
    spec = with_columns(*TABLE.columns[:2])

    [change] = changes_of(spec, PLACE, there())

    assert (change.kind, change.column, change.blocks) == ("remark", "tags", False)
    assert "tags" in [field["name"] for field in grown_fields(spec, PLACE, there())]


def test_a_required_column_that_the_source_lacks_or_leaves_open_is_relaxed():
    for spec in (with_columns(*TABLE.columns[1:]), with_columns(Column("sku"), *TABLE.columns[1:])):
        kinds = {change.column: (change.kind, change.blocks) for change in changes_of(spec, PLACE, there())}
        assert kinds["sku"] == ("relaxing", True)
        assert grown_fields(spec, PLACE, there())[0]["mode"] == "NULLABLE"


def test_a_column_that_the_table_lets_be_null_stays_so():
    resource = there()
    resource["schema"]["fields"][0]["mode"] = "NULLABLE"

    [change] = changes_of(SPEC, PLACE, resource)

    assert (change.kind, change.blocks) == ("remark", False)
    assert not applicable([change])
    assert grown_fields(SPEC, PLACE, resource)[0]["mode"] == "NULLABLE"


@pytest.mark.parametrize(
    ("columns", "text", "remedy"),
    [
        (
            (Column("sku", "integer"), OFFER),
            "has the column `sku` as STRING, and the source as INTEGER",
            "SELECT * REPLACE (SAFE_CAST(`sku` AS INT64) AS `sku`) FROM `p.shop.products`",
        ),
        (
            (Column("sku", repeated=True), OFFER),
            "has the column `sku` as STRING, and the source as STRING REPEATED",
            "let the source write to a new table (`table: shop.products_v2`), and fill it from the archive",
        ),
        (
            (Column("sku"), dataclasses.replace(OFFER, columns=(Column("price", "numeric"),))),
            "has the column `offer.price` as INTEGER, and the source as NUMERIC",
            "let the source write to a new table",
        ),
        (
            (Column("sku"), Column("offer")),
            "has the column `offer` as RECORD, and the source as STRING",
            "let the source write to a new table",
        ),
    ],
)
def test_another_type_breaks_and_stays(columns, text, remedy):
    spec = with_columns(*columns, TABLE.columns[2])

    [change] = [change for change in changes_of(spec, PLACE, there()) if change.kind == "breaking"]

    assert (change.text, change.blocks) == (text, True)
    assert remedy in change.remedy
    assert change.told(PLACE) == f"p.shop.products {text}; {change.remedy}"
    before = [(field["name"], field["type"]) for field in SPEC.fields]
    assert [(field["name"], field["type"]) for field in grown_fields(spec, PLACE, there())] == before


def test_a_type_that_holds_all_values_of_the_old_one_can_be_set_in_place():
    resource = there()
    resource["schema"]["fields"][0]["type"] = "INTEGER"

    [change] = changes_of(with_columns(Column("sku", "numeric"), *TABLE.columns[1:]), PLACE, resource)[:1]

    assert change.remedy.endswith("ALTER TABLE `p.shop.products` ALTER COLUMN `sku` SET DATA TYPE NUMERIC;")


def test_where_a_row_comes_from_does_not_move_to_another_column_in_silence():
    """Else `url` would hold pages of rows up to now, and a field of the site from now on."""
    with_url = with_columns(*TABLE.columns, Column("url"))

    [change] = changes_of(with_url, PLACE, there())

    assert (change.kind, change.column, change.blocks) == ("breaking", "url", True)
    assert (
        change.text == "says in `url` where a row comes from, which the source's fields of today move to `scrape_url`"
    )
    assert change.remedy == "let the source have no field `url`, or write to a new table"
    assert "scrape_url" not in [field["name"] for field in grown_fields(with_url, PLACE, there())]

    made_with_url = there(schema=with_url.resource(PLACE)["schema"])
    assert changes_of(with_url, PLACE, made_with_url) == []
    [change] = [change for change in changes_of(SPEC, PLACE, made_with_url) if change.kind != "remark"]
    assert (change.kind, change.column) == ("breaking", "scrape_url")
    assert change.remedy == "let the source have a field `url`, or write to a new table"


@pytest.mark.parametrize(
    ("changed", "kind", "text"),
    [
        ({"description": "other"}, "setting", "has another description: it becomes 'Rows of shop.products.'"),
        ({"labels": {"team": "web"}}, "setting", "is not labelled as a table of Scrapeline's: it will be"),
        (
            {"friendlyName": "x"},
            "setting",
            "does not say the source's name of it: its friendly name becomes shop.products",
        ),
        ({"clustering": None}, "setting", "is not clustered: it will be, by sku"),
        ({"clustering": {"fields": ["row_key"]}}, "remark", "is clustered by row_key: it stays so"),
        ({"timePartitioning": None}, "breaking", "is not partitioned; wanted are days of `scraped_at`"),
        (
            {"timePartitioning": {"type": "DAY"}},
            "breaking",
            "is partitioned by the time of loading; wanted are days of `scraped_at`",
        ),
        (
            {"timePartitioning": {"type": "MONTH", "field": "scraped_at"}},
            "remark",
            "is partitioned by the month of `scraped_at`, not by the day: it stays as it is",
        ),
        (
            {"timePartitioning": {"type": "DAY", "field": "scraped_at", "expirationMs": "86400000"}},
            "remark",
            "deletes partitions after 1 days; no source says so: it stays",
        ),
    ],
)
def test_properties_of_the_table(changed, kind, text):
    [change] = changes_of(SPEC, PLACE, there(**changed))

    assert (change.kind, change.text, change.blocks) == (kind, text, False)


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (None, "deletes partitions never: it becomes 30 days, and what is older is deleted at once"),
        (90, "deletes partitions after 90 days: it becomes 30 days, and what is older is deleted at once"),
        (7, "deletes partitions after 7 days: it becomes 30 days"),
    ],
)
def test_an_expiry_that_deletes_something_says_so(days, text):
    partitioning = {"type": "DAY", "field": "scraped_at"}
    partitioning |= {"expirationMs": str(days * 86_400_000)} if days else {}

    [change] = changes_of(spec_of(TABLE, rows_days=30), PLACE, there(timePartitioning=partitioning))

    assert (change.kind, change.text) == ("setting", text)
