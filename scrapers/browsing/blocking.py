"""What a tab does not load, as URL patterns that Chromium itself checks: no round trip a request."""

from collections.abc import Iterable, Sequence
from typing import Any

from playwright.async_api import CDPSession
from playwright.async_api import Error as PlaywrightError

__all__ = ["block_loading"]

_EXTENSIONS = {
    "images": "png jpg jpeg gif webp avif svg ico bmp PNG JPG JPEG GIF",
    "fonts": "woff woff2 ttf otf eot",
    "media": "mp4 webm m4v mov mp3 m4a ogg oga ogv wav flac aac m3u8 mpd ts",
    "stylesheets": "css",
}


async def block_loading(cdp: CDPSession, kinds: Iterable[str], urls: Sequence[str]) -> None:
    """Switches on what a tab does not load; its own documents always are.

    A kind is known by the extension of the URL's path: a picture at `/thumb?id=7` is loaded, and so is the data at
    `/api?picture=a.png`. Frames of other sites have processes of their own, where nothing is blocked.

    Args:
      kinds: of `FetchRules.block`.
      urls: a URL is not loaded when one of these is found anywhere in it; `*` is any text.
    """
    extensions = [extension for kind in kinds for extension in _EXTENSIONS[kind].split()]
    patterns = [{"urlPattern": f"*://*:*/*.{extension}", "block": True} for extension in extensions]
    wanted: dict[str, Any] = {"urlPatterns": patterns, "urls": list(urls)}
    # Bodies are not kept for this session: they would stand in memory twice.
    await cdp.send("Network.enable", {"maxTotalBufferSize": 1, "maxResourceBufferSize": 1})
    try:
        await cdp.send("Network.setBlockedURLs", wanted)
    except PlaywrightError:  # a Chromium before 140 knows no `urlPatterns`
        await cdp.send("Network.setBlockedURLs", {"urls": [*urls, *(f".{extension}" for extension in extensions)]})
