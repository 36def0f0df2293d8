"""What is chosen in the rendering layer, each to be switched off alone."""

import dataclasses

__all__ = ["CHOICES", "Choice"]


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """How pages are rendered.

    Attributes:
      reuses_tabs: a tab renders page after page; else each page gets a new one.
      blocks: images, fonts and media are not loaded; nor style sheets, which nothing here needs.
      lays_out: pages are laid out.
      one_trip: readiness and content in one round trip; else Playwright is asked for one after the other.
      guarded: everything goes through the guard proxy.
    """

    reuses_tabs: bool = True
    blocks: bool = True
    lays_out: bool = False
    one_trip: bool = True
    guarded: bool = True


CHOICES = {
    "as it is": Choice(),
    "a new tab for each page": Choice(reuses_tabs=False),
    "nothing blocked": Choice(blocks=False),
    "laid out": Choice(lays_out=True),
    "readiness and content by Playwright": Choice(one_trip=False),
    "without the guard proxy": Choice(guarded=False),
    "none of these choices": Choice(reuses_tabs=False, blocks=False, lays_out=True, one_trip=False, guarded=False),
}
