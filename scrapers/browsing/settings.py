"""What a process's browser is told at its start."""

import dataclasses

__all__ = ["BrowserSettings"]


@dataclasses.dataclass(frozen=True, slots=True)
class BrowserSettings:
    """Settings of the one Chromium of a process.

    Attributes:
      executable: path of Chromium; empty: found by itself (`executable.find_browser`).
      tabs: pages at once. Four fill two cores; eight gave 8 % more pages for 100 MB more.
      kept_tabs: that stay open in all, busy or not, for the next page of their source: a new one costs twice as much
        CPU as a page, one that waits some 25 MB.
      pages_per_tab: a tab is closed after so many pages and a new one opened: leaks of pages end with it.
      pages_per_browser, age_secs: Chromium is replaced after so many pages, or so long: with its driver it grows by
        some 15 MB in a thousand pages, and a new one costs as much as twenty pages.
      memory_mb: when Chromium's processes together have more (resident set), a quarter of the tabs that wait is
        closed, and fewer are kept from then on; when few wait, it is replaced.
      renderer_memory_mb: one renderer that has more is killed; its page counts as one that crashed its tab.
      launch_secs: until Chromium must answer.
      never_loaded: kinds of files (see `FetchRules.block`) that no page of the process wants: Chromium is told once, at
        its start, which is a fifth cheaper than to tell each tab, and knows a picture whatever its URL looks like.
      sandbox: None: on where it can start.
    """

    executable: str = ""
    tabs: int = 4
    kept_tabs: int = 40
    pages_per_tab: int = 50
    pages_per_browser: int = 2_000
    age_secs: float = 3_600.0
    memory_mb: int = 2_000
    renderer_memory_mb: int = 1_000
    launch_secs: float = 30.0
    never_loaded: frozenset[str] = frozenset()
    sandbox: bool | None = None
