"""Sources that fill one table agree on it, or are told where they do not."""

import pytest

from schemas.bigquery import TableRefused, spec_of
from schemas.bigquery_union import union
from schemas.table import Column, Table


def spec(*columns, key=("sku",), **options):
    return spec_of(Table("shop.products", (Column("sku", required=True), *columns), key), **options)


def test_a_table_of_two_sources_has_the_columns_of_both():
    offer = Column("offer", "record", columns=(Column("seller", required=True),))
    other_offer = Column("offer", "record", columns=(Column("seller"), Column("stock", required=True)))

    both = union(
        {
            "a.yaml": spec(Column("price", "numeric", required=True), offer),
            "b.yaml": spec(other_offer, Column("colour", required=True, description="of the outside")),
        }
    )

    fields = {field["name"]: field for field in both.fields}
    assert list(fields)[:5] == ["sku", "price", "offer", "colour", "source"]
    modes = {name: fields[name]["mode"] for name in ("sku", "price", "colour", "source")}
    assert modes == {"sku": "REQUIRED", "price": "NULLABLE", "colour": "NULLABLE", "source": "REQUIRED"}
    assert [(one["name"], one["mode"]) for one in fields["offer"]["fields"]] == [
        ("seller", "NULLABLE"),
        ("stock", "NULLABLE"),
    ]
    assert fields["colour"]["description"] == "of the outside"
    assert both.clustering == ("sku",)


def test_one_source_is_left_as_it_is():
    assert union({"a.yaml": spec()}) == spec()


def test_sources_with_different_keys_are_clustered_by_their_hash():
    assert union({"a.yaml": spec(), "b.yaml": spec(Column("no"), key=("no",))}).clustering == ("row_key",)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (spec(Column("price")), "column `price` is NUMERIC in a.yaml and STRING in b.yaml"),
        (
            spec(Column("price", "numeric", repeated=True)),
            "column `price` is NUMERIC in a.yaml and a list of NUMERIC in b.yaml",
        ),
        (spec(Column("Price", "numeric")), "column `price` is `Price` in b.yaml"),
        (spec(Column("url")), "column `url` is a field in b.yaml, and in a.yaml it says where a row comes from"),
        (spec(rows_days=3), "`retention.rows_days` is not given in a.yaml and 3 in b.yaml"),
        (
            spec(Column("offer", "record", columns=(Column("stock"),))),
            "column `offer.stock` is INTEGER in a.yaml and STRING in b.yaml",
        ),
    ],
)
def test_what_two_sources_want_otherwise_names_both_files(other, said):
    offer = Column("offer", "record", columns=(Column("stock", "integer"),))

    with pytest.raises(TableRefused, match=r"^table shop.products: ") as refused:
        union({"a.yaml": spec(Column("price", "numeric"), offer), "b.yaml": other})

    assert said in str(refused.value)
