"""Where a source starts: small specs for each host, opened into requests in that host's own queue."""

import bisect
import dataclasses
import itertools
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from schemas.request import Request, RequestSpec
from scrapers.hosts import host_key
from scrapers.source_files.loaded import LoadedSource
from scrapers.source_files.mistakes import Mark, Mistake, SourceFileErrors, shown
from scrapers.source_files.request_rules import make_request
from scrapers.source_files.seed_params import ParamError, numbered_lines, parse_params
from scrapers.source_files.seed_plan import SeedTemplate, params_of, seed_templates
from scrapers.source_files.sitemaps import SITEMAP, read_sitemap, sitemap_rules
from scrapers.source_files.template import TemplateError
from scrapers.source_files.url_credentials import SEND_A_HEADER, has_password

__all__ = [
    "ParamError",
    "count_seeds",
    "expand",
    "key_of",
    "make_request",
    "parse_params",
    "plan_specs",
    "read_sitemap",
    "slots_of",
]

CHUNK = 500
MAX_SLOTS = 8
_MAX_WAITING = 50_000


def slots_of(loaded: LoadedSource) -> int:
    """How many owners one host may have: several only where no page leads on, since what was seen has one owner."""
    if _leads_on(loaded):
        return 1
    return min(loaded.source.politeness.concurrency, MAX_SLOTS)


def _leads_on(loaded: LoadedSource) -> bool:
    seeds = loaded.source.seeds
    pages = loaded.source.page_types().values()
    return bool(seeds and seeds.sitemap) or any(page.next or page.follow for page in pages)


def key_of(spec: RequestSpec, loaded: LoadedSource) -> tuple[str, int]:
    """The (registrable domain, slot) whose owner works on this spec."""
    if spec.stride is not None:
        return spec.host, spec.stride[0]
    slots = slots_of(loaded)
    slot = int(spec.spec_id[:8], 16) % slots if slots > 1 else 0
    return host_key(spec.requests[0].url, slot)


def plan_specs(
    loaded: LoadedSource,
    execution_id: str,
    *,
    params: Mapping[str, Any] | None = None,
    urls: Iterable[str] | None = None,
    limit: int | None = None,
    tick: float,
    deadline_at: float = 0.0,
) -> Iterator[RequestSpec]:
    """What an execution starts with; each spec is of one host.

    Args:
      params: overrides of `seeds.params`, by name: texts as `--param` takes them, or lists.
      urls: instead of the source's own seeds.
      limit: the most pages of the execution; the source's `limits.max_pages` counts too. Shared out between the specs.
      tick: the scheduled instant, Unix seconds.
      deadline_at: Unix seconds after which nobody wants its pages; 0 for never.

    Raises:
      ParamError: a parameter is unknown or its values cannot be understood.
      SourceFileErrors: the seed file holds lines that are no URLs.
    """
    limit = min(filter(None, (limit, loaded.source.limits.max_pages)), default=None)
    start = RequestSpec(
        loaded.source.source, execution_id, params=dict(params or {}), tick=tick, deadline_at=deadline_at
    )
    if urls is not None:
        params_of(loaded, start.params, tick)
        specs = _chunks(start, loaded, itertools.islice(urls, limit))
    else:
        specs = itertools.chain(
            _strides(start, loaded), _from_file(start, loaded, limit), _from_sitemaps(start, loaded)
        )
    return specs if limit is None else iter(_shared_out(list(specs), loaded, limit))


def _strides(start: RequestSpec, loaded: LoadedSource) -> list[RequestSpec]:
    slots = slots_of(loaded)
    specs = []
    for host, templates in seed_templates(loaded, start.params, start.tick).items():
        count = sum(map(len, templates))
        specs += [dataclasses.replace(start, host=host, stride=(slot, slots)) for slot in range(min(slots, count))]
    return specs


def _from_file(start: RequestSpec, loaded: LoadedSource, limit: int | None) -> Iterator[RequestSpec]:
    seeds = loaded.source.seeds
    if seeds is None or seeds.file is None:
        return iter(())
    path = loaded.path.parent / seeds.file
    name = path.relative_to(loaded.folder).as_posix() if path.is_relative_to(loaded.folder) else path.name
    mistakes = itertools.islice(bad_lines(path, name), 20)
    if first := list(mistakes):
        raise SourceFileErrors(first)
    return _chunks(start, loaded, itertools.islice((line for _, line in numbered_lines(path)), limit))


