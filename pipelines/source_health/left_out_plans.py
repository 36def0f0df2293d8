"""Plans of sources that are not to be fetched now say so: their executions end as they are, without a request."""

import dataclasses
from collections.abc import Iterable, Mapping

from pipelines.source_health.leaving_out import Availability
from schemas.plan import Plan
from scrapers.source_files.load import LoadedSource
from scrapers.source_files.seeds import count_seeds

__all__ = ["with_availability"]


def with_availability(
    plans: Iterable[Plan], sources: Mapping[str, LoadedSource], availability: Availability, url_count: int = 0
) -> list[Plan]:
    """The plans; those of sources that are disabled, in backoff or being tried with `out_because`.

    Args:
      url_count: URLs that replace the seeds; 0 for the seeds.
    """
    return [_asked(plan, sources[plan.source], availability, url_count) for plan in plans]


def _asked(plan: Plan, loaded: LoadedSource, availability: Availability, url_count: int) -> Plan:
    because = availability.out_because(plan.source, by=plan.execution_id)
    if not because:
        return plan
    known = url_count or count_seeds(loaded, plan.params, plan.started_at)
    most = [limit for limit in (plan.limit, loaded.source.limits.max_pages) if limit]
    return dataclasses.replace(plan, out_because=because, out_requests=min([known, *most]))
