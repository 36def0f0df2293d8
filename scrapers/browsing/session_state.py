"""Playwright's storage state: read, checked, and told from one that has run out.

It is as good as a password: no message here says anything of a value in it.
"""

import dataclasses
import datetime
import json
import math
import re
from collections.abc import Iterator
from typing import Any

__all__ = ["BadState", "SessionState", "Storage", "live_state", "read_state", "token_values"]

Storage = dict[str, Any]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TOKEN = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9._~+/=%|-]{16,}")
_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "name": (str, "a text"),
    "value": (str, "a text"),
    "domain": (str, "a text"),
    "path": (str, "a text"),
    "expires": ((int, float), "Unix seconds, or -1"),
    "httpOnly": (bool, "true or false"),
    "secure": (bool, "true or false"),
    "sameSite": (str, "Strict, Lax or None"),
    "partitionKey": (str, "a text"),
    "_crHasCrossSiteAncestor": (bool, "true or false"),
}
_DEFAULTS: Storage = {"path": "/", "expires": -1, "httpOnly": False, "secure": False, "sameSite": "Lax"}


class BadState(ValueError):
    """The storage state cannot be used; the text says what is wrong with it, and where.

    Attributes:
      is_over: it was good once; a log-in may take its place.
    """

    def __init__(self, message: str, *, is_over: bool = False) -> None:
        super().__init__(message)
        self.is_over = is_over


@dataclasses.dataclass(slots=True, eq=False)
class SessionState:
    """What the context of a source is opened with.

    Attributes:
      state_id: another one for each state that a process makes: contexts are kept apart by it.
      storage: as Playwright takes it.
      made_at: seconds of the monotonic clock.
      proven: a page has shown that one is logged in with it.
      doubted: a page has shown that one is not, and no new one was asked for.
      has_spare: when it is over, there is another way to get one.
      note: what a letter should say besides when it turns out that one is not.
    """

    source: str
    state_id: int
    storage: Storage = dataclasses.field(repr=False)
    made_at: float
    proven: bool = False
    doubted: bool = False
    has_spare: bool = False
    note: str = ""


def read_state(text: str) -> Storage:
    """Playwright's storage state from its JSON, with no more than it needs. Raises BadState."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        place = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise BadState(f"it is no JSON{place}") from None  # the error of json holds the whole text
    if not isinstance(data, dict) or not data.keys() & {"cookies", "origins"}:
        raise BadState("expected an object with `cookies` and `origins`, as Playwright's storage_state() gives it")
    return {
        "cookies": [_cookie(f"cookies[{at}]", one) for at, one in _list(data, "cookies")],
        "origins": [_origin(f"origins[{at}]", one) for at, one in _list(data, "origins")],
    }


def _list(data: Storage, key: str, where: str = "") -> Iterator[tuple[int, Any]]:
    value = data.get(key, [])
    if not isinstance(value, list):
        raise BadState(f"{where}{key}: expected a list")
    return enumerate(value)


def _cookie(where: str, cookie: Any) -> Storage:
    if not isinstance(cookie, dict):
        raise BadState(f"{where}: expected an object")
    kept = _DEFAULTS | {key: value for key, value in cookie.items() if key in _KINDS and value is not None}
    for key in ("name", "value", "domain"):
        if key not in kept:
            raise BadState(f"{where}: `{key}` is missing")
    for key, value in kept.items():
        kind, expected = _KINDS[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise BadState(f"{where}.{key}: expected {expected}")
        if isinstance(value, str) and _CONTROL.search(value):
            raise BadState(f"{where}.{key}: it holds a control character")
    if kept["sameSite"] not in ("Strict", "Lax", "None"):
        raise BadState(f"{where}.sameSite: expected {_KINDS['sameSite'][1]}")
    if not kept["domain"].strip("."):
        raise BadState(f"{where}.domain: it is empty")
    if not math.isfinite(kept["expires"]):
        raise BadState(f"{where}.expires: expected {_KINDS['expires'][1]}")
    return kept


def _origin(where: str, origin: Any) -> Storage:
    if not isinstance(origin, dict) or not isinstance(origin.get("origin"), str):
        raise BadState(f"{where}: expected an object with `origin`")
    for at, entry in _list(origin, "localStorage", f"{where}."):
        if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in ("name", "value")):
            raise BadState(f"{where}.localStorage[{at}]: expected an object with the texts `name` and `value`")
    return {"localStorage": [], **origin}


def live_state(storage: Storage, now: float) -> tuple[Storage, str]:
    """The state without cookies that have expired, and a note about them, empty for none.

    Args:
      now: Unix seconds.

    Raises:
      BadState: nothing is left of it.
    """
    cookies = storage["cookies"]
    live = [cookie for cookie in cookies if cookie["expires"] == -1 or cookie["expires"] > now]
    if len(live) == len(cookies):
        return storage, ""
    day = _day(max(cookie["expires"] for cookie in cookies if cookie not in live))
    if not live and not storage["origins"]:
        raise BadState(f"its cookies expired on {day}", is_over=True)
    return {**storage, "cookies": live}, f"{len(cookies) - len(live)} of its {len(cookies)} cookies expired on {day}"


def _day(unix_secs: float) -> str:
    return datetime.datetime.fromtimestamp(max(0.0, unix_secs), datetime.UTC).date().isoformat()


def token_values(storage: Storage) -> set[str]:
    """Values that give access and must not be kept where a page repeats them.

    Others are words that stand in any page (`EUR`, `dark-mode`): taking those out would destroy what was scraped.
    """
    stored = [entry["value"] for origin in storage["origins"] for entry in origin["localStorage"]]
    values = [cookie["value"] for cookie in storage["cookies"]] + stored
    return {value for value in values if _TOKEN.fullmatch(value)}
