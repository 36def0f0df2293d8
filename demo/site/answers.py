"""How the demo site answers: charset, ETag, gzip, and the frame of an HTML page."""

import gzip
import hashlib
import html
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

__all__ = ["Handler", "answer", "frame", "json_answer", "robots", "script", "text_of"]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LEAST_GZIPPED_BYTES = 600
SCRIPTS = Path(__file__).parent / "scripts"


def answer(
    request: web.Request,
    text: str,
    content_type: str = "text/html",
    *,
    charset: str = "utf-8",
    say_charset: bool = True,
    status: int = 200,
) -> web.Response:
    """A text as a client asked for it: 304 when it has it already, gzipped when it takes that and it pays.

    Args:
      say_charset: False leaves the charset out of the header, as servers do that leave it to the page's `<meta>`.
    """
    body = text.encode(charset, "xmlcharrefreplace")
    etag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
    if request.headers.get("If-None-Match") == etag:
        return web.Response(status=304, headers={"ETag": etag})
    headers = {"ETag": etag, "Vary": "Accept-Encoding"}
    headers["Content-Type"] = f"{content_type}; charset={charset}" if say_charset else content_type
    if len(body) >= LEAST_GZIPPED_BYTES and "gzip" in request.headers.get("Accept-Encoding", ""):
        body = gzip.compress(body, 6, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return web.Response(body=body, headers=headers, status=status)


def json_answer(request: web.Request, value: Any, status: int = 200) -> web.Response:
    return answer(request, json.dumps(value, ensure_ascii=False), "application/json", status=status)


def text_of(value: object) -> str:
    return html.escape(str(value))


def frame(title: str, body: str, *, head: str = "", lang: str = "en", charset: str = "utf-8") -> str:
    """A page around its body: what every page of a site carries and no scraper wants."""
    return f"""<!doctype html>
<html lang="{lang}">
<head>
<meta charset="{charset}">
<title>{text_of(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/static/site.css">
<script>window.dataLayer = window.dataLayer || []; function gtag() {{ dataLayer.push(arguments); }}</script>
{head}
</head>
<body class="no-js">
<header class="site"><a href="/" class="logo"><img src="/static/logo.svg" alt="{text_of(title)}"></a>
<form action="/search" role="search"><input name="q" placeholder="Search &hellip;"><button>Go</button></form></header>
{body}
<footer><p>&copy; 2026 &middot; <a href="/imprint">Imprint</a> &middot; <a href="/privacy">Privacy</a></p></footer>
<script src="/static/site.js" defer></script>
</body>
</html>
"""


def robots(text: str) -> Handler:
    """A handler for /robots.txt."""

    async def serve(request: web.Request) -> web.Response:
        return answer(request, text, "text/plain")

    return serve


def script(name: str) -> Handler:
    """A handler for one of the site's scripts."""
    text = (SCRIPTS / f"{name}.js").read_text("utf-8")

    async def serve(request: web.Request) -> web.Response:
        return answer(request, text, "text/javascript")

    return serve
