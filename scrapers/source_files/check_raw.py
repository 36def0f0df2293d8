"""Checks what a source takes of scrapers elsewhere, and that no two sources take the same."""

from collections.abc import Iterable, Iterator

from scrapers.source_files.loaded import LoadedSource
from scrapers.source_files.mistakes import Finding, Mark, Mistake, nearest
from scrapers.source_files.subject import Subject

__all__ = ["ONLY_RAW", "check_raw", "names_taken", "only_raw", "taken_twice"]

ONLY_RAW = "it takes raw output, told of by events `scraper.complete`, and has no `seeds` to fetch"


def check_raw(subject: Subject) -> Iterator[Finding]:
    """What a `raw` section says that cannot hold."""
    raw = subject.source.raw
    if raw is None:
        return
    if raw.page is not None and raw.page not in subject.pages:
        known = ", ".join(subject.pages) if subject.source.pages else "none: there is no `pages`"
        yield Finding(
            ("raw", "page"), f"there is no page type `{raw.page}`; there is {known}", nearest(raw.page, subject.pages)
        )
    if raw.scrapers == []:
        yield Finding(("raw", "scrapers"), "an empty list: expected the names of scrapers")
    seen: set[str] = set()
    for number, name in enumerate(raw.scrapers or ()):
        if not name or name in seen:
            yield Finding(("raw", "scrapers", number), f"`{name}` stands here twice" if name else "expected a name")
        seen.add(name)
    if subject.source.schedule is not None and subject.source.seeds is None:
        message = "there is nothing to fetch: the source takes raw output, and has no `seeds`"
        yield Finding(("schedule",), message)


def names_taken(loaded: LoadedSource) -> list[str]:
    """The scrapers whose raw output a source takes; none when it takes no raw output."""
    raw = loaded.source.raw
    return [] if raw is None else raw.scrapers or [loaded.source.source]


def only_raw(loaded: LoadedSource) -> bool:
    """Whether a source fetches nothing by itself."""
    return loaded.source.raw is not None and loaded.source.seeds is None


def taken_twice(sources: Iterable[LoadedSource]) -> Iterator[Mistake]:
    """A scraper's output goes one way."""
    takers: dict[str, LoadedSource] = {}
    for loaded in sources:
        for name in names_taken(loaded):
            first = takers.setdefault(name, loaded)
            if first is not loaded:
                message = f"sources {first.source.source} and {loaded.source.source} both take `{name}`: one can"
                yield Mistake(_mark(loaded), "raw.scrapers", message)


def _mark(loaded: LoadedSource) -> Mark:
    """Where the file says so."""
    for key in ("raw.scrapers", "raw.scrapers[0]", "raw"):
        if key in loaded.origins:
            file, _, line = loaded.origins[key].rpartition(":")
            return Mark(file, int(line))
    return Mark(loaded.path.name, 1)
