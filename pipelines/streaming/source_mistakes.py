"""What keeps sources from being used, or their pages from being fetched: file, line and field, for people."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from scrapers.source_files.load import LoadedSource, SourceFileErrors
from scrapers.source_files.wanted_secrets import wanted_secrets

__all__ = ["said_of"]


def said_of(
    broken: Mapping[str, Exception],
    sources: Iterable[LoadedSource],
    secret: Callable[[str], str],
    others: Iterable[object] = (),
) -> list[str]:
    """Sentences, as `scrapeline sources check` says them, each once.

    Args:
      broken: source -> why it cannot be used.
      sources: those that can; of these only secrets that are not set.
      secret: gives the value of a secret; raises KeyError.
      others: mistakes of files that name no source.
    """
    said = [*map(str, others), *(line for name, error in broken.items() for line in _lines(name, error))]
    return list(dict.fromkeys([*said, *(line for one in sources for line in _unset(one, secret))]))


def _lines(name: str, error: Exception) -> list[str]:
    if isinstance(error, SourceFileErrors):
        return [str(mistake) for mistake in error.mistakes]
    return [f"source {name}: {error}"]


def _unset(loaded: LoadedSource, secret: Callable[[str], str]) -> Iterator[str]:
    for name, where in wanted_secrets(loaded):
        try:
            secret(name)
        except KeyError:
            yield f"{where}: the secret {name!r} is not set (SCRAPELINE_SECRET_{name.upper()} in the environment)"
