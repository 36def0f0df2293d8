"""What the pages of one type came to, and what they look like."""

import dataclasses
from collections import Counter
from collections.abc import Collection
from typing import Any, NamedTuple, Self

from schemas.outcome import Outcome
from schemas.page import Page
from schemas.skeleton import common_signs, likeness

__all__ = ["PageTypeCounts", "Sample"]


class Sample(NamedTuple):
    """One page that was looked at, and where it stands in the archive. Of two the one with the smaller URL is kept:
    then it is most often the same page in one run as in the next, and both can be laid side by side."""

    url: str
    file: str
    offset: int
    digest: str


@dataclasses.dataclass(slots=True)
class PageTypeCounts:
    """Of one page type in (a part of) one execution.

    Attributes:
      pages: that were read, those of an earlier attempt included.
      led_to: new requests that they asked for.
      items: that ended on these pages, those that were carried there and those that a hook left out included.
      rows: accepted of them.
      sampled: pages whose signs were taken; one that had nothing to give (`no_items`) may be among them.
      signs: sign -> sampled pages that have it.
      sample: None when no sampled page was archived.
    """

    pages: int = 0
    led_to: int = 0
    items: int = 0
    rows: int = 0
    sampled: int = 0
    signs: Counter[str] = dataclasses.field(default_factory=Counter)
    sample: Sample | None = None

    def end(self, outcome: Outcome, page: Page | None) -> None:
        """Adds how one request ended."""
        if outcome.end == "pages":
            self.pages += 1
            self.led_to += len(outcome.spawned)
        if outcome.skeleton:
            self.sampled += 1
            self.signs.update(outcome.skeleton)
            if page is not None and page.archived is not None:
                at = page.archived
                self._keep(Sample(page.url, at.file, at.offset, at.digest))

    def add(self, other: Self) -> None:
        """Adds those of other requests of the same page type."""
        for name in ("pages", "led_to", "items", "rows", "sampled"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.signs.update(other.signs)
        if other.sample is not None:
            self._keep(other.sample)

    @property
    def told(self) -> bool:
        """Whether there is anything to tell: a request that was dropped has left nothing."""
        return bool(self.pages or self.items or self.sampled)

    def _keep(self, sample: Sample) -> None:
        self.sample = min(self.sample, sample) if self.sample is not None else sample

    def record(self, skeleton_before: Collection[str] | None) -> dict[str, Any]:
        """As the execution row has it.

        Args:
          skeleton_before: of the last well run; None for none.
        """
        skeleton = common_signs(self.signs, self.sampled)
        compared = bool(skeleton) and bool(skeleton_before)
        return {
            "pages": self.pages,
            "led_to": self.led_to,
            "items": self.items,
            "rows": self.rows,
            "sampled": self.sampled,
            "skeleton": skeleton,
            "like_before": round(likeness(skeleton, skeleton_before or ()), 4) if compared else None,
            "sample": self.sample._asdict() if self.sample is not None else None,
        }
