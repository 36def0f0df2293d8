"""What a tab does not load, as URL patterns that Chromium itself checks: no round trip a request."""

from collections.abc import Iterable, Sequence

__all__ = ["blocked_patterns"]

_EXTENSIONS = {
    "images": "png jpg jpeg gif webp avif svg ico bmp",
    "fonts": "woff woff2 ttf otf eot",
    "media": "mp4 webm m4v mov mp3 m4a ogg oga ogv wav flac aac m3u8 mpd ts",
    "stylesheets": "css",
}


def blocked_patterns(kinds: Iterable[str], urls: Sequence[str] = ()) -> list[dict[str, object]]:
    """Patterns for `Network.setBlockedURLs`.

    A kind is known by the extension of the URL's path, so that a picture at `/thumb?id=7` is loaded; the query does
    not count, so that the data of `/api?picture=a.png` is.

    Args:
      kinds: of `FetchRules.block`.
      urls: patterns as source files have them: `*` is any text, `?` is itself.
    """
    names = [extension for kind in kinds for extension in _EXTENSIONS[kind].split()]
    patterns = [f"*://*:*/*.{name}" for name in names]
    return [{"urlPattern": pattern, "block": True} for pattern in patterns]
