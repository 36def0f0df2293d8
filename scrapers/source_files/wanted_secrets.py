"""Which secrets a source wants, and where it says so."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from scrapers.source_files.loaded import LoadedSource
from scrapers.source_files.mistakes import YamlPath, dotted
from scrapers.source_files.template import placeholders

__all__ = ["WantedSecret", "wanted_secrets"]

_PREFIX = "secret."


class WantedSecret(NamedTuple):
    """A secret, by its name, and where it is wanted: `file:line: dotted.key`."""

    name: str
    where: str


def wanted_secrets(loaded: LoadedSource) -> Iterator[WantedSecret]:
    """The secrets of one source, each as often as it stands there."""
    for path, text in _texts(loaded.source.model_dump(by_alias=True, exclude_none=True), ()):
        if f"${{{_PREFIX}" not in text:
            continue
        key = dotted(path)
        where = f"{loaded.origins.get(key, loaded.path.name)}: {key}"
        try:
            names = placeholders(text)
        except ValueError:  # no template: the text happens to look like one
            continue
        for name in names:
            if name.startswith(_PREFIX):
                yield WantedSecret(name.removeprefix(_PREFIX), where)


def _texts(value: Any, path: YamlPath) -> Iterator[tuple[YamlPath, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _texts(one, (*path, key))
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value):
            yield from _texts(one, (*path, number))
