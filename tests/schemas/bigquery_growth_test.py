"""Whatever a source asks of whatever table: what is applied, BigQuery takes, and afterwards nothing more can be."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.bigquery import TableRefused, spec_of
from schemas.bigquery_changes import applicable, changes_of, grown_fields
from schemas.bigquery_union import union
from schemas.table import Column, Table
from schemas.warehouse import TableId
from tests.bigquery_servers.strict_schema import check_change, check_table, normal_fields

PLACE = TableId("p", "shop", "products")
NAMES = st.sampled_from(["sku", "Price", "price", "url", "row_key", "_unknown"])
TYPES = st.sampled_from(["string", "integer", "numeric", "json", "timestamp", "bytes"])
PERSONAL = st.sampled_from([None, None, None, "hash", "drop"])


DESCRIPTIONS = st.sampled_from(["", "one", "other"])


def several(columns, most):
    """Columns, each name once."""
    return st.lists(columns, min_size=1, max_size=most, unique_by=lambda one: one.name.lower()).map(tuple)


PLAIN = st.builds(
    Column, NAMES, TYPES, st.booleans(), st.booleans(), st.just(()), personal=PERSONAL, description=DESCRIPTIONS
)
RECORDS = st.builds(Column, NAMES, st.just("record"), st.booleans(), st.booleans(), several(PLAIN, 3))
TABLES = st.builds(
    lambda found, key: Table("shop.products", found, tuple(found[index].name for index in key if index < len(found))),
    several(PLAIN | RECORDS, 5),
    st.lists(st.integers(0, 5), max_size=5, unique=True),
)


def made(spec):
    """The table as BigQuery keeps it."""
    resource = {**spec.resource(PLACE), "type": "TABLE"}
    resource["schema"] = {"fields": normal_fields(resource["schema"]["fields"])}
    check_table(resource)
    return resource


def spec_or_none(table):
    try:
        return spec_of(table)
    except TableRefused:
        return None


@given(TABLES, TABLES)
def test_a_table_grows_towards_any_source(before, after):
    old, new = spec_or_none(before), spec_or_none(after)
    if old is None or new is None:
        return
    there = made(old)
    assert changes_of(old, PLACE, there) == []

    fields = normal_fields(grown_fields(new, PLACE, there))

    check_change(str(PLACE), there["schema"]["fields"], fields)
    grown = {**there, "schema": {"fields": fields}}
    of_columns = [change for change in changes_of(new, PLACE, grown) if change.column]
    assert not applicable(of_columns)
    breaking = {change.column for change in changes_of(new, PLACE, there) if change.kind == "breaking"}
    assert {change.column for change in of_columns if change.blocks} == breaking - {""}


@given(TABLES, TABLES)
def test_a_table_of_two_sources_takes_the_rows_of_both(first, second):
    specs = {"a.yaml": spec_or_none(first), "b.yaml": spec_or_none(second)}
    if None in specs.values():
        return
    try:
        both = union(specs)
    except TableRefused:
        return

    there = made(both)

    for spec in specs.values():
        assert not [change for change in changes_of(spec, PLACE, there) if change.blocks]
