"""Rows into a table as they come, through BigQuery's `tabledata.insertAll`.

The client's own `insert_rows_json` makes the JSON itself, slowly, when nobody can count its bytes any more, and does
not ask again after quotaExceeded; so the request is made here and goes through the client's connection. Bodies are not
compressed: igzip, the fastest there is, would cost a quarter of an insert's CPU again, zlib as much as all of it, for
bytes that are free on the way to BigQuery.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import google.auth.exceptions
import orjson
import requests
from google.api_core.exceptions import GoogleAPICallError
from google.cloud import bigquery

from schemas.reasons import Dead
from schemas.warehouse import TableId
from transforms.bigquery.connection import WarehouseUnavailable
from transforms.bigquery.refusals import explained
from transforms.bigquery.retries import Retries

__all__ = ["MOST_REQUEST_BYTES", "Refused", "insert_rows"]

# https://cloud.google.com/bigquery/quotas#streaming_inserts
MOST_ROWS = 500
"""In one request; BigQuery's advice."""
MOST_REQUEST_BYTES = 10_000_000
MISSING_TABLE_SECS = 60.0
"""How long a table that is not found is asked for: a new one may be unknown to the servers that take inserts."""
REQUEST_SECS = 60.0

_PASSING_CODES = {408, 429, 500, 502, 503, 504}
_PASSING_REASONS = {"backendError", "internalError", "quotaExceeded", "rateLimitExceeded", "stopped", "timeout"}
_NO_ANSWER = (
    requests.exceptions.RequestException,  # connections that are refused, cut or silent; answers that are no JSON
    google.auth.exceptions.TransportError,
)
_HEAD, _TAIL = b'{"skipInvalidRows":true,"rows":[', b"]}"


@dataclasses.dataclass(frozen=True, slots=True)
class Refused:
    """A row that BigQuery will not take, however often it is asked.

    Attributes:
      index: of the row among those given.
      reason: BigQuery's own (`invalid`, ...); `row_too_large` for a row that was not even sent.
      message: BigQuery's own words; several when several columns are wrong.
      field: the first column that it names; empty for none.
    """

    index: int
    reason: str
    message: str
    field: str = ""


class RowsStopped(Exception):
    """Rows that nothing is wrong with were not taken this time."""


def insert_rows(
    client: bigquery.Client,
    table: TableId,
    rows: Sequence[tuple[str, Mapping[str, Any] | bytes]],
    *,
    retries: Retries | None = None,
) -> list[Refused]:
    """Inserts rows; when it returns, BigQuery has confirmed all but the refused ones.

    A request that is sent again after a lost answer doubles nothing as long as BigQuery remembers its insertIds, which
    is about a minute, at its best effort.

    Args:
      rows: insertId (128 characters at most) and the row as row_json.py makes it: a mapping, or its JSON as bytes.
      retries: for answers of 5xx and 429, exceeded rates and quotas, and lost connections; None for five minutes of it.

    Raises:
      WarehouseUnavailable, WarehouseRefused: BigQuery did not take what is not wrong. Some of the rows may be there.
    """
    inserts = _Inserts(client, table, Retries() if retries is None else retries)
    for numbered in _requests(rows, inserts.refused):
        inserts.send(numbered)
    return sorted(inserts.refused, key=lambda one: one.index)


_Numbered = list[tuple[int, bytes]]
"""Rows of one request: index and JSON."""


def _requests(rows: Sequence[tuple[str, Mapping[str, Any] | bytes]], refused: list[Refused]) -> Iterator[_Numbered]:
    """The rows in requests that are not too large; rows that alone are too large become refused ones."""
    together: _Numbered = []
    empty = len(_HEAD) + len(_TAIL)
    size = empty
    for index, (insert_id, row) in enumerate(rows):
        said = row if isinstance(row, bytes) else orjson.dumps(row)
        text = b'{"insertId":%b,"json":%b}' % (orjson.dumps(insert_id), said)
        if len(text) + empty > MOST_REQUEST_BYTES:
            message = f"the row has {len(text)} bytes as JSON; a request of {MOST_REQUEST_BYTES} is what BigQuery takes"
            refused.append(Refused(index, Dead.ROW_TOO_LARGE.value, message))
            continue
        if together and (len(together) == MOST_ROWS or size + len(text) + 1 > MOST_REQUEST_BYTES):
            yield together
            together, size = [], empty
        together.append((index, text))
        size += len(text) + 1
    if together:
        yield together