def bad_lines(path: Path, name: str, *, most_lines: int | None = None) -> Iterator[Mistake]:
    """The lines of a seed file that are no URLs; `most_lines` are looked at, None for all."""
    for number, line in itertools.islice(numbered_lines(path), most_lines):
        if not line.lower().startswith(("http://", "https://")) or " " in line:
            yield Mistake(Mark(name, number), "", f"{shown(line)} is no URL: expected http:// or https://, one a line")
        elif has_password(line):
            yield Mistake(Mark(name, number), "", SEND_A_HEADER)


def _from_sitemaps(start: RequestSpec, loaded: LoadedSource) -> list[RequestSpec]:
    rules = sitemap_rules(loaded.source)
    params = _single_params(loaded, start) if rules else {}
    requests = [Request(start.source, rule.url, start.execution_id, SITEMAP, params=params) for rule in rules]
    return [dataclasses.replace(start, requests=(request,)) for request in requests]


def _chunks(start: RequestSpec, loaded: LoadedSource, urls: Iterable[str]) -> Iterator[RequestSpec]:
    """Explicit URLs by host, at most CHUNK in a spec and _MAX_WAITING in memory."""
    page_type = next(iter(loaded.source.page_types()))
    params = _single_params(loaded, start)
    waiting: dict[str, list[Request]] = {}
    count = 0
    for url in urls:
        request = make_request(loaded, page_type, url, execution_id=start.execution_id, params=params)
        host, count = host_key(url)[0], count + 1
        waiting.setdefault(host, []).append(request)
        if len(waiting[host]) == CHUNK or count >= _MAX_WAITING:
            fullest = max(waiting, key=lambda name: len(waiting[name]))
            requests = waiting.pop(fullest)
            count -= len(requests)
            yield dataclasses.replace(start, requests=tuple(requests))
    for requests in waiting.values():
        yield dataclasses.replace(start, requests=tuple(requests))


def _single_params(loaded: LoadedSource, start: RequestSpec) -> dict[str, Any]:
    """The parameters that have one value: explicit URLs have them too."""
    values = params_of(loaded, start.params, start.tick)
    return {name: chosen[0] for name, chosen in values.items() if len(chosen) == 1}


def _shared_out(specs: list[RequestSpec], loaded: LoadedSource, limit: int) -> list[RequestSpec]:
    """The specs with a share of the limit each: equal ones, but none more than its spec can use."""
    sizes = [limit if _leads_on(loaded) else _size(spec, loaded) for spec in specs]
    shares = [0] * len(specs)
    left = limit
    while left and (open_ := [n for n, size in enumerate(sizes) if shares[n] < size]):
        each, over = divmod(left, len(open_))
        for place, number in enumerate(open_):
            more = min(each + (place < over), sizes[number] - shares[number])
            shares[number] += more
            left -= more
    return [dataclasses.replace(spec, limit=share) for spec, share in zip(specs, shares, strict=True) if share]


def _size(spec: RequestSpec, loaded: LoadedSource) -> int:
    if spec.stride is None:
        return len(spec.requests)
    templates = seed_templates(loaded, spec.params, spec.tick)[spec.host]
    return len(range(spec.stride[0], sum(map(len, templates)), spec.stride[1]))


def count_seeds(loaded: LoadedSource, params: Mapping[str, Any] | None = None, tick: float | None = None) -> int:
    """How many requests are known before anything is fetched; a sitemap counts as one. Raises ParamError."""
    seeds = loaded.source.seeds
    templates = seed_templates(loaded, params, time.time() if tick is None else tick)
    count = sum(len(template) for cut in templates.values() for template in cut) + len(sitemap_rules(loaded.source))
    if seeds is not None and seeds.file is not None:
        count += sum(1 for _ in numbered_lines(loaded.path.parent / seeds.file))
    return count


def expand(spec: RequestSpec, loaded: LoadedSource) -> Iterator[Request]:
    """The requests that a spec stands for, one at a time."""
    if spec.stride is None:
        yield from spec.requests
        return
    page_type = next(iter(loaded.source.page_types()))
    templates = seed_templates(loaded, spec.params, spec.tick).get(spec.host, [])
    ends = list(itertools.accumulate(map(len, templates)))
    first, step = spec.stride
    for number in range(first, ends[-1] if ends else 0, step):
        place = bisect.bisect_right(ends, number)
        index = number - (ends[place - 1] if place else 0)
        yield _seed(spec, loaded, page_type, templates[place], index)


def _seed(spec: RequestSpec, loaded: LoadedSource, page_type: str, template: SeedTemplate, index: int) -> Request:
    params = template.params(index)
    try:
        return make_request(
            loaded, page_type, template.url, execution_id=spec.execution_id, params=params, template=True
        )
    except TemplateError:  # the URL stays as it is written: fetching it ends as a letter that shows it
        return Request(spec.source, template.url, spec.execution_id, page_type, params=params)
