"""Google's own client on the fake BigQuery, with one dataset in it."""

from collections.abc import Callable
from typing import Any

import pytest
from google.cloud import bigquery

from tests.bigquery_servers.strict_server import PROJECT, StrictBigQuery
from transforms.bigquery.connection import connect


@pytest.fixture
def client(strict_bigquery: StrictBigQuery) -> bigquery.Client:
    made = connect(PROJECT)
    made.create_dataset("shop")
    return made


@pytest.fixture
def make_table(client: bigquery.Client) -> Callable[..., bigquery.Table]:
    """Makes `shop.products` with the columns given as (name, type, mode)."""

    def make(*fields: tuple[str, str, str] | bigquery.SchemaField, **settings: Any) -> bigquery.Table:
        columns = [one if isinstance(one, bigquery.SchemaField) else bigquery.SchemaField(*one) for one in fields]
        table = bigquery.Table(f"{PROJECT}.shop.products", columns)
        for name, value in settings.items():
            setattr(table, name, value)
        return client.create_table(table)

    return make


@pytest.fixture
def table(make_table: Callable[..., bigquery.Table]) -> bigquery.Table:
    return make_table(
        ("row_id", "STRING", "REQUIRED"), ("price", "NUMERIC", "NULLABLE"), ("tags", "STRING", "REPEATED")
    )
