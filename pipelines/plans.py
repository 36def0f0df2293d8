"""The plan of a run: which sources, with what; written once, read by the workers, kept for `--resume`."""

import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import Any

from schemas.ids import content_id
from schemas.plan import Plan
from scrapers.source_files.load import LoadedSource
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = ["PLAN_FILE", "plan_run", "read_plans", "write_plans"]

PLAN_FILE = "plan.json"


def plan_run(
    sources: Iterable[LoadedSource],
    *,
    run_id: str,
    started_at: float,
    params: Mapping[str, Any],
    urls_file: str = "",
    limit: int | None = None,
    sources_digest: str = "",
    git_commit: str = "",
) -> list[Plan]:
    """A plan for each source. The execution's id is that of run and source, so a restart has the same."""
    return [
        Plan(
            execution_id=content_id("execution", run_id, loaded.source.source),
            run_id=run_id,
            source=loaded.source.source,
            attempt=1,
            started_at=started_at,
            params=params,
            urls_file=urls_file,
            limit=limit,
            min_rows=loaded.source.checks.min_rows,
            max_dead=loaded.source.checks.max_dead,
            coverage=loaded.source.checks.coverage,
            empty_ok=loaded.source.empty == "ok",
            robots_ignored_because=loaded.source.politeness.robots.because or "",
            sources_digest=sources_digest,
            git_commit=git_commit,
        )
        for loaded in sources
    ]


def write_plans(layout: OutputLayout, plans: list[Plan]) -> None:
    """Writes the plan of one attempt; an attempt has one plan, for ever."""
    with filesystem.create(_path(layout)) as file:
        file.write(json.dumps([dataclasses.asdict(plan) for plan in plans], indent=1).encode())


def read_plans(layout: OutputLayout) -> list[Plan]:
    """The plans of an attempt.

    Raises:
      FileNotFoundError: no such run or attempt under this output folder.
    """
    with filesystem.open_to_read(_path(layout)) as file:
        return [Plan(**values) for values in json.load(file)]


def _path(layout: OutputLayout) -> str:
    return f"{layout.run}/attempt-{layout.attempt}-{PLAN_FILE}"
