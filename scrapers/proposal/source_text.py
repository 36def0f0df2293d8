"""A candidate as the text of a source file, with comments that say where each part came from."""

import json
import re
import time
from collections.abc import Sequence
from typing import Any

from scrapers.proposal.candidate import Candidate, ProposedField

__all__ = ["flow", "source_text"]

_PLAIN = re.compile(r"[A-Za-z_./][A-Za-z0-9_./ -]*[A-Za-z0-9_.]|[A-Za-z_]")
_RESERVED = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n"])
_EXAMPLE_LENGTH = 50  # characters
_MAX_PAGES = 50  # of one listing: enough to be useful, and a mistake in `next` ends soon


def flow(value: Any) -> str:
    """A value in YAML's flow style, quoted only where it must be.

    >>> flow({"css": "h3 a::attr(href)", "list": True, "urls": ["https://a.example/"]})
    '{css: "h3 a::attr(href)", list: true, urls: ["https://a.example/"]}'
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) and value.lower() not in _RESERVED else _quoted(value)
    return json.dumps(value)


def _quoted(text: str) -> str:
    """A double-quoted scalar: JSON's string, with what YAML does not allow as it is (5.1) escaped too."""
    plain = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in plain)


def source_text(
    candidate: Candidate,
    *,
    name: str,
    url: str,
    fetched_at: float,
    rendered: bool = False,
    left_out: Sequence[ProposedField] = (),
    others: Sequence[Candidate] = (),
) -> str:
    """The whole file.

    Args:
      url: the page, which becomes the seed.
      fetched_at: Unix seconds.
      rendered: a browser made the page, and has to again.
      left_out: fields that too few items have: named in a comment.
      others: what else the page could be read as: named in a comment.
    """
    lines = _head(candidate, name, url, fetched_at, others)
    if rendered:
        lines.append("fetch: {mode: browser}  # auto, where some of its pages may do without")
    lines.append("")
    if candidate.items is not None:
        lines.append(f"items: {flow(candidate.items)}  # {candidate.count} on that page")
    lines += ["fields:", *(_field_line(field, candidate) for field in candidate.fields)]
    lines += [f"  # {flow(field.name)}: {flow(field.rule)}  # only {_counted(field, candidate)}" for field in left_out]
    if candidate.next_rule is not None:
        rule = flow({**candidate.next_rule, "max_pages": _MAX_PAGES})
        lines.append(f"next: {rule}  # {_comment(candidate.next_origin)}")
    return "\n".join(lines) + "\n"


def _head(candidate: Candidate, name: str, url: str, fetched_at: float, others: Sequence[Candidate]) -> list[str]:
    day = time.strftime("%Y-%m-%d", time.gmtime(fetched_at))
    url = url.replace("${", "%24%7B")  # a seed is a template
    again = _comment(f"scrapeline new {url} --kind")
    no_key = "# key: no field is different in every row; without a key, the whole row is it"
    return [
        f"# Proposed by `scrapeline new` from one page ({day}): {_comment(candidate.what)}.",
        f"# Look it over, then: scrapeline try {name}; scrapeline try {name} --save; scrapeline run {name} --limit 5",
        *(f"# The page also has {_comment(other.what)}: {again} {other.kind}" for other in others),
        f"source: {name}",
        f"table: {_table_name(name, candidate)}",
        f"key: {flow(candidate.key)}" if candidate.key else no_key,
        f"seeds: {flow({'urls': [url]})}",
    ]


def _table_name(name: str, candidate: Candidate) -> str:
    return f"{name.replace('-', '_').lower()}.{candidate.noun}"


def _field_line(field: ProposedField, candidate: Candidate) -> str:
    origin = f"; {_comment(field.origin)}" if field.origin else ""
    example = f", e.g. {_quoted(_short(field.example))}" if field.example else ""
    return f"  {flow(field.name)}: {flow(field.rule)}  # {_counted(field, candidate)}{example}{origin}"


def _counted(field: ProposedField, candidate: Candidate) -> str:
    return f"{field.found} of {candidate.count}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _EXAMPLE_LENGTH else text[: _EXAMPLE_LENGTH - 1] + "…"


def _comment(text: str) -> str:
    """One line without what YAML forbids in a comment (control characters: YAML 1.2.2, 5.1)."""
    return "".join(char if char.isprintable() else " " for char in text)
