"""The process's client of BigQuery's REST API."""

import functools
import os

from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

__all__ = ["WarehouseUnavailable", "connect", "emulator_host"]


class WarehouseUnavailable(Exception):
    """BigQuery did not take what it was given although it was asked again and again; the text says what it said."""


def emulator_host() -> str:
    """Address of an emulator, from Google's own variable BIGQUERY_EMULATOR_HOST; empty for BigQuery itself."""
    host = os.environ.get("BIGQUERY_EMULATOR_HOST", "")
    return host if not host or "://" in host else f"http://{host}"


def connect(project: str) -> bigquery.Client:
    """The client of a project, one a process. An emulator is asked without credentials."""
    return _client(project, emulator_host(), os.getpid())


@functools.cache
def _client(project: str, emulator: str, _process: int) -> bigquery.Client:
    """A process that was forked has its own: two cannot speak over one connection."""
    if not emulator:
        return bigquery.Client(project=project)
    return bigquery.Client(
        project=project,
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options=ClientOptions(api_endpoint=emulator),
    )
