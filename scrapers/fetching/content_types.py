"""Whether a body can be what the page type wants to parse."""

from scrapers.source_files.model import FetchRules

__all__ = ["refuse_content"]

_BINARY_KINDS = ("image/", "video/", "audio/", "font/", "model/")
_TEXT_IMAGES = ("image/svg+xml",)
_BINARY_TYPES = frozenset(
    {
        "application/pdf", "application/zip", "application/gzip", "application/x-gzip", "application/x-tar",
        "application/msword", "application/vnd.ms-excel", "application/x-7z-compressed", "application/vnd.rar",
        "application/java-archive", "application/wasm", "application/x-shockwave-flash", "application/epub+zip",
        "application/vnd.android.package-archive",
    }
)  # fmt: skip
_BINARY_PREFIXES = ("application/vnd.openxmlformats-", "application/vnd.oasis.")
_MAGICS = (
    b"%PDF-",
    b"\x89PNG\r\n\x1a\n",
    b"GIF8",
    b"\xff\xd8\xff",
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"Rar!\x1a\x07",
    b"\x7fELF",
    b"MZ\x90\x00",
)
_UTF16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


def refuse_content(rules: FetchRules, content_type: str, body: bytes) -> str | None:
    """Why this body is not parsed, or None. `fetch.content_types`, where given, decides alone; it may hold `type/*`.

    >>> refuse_content(FetchRules(), "application/pdf", b"%PDF-1.7")
    'application/pdf is not a page'
    >>> refuse_content(FetchRules(), "text/html; charset=utf-8", b"<p>") is None
    True
    """
    mime = content_type.partition(";")[0].strip().lower()
    if rules.content_types is not None:
        wanted = [name.lower() for name in rules.content_types]
        if mime in wanted or f"{mime.partition('/')[0]}/*" in wanted:
            return None
        return f"content type {mime or '(none)'}, expected {' or '.join(wanted)}"
    if mime.startswith(_BINARY_KINDS) and mime not in _TEXT_IMAGES:
        return f"{mime} is not a page"
    if mime in _BINARY_TYPES or mime.startswith(_BINARY_PREFIXES):
        return f"{mime} is not a page"
    if body.startswith(_MAGICS):
        return f"the body is a binary file ({body[:4]!r}), though it says {mime or 'nothing of its type'}"
    if b"\0" in body[:512] and not body.startswith(_UTF16_OR_32) and "utf-16" not in content_type.lower():
        return f"the body holds NUL bytes: no text, though it says {mime or 'nothing of its type'}"
    return None
