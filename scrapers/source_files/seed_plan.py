"""A source's own seeds, counted and addressed by number without being laid out: a million of them cost nothing."""

import dataclasses
import functools
import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from scrapers.hosts import host_of, registrable_domain
from scrapers.source_files.loaded import LoadedSource
from scrapers.source_files.mistakes import nearest
from scrapers.source_files.request_rules import texts_of
from scrapers.source_files.seed_params import ParamError, overridden, values_of
from scrapers.source_files.template import TemplateError, fill_url, placeholders

__all__ = ["SeedTemplate", "params_of", "seed_templates"]

AUTHORITY = re.compile(r"[^:/]*://[^/?#]*")
_MAX_HOST_COMBINATIONS = 100_000


@dataclasses.dataclass(frozen=True, slots=True)
class SeedTemplate:
    """One URL with the parameters that make its seeds different.

    Attributes:
      names, values: the parameters and what each may be; the last one changes fastest.
    """

    url: str
    names: tuple[str, ...]
    values: tuple[Sequence[Any], ...]

    def __len__(self) -> int:
        return math.prod(len(values) for values in self.values)

    def params(self, index: int) -> dict[str, Any]:
        """The parameters of seed number `index`: its digits in a mixed radix."""
        chosen: dict[str, Any] = {}
        for name, values in zip(reversed(self.names), reversed(self.values), strict=True):
            index, digit = divmod(index, len(values))
            chosen[name] = values[digit]
        return chosen

    def hosts(self) -> dict[str, list["SeedTemplate"]]:
        """This template by registrable domain; cut up where its parameters choose between several."""
        authority = found[0] if (found := AUTHORITY.match(self.url)) else self.url.partition("/")[0]
        choosing = {name.removeprefix("params.") for name in placeholders(authority)} & set(self.names)
        picks = [range(len(values)) if name in choosing else range(1) for name, values in self._pairs()]
        by_host: dict[str, list[SeedTemplate]] = {}
        for digits in itertools.islice(itertools.product(*picks), _MAX_HOST_COMBINATIONS):
            one = dataclasses.replace(
                self,
                values=tuple(
                    [values[digit]] if name in choosing else values
                    for (name, values), digit in zip(self._pairs(), digits, strict=True)
                ),
            )
            by_host.setdefault(_domain(one), []).append(one)
        return by_host if len(by_host) > 1 else {host: [self] for host in by_host}

    def _pairs(self) -> Iterator[tuple[str, Sequence[Any]]]:
        return zip(self.names, self.values, strict=True)


def _domain(template: SeedTemplate) -> str:
    try:
        url = fill_url(template.url, params=template.params(0)) if "${" in template.url else template.url
    except TemplateError:
        url = template.url
    return registrable_domain(host_of(url))


def seed_templates(
    loaded: LoadedSource, params: Mapping[str, Any] | None, tick: float
) -> dict[str, list[SeedTemplate]]:
    """Host -> the templates of `seeds.urls` on it, in the order of the file. Raises ParamError."""
    return _templates(loaded, orjson.dumps(dict(params or {}), default=str), tick)


@functools.lru_cache(256)
def _templates(loaded: LoadedSource, params: bytes, tick: float) -> dict[str, list[SeedTemplate]]:
    seeds = loaded.source.seeds
    values = params_of(loaded, orjson.loads(params), tick)
    everywhere = _used_by_requests(loaded)
    by_host: dict[str, list[SeedTemplate]] = {}
    for url in (seeds.urls or []) if seeds else []:
        used = {name.removeprefix("params.") for name in placeholders(url)} | everywhere
        names = tuple(name for name in values if name in used or len(values[name]) == 1)
        template = SeedTemplate(url, names, tuple(values[name] for name in names))
        if len(template):
            for host, cut in template.hosts().items():
                by_host.setdefault(host, []).extend(cut)
    return by_host


def _used_by_requests(loaded: LoadedSource) -> set[str]:
    """The parameters that the first page type's request sends: they too make seeds different."""
    first = next(iter(loaded.source.page_types().values()))
    if first.request is None:
        return set()
    names = [name for text in texts_of(first.request) for name in placeholders(text)]
    return {name.removeprefix("params.") for name in names if name.startswith("params.")}


def params_of(loaded: LoadedSource, given: Mapping[str, Any], tick: float) -> dict[str, Sequence[Any]]:
    """Every parameter's values, overrides first. Raises ParamError for an unknown one and for one without values."""
    declared = (loaded.source.seeds.params or {}) if loaded.source.seeds else {}
    for name in given:
        if name not in declared:
            near = nearest(name, declared)
            hint = f"did you mean `{near}`?" if near else f"it has {', '.join(declared) or 'none'}"
            raise ParamError(f"source {loaded.source.source} has no parameter `{name}`; {hint}")
    values = {}
    for name, rule in declared.items():
        chosen = overridden(rule, given[name]) if name in given else rule
        if chosen is None:
            raise ParamError(f"parameter `{name}` has no value of its own: give one, e.g. --param {name}=...")
        values[name] = values_of(chosen, loaded.path.parent, tick)
    return values
