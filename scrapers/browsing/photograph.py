"""What a tab shows now, for a letter: as far as it goes, in a short time, whatever state the page is in."""

import asyncio
import base64
from collections.abc import Coroutine
from typing import Any

from playwright.async_api import CDPSession
from playwright.async_api import Error as PlaywrightError

__all__ = ["photograph"]

_HTML_SECS = 1.0
_PICTURE_SECS = 2.0
_MOST_CHARACTERS = 10_000_000
_QUALITY = 50
_HTML = f"""(() => {{
  const html = document.documentElement ? document.documentElement.outerHTML : "";
  return html.length > {_MOST_CHARACTERS} ? "" : html;
}})()"""
_LAY_OUT = """document.adoptedStyleSheets = document.adoptedStyleSheets.filter(
  (sheet) => sheet.cssRules.length !== 1 || !sheet.cssRules[0].cssText.startsWith("html { display: none"))"""


async def photograph(cdp: CDPSession) -> tuple[bytes, bytes]:
    """The document's HTML (UTF-8) and a JPEG of the viewport; either is empty when it cannot be had in time."""
    html = await _bounded(_html(cdp), _HTML_SECS)
    if html is None:
        return b"", b""  # a page that does not answer is not painted either
    return html, await _bounded(_picture(cdp), _PICTURE_SECS) or b""


async def _bounded(work: Coroutine[Any, Any, bytes], secs: float) -> bytes | None:
    try:
        async with asyncio.timeout(secs):
            return await work
    except (PlaywrightError, TimeoutError, KeyError):
        return None


async def _html(cdp: CDPSession) -> bytes:
    got = await cdp.send("Runtime.evaluate", {"expression": _HTML, "returnByValue": True})
    return str(got["result"]["value"]).encode("utf-8", "replace")


async def _picture(cdp: CDPSession) -> bytes:
    await cdp.send("Runtime.evaluate", {"expression": _LAY_OUT, "returnByValue": True})
    got = await cdp.send("Page.captureScreenshot", {"format": "jpeg", "quality": _QUALITY})
    return base64.b64decode(got["data"])