class _Inserts:
    """Sends the rows of one table and keeps what was refused."""

    def __init__(self, client: bigquery.Client, table: TableId, retries: Retries) -> None:
        self.refused: list[Refused] = []
        self._client = client
        self._table = table
        self._retries = retries
        self._waiting: _Numbered = []

    def send(self, rows: _Numbered) -> None:
        """Sends rows until each is confirmed or refused."""
        self._waiting = rows
        try:
            with explained(str(self._table)):
                self._ask()
        except (RowsStopped, requests.exceptions.RequestException) as error:
            raise WarehouseUnavailable(f"{self._table}: {error}") from error

    def _ask(self) -> None:
        try:
            self._retries.run(self._attempt, worth_secs)
        except GoogleAPICallError as error:
            if error.code not in (400, 413):
                raise
            self._send_apart(error)

    def _send_apart(self, error: GoogleAPICallError) -> None:
        """A request that is refused as a whole is cut, until the row that is wrong stands alone."""
        rows = self._waiting
        if len(rows) == 1:
            self.refused.append(Refused(rows[0][0], _said("reason", error) or "invalid", _said("message", error)))
            return
        middle = len(rows) // 2
        self.send(rows[:middle])
        self.send(rows[middle:])

    def _attempt(self) -> None:
        """One request; what is neither taken nor refused waits for the next one."""
        body = _HEAD + b",".join([text for _, text in self._waiting]) + _TAIL
        table = self._table
        answer = self._client._connection.api_request(  # type: ignore[no-untyped-call]
            method="POST",
            path=f"/projects/{table.project}/datasets/{table.dataset}/tables/{table.table}/insertAll",
            data=body,
            content_type="application/json",
            timeout=REQUEST_SECS,
        )
        again: _Numbered = []
        said = ""
        for entry in answer.get("insertErrors", ()):
            row, errors = self._waiting[int(entry["index"])], entry["errors"]
            wrong = [one for one in errors if one.get("reason") not in _PASSING_REASONS]
            if wrong:
                self.refused.append(_refused(row[0], wrong))
            else:
                again.append(row)
                said = "; ".join(f"{one.get('reason')} {one.get('message', '')}".strip() for one in errors)
        self._waiting = again
        if again:
            raise RowsStopped(f"{len(again)} rows were not taken ({said})")


def _refused(index: int, errors: Sequence[Mapping[str, str]]) -> Refused:
    fields = [one["location"] for one in errors if one.get("location")]
    messages = [": ".join(filter(None, (one.get("location"), one.get("message")))) for one in errors]
    return Refused(index, errors[0].get("reason") or "invalid", "; ".join(messages), fields[0] if fields else "")


def worth_secs(error: Exception) -> float:
    """How long an error of a request to BigQuery's REST API is asked again: for good, a little, or not at all."""
    if isinstance(error, GoogleAPICallError):
        if error.code in _PASSING_CODES or _said("reason", error) in _PASSING_REASONS:
            return float("inf")
        return MISSING_TABLE_SECS if error.code == 404 else 0.0
    return float("inf") if isinstance(error, (RowsStopped, *_NO_ANSWER)) else 0.0


def _said(what: str, error: GoogleAPICallError) -> str:
    """BigQuery's own reason (`rateLimitExceeded`, `invalid`, ...; empty for none) or message."""
    for one in error.errors:
        if isinstance(one, Mapping) and one.get(what):
            return str(one[what])
    return str(error.message) if what == "message" else ""
