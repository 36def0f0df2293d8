"""A Request as JSON and back: what a dead letter and an archived page keep of it."""

import base64
import binascii
import json
from typing import Any

import orjson

from schemas.ids import canonical_json
from schemas.request import Request

__all__ = ["json_text", "request_from_json", "request_id_of", "request_to_json"]

_PLAIN = (
    "source", "url", "execution_id", "page_type", "method", "session", "depth", "page_number", "referrer",
    "previous_items",
)  # fmt: skip
_DEFAULTS: dict[str, Any] = {
    "page_type": "", "method": "GET", "session": "", "depth": 0, "page_number": 1, "referrer": "", "previous_items": "",
}  # fmt: skip


def json_text(value: Any) -> str:
    """JSON of anything: what JSON cannot say is said as text, so that keeping a failure never fails itself."""
    try:
        return canonical_json(value).decode()
    except TypeError:
        pass
    try:
        return json.dumps(value, default=str, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return json.dumps(f"(not JSON: {type(value).__name__})")


def request_to_json(request: Request) -> str:
    """Everything of a request, its id included; values that stand at their default are left out.

    Exact numbers and dates in params and the carried item become their canonical text: the same identity, and the
    same row once a table has read them.
    """
    record = {
        name: value for name in _PLAIN if (value := getattr(request, name)) != _DEFAULTS.get(name)
    }  # fmt: skip
    record["request_id"] = request.request_id
    if request.headers:
        record["headers"] = request.headers
    if request.params:
        record["params"] = dict(request.params)
    if request.item is not None:
        record["item"] = request.item
    if request.body is not None:
        record |= _body_parts(request.body)
    return json_text(record)


def request_from_json(text: str | bytes) -> Request:
    """The request that `request_to_json` wrote.

    Raises:
      ValueError: the text is not such JSON.
    """
    record = _load(text)
    if not isinstance(record, dict) or not all(isinstance(record.get(name), str) for name in _PLAIN[:3]):
        raise ValueError("the JSON is not that of a request: source, url and execution_id are expected")
    known: dict[str, Any] = {name: record[name] for name in (*_PLAIN, "request_id") if name in record}
    try:
        return Request(
            **known,
            headers=tuple((str(name), str(value)) for name, value in record.get("headers", ())),
            body=_body(record),
            params=dict(record.get("params", {})),
            item=record.get("item"),
        )
    except (TypeError, binascii.Error) as error:
        raise ValueError(f"the JSON is not that of a request: {error}") from error


def request_id_of(text: str | bytes) -> str:
    """The id alone; empty when the text is not such JSON."""
    try:
        record = _load(text)
    except ValueError:
        return ""
    found = record.get("request_id", "") if isinstance(record, dict) else ""
    return found if isinstance(found, str) else ""


def _load(text: str | bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)  # lone surrogates and NaN, which json_text may have had to write


def _body_parts(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}


def _body(record: dict[str, Any]) -> bytes | None:
    if "body_base64" in record:
        return base64.b64decode(record["body_base64"])
    body = record.get("body")
    return None if body is None else str(body).encode()
