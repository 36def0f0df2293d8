"""The one place where a page type's `request` becomes a Request."""

import dataclasses
import functools
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

import ada_url
import orjson

from schemas.request import Request
from scrapers.source_files.loaded import LoadedSource
from scrapers.source_files.model import RequestRule
from scrapers.source_files.template import fill, fill_query, fill_url, fill_value, inert_url, placeholders

__all__ = ["make_request", "texts_of"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclasses.dataclass(frozen=True, slots=True)
class _Recipe:
    """A page type's request, looked at once.

    Attributes:
      rule: None when the page type says nothing: a plain GET.
      cursor_param: the parameter that takes the cursor or page number; empty when the rule places it by `${cursor}`.
    """

    rule: RequestRule | None
    cursor_param: str


@functools.lru_cache(4096)
def _recipe(loaded: LoadedSource, page_type: str) -> _Recipe:
    page = loaded.source.page_types().get(page_type)
    if page is None:  # a sitemap
        return _Recipe(None, "")
    param = (page.next.page.param if page.next.page else page.next.param or "") if page.next else ""
    placed = page.request is not None and any("cursor" in placeholders(text) for text in texts_of(page.request))
    return _Recipe(page.request, "" if placed else param)


def texts_of(rule: RequestRule) -> list[str]:
    """Every text in a request rule that may hold placeholders."""
    texts: list[str] = []
    waiting: list[Any] = [rule.headers, rule.cookies, rule.query, rule.json_, rule.form, rule.body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, Mapping):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return texts


def make_request(
    loaded: LoadedSource,
    page_type: str,
    url: str,
    *,
    execution_id: str,
    params: Mapping[str, Any],
    item: Mapping[str, Any] | None = None,
    cursor: Any = None,
    parent: Request | None = None,
    template: bool = False,
    carry: bool = True,
    page_number: int | None = None,
) -> Request:
    """A request for a page of that type. Raises TemplateError when a placeholder has no value.

    Args:
      url: found on a page (then nothing in it is a placeholder), or with `template` a template of the source file.
      params, item, cursor: what the templates are filled with.
      cursor: the cursor or page number of a `next` page; put where the page type's `next.param` says: in the JSON body
        (a dotted path), in the form, else in the query; or where the file says `${cursor}`.
      parent: the request whose page led here; None for a seed.
      carry: whether the item goes along, to be written when its last page is parsed.
      page_number: of a `next` page, which is as deep as its parent; None for a seed or a followed link.
    """
    names = {"params": params, "item": item if item is not None else {}, "cursor": cursor}
    url = fill_url(url, **names) if template else inert_url(url)
    if template and parent is not None and "://" not in url.partition("?")[0]:
        url = _join(parent.url, url)
    recipe = _recipe(loaded, page_type)
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    if recipe.rule is not None or (recipe.cursor_param and cursor is not None):
        url, method, headers, body = _apply(recipe, url, names, found=not template)
    return Request(
        source=loaded.source.source,
        url=url,
        execution_id=execution_id,
        page_type=page_type,
        method=method,
        headers=headers,
        body=body,
        params=params,
        item=item if carry else None,
        depth=0 if parent is None else parent.depth + (page_number is None),
        page_number=page_number or 1,
        referrer="" if parent is None else parent.request_id,
    )


def _join(base: str, url: str) -> str:
    try:
        return ada_url.join_url(base, url)
    except ValueError:
        return url


def _apply(
    recipe: _Recipe, url: str, names: dict[str, Any], *, found: bool
) -> tuple[str, str, tuple[tuple[str, str], ...], bytes | None]:
    rule = recipe.rule or RequestRule()
    cursor = {recipe.cursor_param: names["cursor"]} if recipe.cursor_param and names["cursor"] is not None else {}
    body, content_type = _payload(rule, names, cursor)
    in_body = rule.json_ is not None or rule.form is not None
    query = {**_missing(rule.query, url if found else ""), **({} if in_body else cursor)}
    url = _with_query(url, query, names)
    headers = {name: _header(fill(value, **names)) for name, value in rule.headers.items()}
    known = {name.lower(): name for name in headers}
    if content_type and "content-type" not in known:
        headers["Content-Type"] = content_type
    if rule.cookies:
        pairs = [f"{name}={_header(fill(value, **names))}" for name, value in rule.cookies.items()]
        name = known.get("cookie", "Cookie")
        headers[name] = "; ".join([*filter(None, [headers.get(name)]), *pairs])
    method = rule.method or ("GET" if body is None else "POST")
    return url, method, tuple(headers.items()), body


def _header(value: str) -> str:
    """A line break in a value would begin another header."""
    return _CONTROL.sub(" ", value).strip()


def _payload(rule: RequestRule, names: dict[str, Any], cursor: dict[str, Any]) -> tuple[bytes | None, str]:
    if rule.json_ is not None:
        value = fill_value(rule.json_, **names)
        for path, position in cursor.items():
            value = _placed(value, path.split("."), position)
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS), "application/json"
    if rule.form is not None:
        pairs = _pairs({**rule.form, **cursor}, names)
        return "&".join(pairs).encode(), "application/x-www-form-urlencoded"
    if rule.body is not None:
        return fill(rule.body, **names).encode(), ""
    return None, ""


def _placed(value: Any, path: list[str], position: Any) -> Any:
    if not path:
        return position
    inner = value if isinstance(value, dict) else {}
    return {**inner, path[0]: _placed(inner.get(path[0]), path[1:], position)}


def _missing(query: dict[str, Any], url: str) -> dict[str, Any]:
    """The parameters that a URL found on a page lacks; what it says itself is right, but for an older cursor."""
    own = {_name(pair) for pair in url.partition("#")[0].partition("?")[2].split("&")}
    return {name: value for name, value in query.items() if name not in own or "${cursor}" in str(value)}


def _name(pair: str) -> str:
    return unquote_plus(pair.partition("=")[0])


def _with_query(url: str, query: Mapping[str, Any], names: dict[str, Any]) -> str:
    """Sets the parameters: one that the URL has already is replaced, the others stay as they are written."""
    pairs = _pairs(query, names)
    if not pairs:
        return url
    address, hash_sign, fragment = url.partition("#")
    address, _, old = address.partition("?")
    kept = [pair for pair in old.split("&") if pair and _name(pair) not in query]
    return f"{address}?{'&'.join(kept + pairs)}{hash_sign}{fragment}"


def _pairs(values: Mapping[str, Any], names: dict[str, Any]) -> list[str]:
    """`name=value`, percent-encoded; a list repeats its name, null leaves it out."""
    pairs = []
    for name, value in values.items():
        for one in value if isinstance(value, list) else [value]:
            lone = one == "${cursor}" and names["cursor"] is None
            if one is None or lone:
                continue
            text = one if isinstance(one, str) else str(one).lower() if isinstance(one, bool) else str(one)
            pairs.append(f"{fill_query(name)}={fill_query(text, **names)}")
    return pairs
