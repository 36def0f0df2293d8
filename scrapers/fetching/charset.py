"""Bytes to text as browsers do it: the WHATWG Encoding Standard, and the HTML Standard's encoding sniffing (13.2.3)."""

import codecs
import functools
import re

import webencodings

__all__ = ["declared_encoding", "decode"]

_PRESCAN_BYTES = 16_384
"""Browsers look at 1,024 bytes first, and start again when a later part of the head names another encoding."""

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"))
_SUPERSETS = {"shift_jis": "cp932", "euc-kr": "cp949", "big5": "big5hkscs", "gbk": "gb18030"}
"""What the Encoding Standard's decoders of these names really read, as Python calls it."""

_CHARSET = re.compile(r"""charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;"']+))""", re.IGNORECASE)
_META = re.compile(rb"<meta[\s/]([^>]{0,1000})>", re.IGNORECASE)
_HEAD_END = re.compile(rb"<body[\s>]", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"""([^\s=/>"']+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""")
_XML = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']""")


def _c1_for_unmapped(error: UnicodeError) -> tuple[str, int]:
    """The windows code pages of the Encoding Standard map the octets that Python leaves out to C1 controls."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    octets = error.object[error.start : error.end]
    return "".join(chr(octet) if 0x80 <= octet < 0xA0 else "\ufffd" for octet in octets), error.end


codecs.register_error("scrapeline.c1", _c1_for_unmapped)


@functools.lru_cache(256)
def _encoding(label: str) -> str | None:
    """The Encoding Standard's name for a label; None for a label that it does not know."""
    found = webencodings.lookup(label)
    return found.name if found else None


@functools.lru_cache(1024)
def _of_header(content_type: str) -> str | None:
    match = _CHARSET.search(content_type)
    return _encoding((match[1] or match[2] or match[3] or "").strip()) if match else None


def _of_page(body: bytes) -> str | None:
    """What the page's own `<?xml encoding>` or `<meta charset>` says."""
    head = body[:_PRESCAN_BYTES]
    match = _XML.match(head.lstrip())
    label = match[1] if match else _of_meta(head)
    name = _encoding(label.decode("latin-1").strip()) if label else None
    if name in ("utf-16le", "utf-16be"):
        return "utf-8"  # these bytes were just read as ASCII
    return "windows-1252" if name == "x-user-defined" else name


def _of_meta(head: bytes) -> bytes | None:
    if b"charset" not in head.lower():
        return None
    head = _without_comments(head)
    end = _HEAD_END.search(head)
    for meta in _META.finditer(head, 0, end.start() if end else len(head)):
        attributes: dict[bytes, bytes] = {name.lower(): a or b or c for name, a, b, c in _ATTRIBUTE.findall(meta[1])}
        if b"charset" in attributes:
            return attributes[b"charset"]
        if attributes.get(b"http-equiv", b"").lower() == b"content-type":
            match = _CHARSET.search(attributes.get(b"content", b"").decode("latin-1"))
            if match:
                return (match[1] or match[2] or match[3] or "").encode("latin-1")
    return None


def _without_comments(head: bytes) -> bytes:
    """By hand: a regular expression takes quadratic time on comments that never end."""
    kept, rest = [], head
    while rest:
        before, opening, rest = rest.partition(b"<!--")
        kept.append(before)
        rest = rest.partition(b"-->")[2] if opening else b""
    return b"".join(kept)


def _of_bom(body: bytes) -> str | None:
    if body[:1] in b"\xef\xfe\xff":
        return next((name for mark, name in _BOMS if body.startswith(mark)), None)
    return None


def _of_json(body: bytes) -> str | None:
    """UTF-16 and UTF-32 of older writers, by where zero octets stand (RFC 4627, 3); None for UTF-8 (RFC 8259, 8.1)."""
    zeros = [octet == 0 for octet in body[:4]]
    patterns = {
        "utf-32-be": [True, True, True, False],
        "utf-32-le": [False, True, True, True],
        "utf-16-be": [True, False, True, False],
        "utf-16-le": [False, True, False, True],
    }
    return next((name for name, pattern in patterns.items() if pattern == zeros), None)


def declared_encoding(body: bytes, content_type: str, declared: str | None = None) -> str | None:
    """The encoding that the first of these names: byte order mark, the source file, Content-Type, the page itself."""
    own = _encoding(declared) if declared else None
    return _of_bom(body) or own or _of_header(content_type) or _of_page(body)


def _is_json(content_type: str) -> bool:
    return "json" in content_type[:80].lower()


def _decode_as(body: bytes, name: str) -> str:
    if name == "utf-8":
        return body.decode("utf-8", "replace").removeprefix("\ufeff")
    if name.startswith("utf-"):
        return body.decode(name, "replace").removeprefix("\ufeff")
    found = webencodings.lookup(name)
    if found is None or name == "replacement":
        return "\ufffd" if body else ""
    decoder = codecs.lookup(_SUPERSETS[name]) if name in _SUPERSETS else found.codec_info
    text: str = decoder.decode(body, "scrapeline.c1" if name.startswith("windows-") else "replace")[0]
    return text


def decode(body: bytes, content_type: str, declared: str | None = None) -> str:
    """The text of a body; never raises.

    A declaration is believed even when it is wrong, as browsers do; octets that it cannot explain become U+FFFD.
    Without one, valid UTF-8 is UTF-8 and everything else windows-1252.

    Args:
      content_type: the header's value, empty when absent.
      declared: what the source file says (`fetch.charset`); a label that does not exist is ignored.
    """
    fallback = "windows-1252"
    if declared or not _is_json(content_type):
        name = declared_encoding(body, content_type, declared)
    else:
        name = _of_bom(body) or _of_json(body)
        fallback = _of_header(content_type) or "utf-8"
    if name is not None:
        return _decode_as(body, name)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_as(body, fallback)
