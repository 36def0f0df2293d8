"""What is proposed: fields as a source file writes them, each with where it came from."""

import dataclasses
from typing import Any, Literal

__all__ = ["Candidate", "Kind", "ProposedField"]

Kind = Literal["json", "jsonld", "microdata", "table", "cards", "script", "page"]


@dataclasses.dataclass(slots=True)
class ProposedField:
    """One field.

    Attributes:
      rule: the field's mapping in the source file (`css`, `type`, `convert`, ...).
      found: items of the page that have it.
      origin: where it came from, for the comment beside it.
      example: a value of the page, as text.
    """

    name: str
    rule: dict[str, Any]
    found: int = 0
    origin: str = ""
    example: str = ""


@dataclasses.dataclass(slots=True)
class Candidate:
    """One way to read the page.

    Attributes:
      what: what an item is, for people: `20 times article.product_pod`.
      noun: of the table's name: `products`, `recipes`, `items`.
      items: the source file's `items`; None when the page itself is the item.
      count: items that the page has.
      score: higher is the better reading of this page; only compared on one page.
      key: fields that identify a row.
      next_rule, next_origin: how the listing goes on; None when it does not.
    """

    kind: Kind
    what: str
    noun: str
    items: dict[str, Any] | None
    fields: list[ProposedField]
    count: int
    score: float = 0.0
    key: list[str] = dataclasses.field(default_factory=list)
    next_rule: dict[str, Any] | None = None
    next_origin: str = ""
