"""What the pages of one type have in common, as a short list of signs, and how much two such lists have in common.

A sign is a short text such as `ul>li`, `li.card` or `a[href]` (scrapers.extraction.skeleton): whoever wonders why two
runs are unlike can read both lists.
"""

import zlib
from collections.abc import Collection, Iterable, Mapping

__all__ = ["MOST_SIGNS", "common_signs", "likeness", "some_of"]

MOST_SIGNS = 100
"""Of one page type in one execution. Few, because every execution row has them; enough to tell 1 % from 2 %."""


def some_of(signs: Iterable[str], count: int) -> list[str]:
    """At most so many of some signs, chosen alike on every page and in every run: those whose CRC-32 is smallest.

    Chosen by their alphabet, they would all be of one sort; chosen by chance, two lists could not be compared.
    """
    return sorted(sorted(set(signs), key=_place)[:count])


def common_signs(counts: Mapping[str, int], pages: int) -> list[str]:
    """The signs that at least half of the pages have, at most MOST_SIGNS, sorted.

    Args:
      counts: sign -> pages that have it.
      pages: that were looked at.

    >>> common_signs({"ul>li": 3, "p.sale": 1, "p.price": 2}, 4)
    ['p.price', 'ul>li']
    """
    return some_of([sign for sign, count in counts.items() if 2 * count >= pages], MOST_SIGNS)


def likeness(one: Collection[str], other: Collection[str]) -> float:
    """The share of all signs of two lists that both have, 0 to 1; of two empty ones 1.

    Where a list was cut at MOST_SIGNS, only signs that both lists would have shown are counted.

    >>> likeness(["li.card", "ul>li", "li>p"], ["li.card", "ul>li", "li>b"])
    0.5
    """
    cut = [max(map(_place, signs)) for signs in (one, other) if len(signs) >= MOST_SIGNS]
    here, there = ({sign for sign in signs if not cut or _place(sign) <= min(cut)} for signs in (one, other))
    return len(here & there) / len(here | there) if here or there else 1.0


def _place(sign: str) -> tuple[int, str]:
    return zlib.crc32(sign.encode()), sign
