"""The strict fake of BigQuery with the tables that an execution's records go to."""

import dataclasses
from collections.abc import Callable

import pytest

from schemas.bigquery import log_specs
from tests.bigquery_servers.strict_server import PROJECT, StrictBigQuery
from tests.transforms.bigquery.attempts import SPEC, WAREHOUSE
from transforms.bigquery import jobs, land_records
from transforms.bigquery.connection import connect
from transforms.bigquery.retries import Retries
from transforms.bigquery.tables import ensure_tables


@pytest.fixture
def strict(strict_bigquery: StrictBigQuery, monkeypatch: pytest.MonkeyPatch) -> StrictBigQuery:
    """Its jobs take a moment; what it refuses for now is asked again without a pause."""
    for module in (jobs, land_records):
        monkeypatch.setattr(module, "Retries", lambda total: Retries(total, 0.0, 0.0))
    strict_bigquery.hold_jobs(2)
    return strict_bigquery


@pytest.fixture
def make_tables(strict: StrictBigQuery) -> Callable[..., None]:
    """Makes the tables as the sources want them; columns of the rows' table can be other than that."""

    def make(**other: str) -> None:
        fields = [{**field, **as_said(other.get(field["name"], ""))} for field in SPEC.fields]
        there = dataclasses.replace(SPEC, fields=tuple(one for one in fields if other.get(one["name"]) != "missing"))
        specs = {WAREHOUSE.place("shop.products"): there}
        specs |= {WAREHOUSE.place(name): spec for name, spec in log_specs().items()}
        ensure_tables(connect(PROJECT), specs)
        strict.requests.clear()

    return make


def as_said(said: str) -> dict[str, str]:
    """`REQUIRED` is a mode, anything else a type."""
    return {} if said in ("", "missing") else {"mode" if said == "REQUIRED" else "type": said}
