"""The plan of a run: which sources, with what; written once, read by the workers, kept for `--resume`."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from schemas.fetch_modes import Mode
from schemas.ids import content_id
from schemas.plan import Plan
from scrapers.source_files.load import LoadedSource
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = [
    "PLAN_FILE",
    "logs_in",
    "plan_path",
    "plan_run",
    "plans_text",
    "read_plans",
    "types_with_mode",
    "with_source",
    "write_plans",
]

PLAN_FILE = "plan.json"


def plan_run(
    sources: Iterable[LoadedSource],
    *,
    run_id: str,
    started_at: float,
    params: Mapping[str, Any],
    urls_file: str = "",
    limit: int | None = None,
    deadline_at: float = 0.0,
) -> list[Plan]:
    """A plan for each source. The execution's id is that of run and source, so a restart has the same.

    Args:
      params: of the whole run; each source gets those that it has.
      deadline_at: Unix seconds after which nothing more is begun; 0 for never.
    """
    return [
        Plan(
            execution_id=content_id("execution", run_id, loaded.source.source),
            run_id=run_id,
            source=loaded.source.source,
            attempt=1,
            started_at=started_at,
            params={name: value for name, value in params.items() if name in _params(loaded)},
            urls_file=urls_file,
            limit=limit,
            deadline_at=deadline_at,
        )
        for loaded in sources
    ]


def _params(loaded: LoadedSource) -> Mapping[str, Any]:
    return (loaded.source.seeds.params or {}) if loaded.source.seeds else {}


def with_source(
    plan: Plan, loaded: LoadedSource, *, sources_digest: str, git_commit: str, auto_modes: Mapping[str, Mode]
) -> Plan:
    """The plan with what its source says now: its checks may have been mended since the run was planned.

    Args:
      auto_modes: page type -> how the last run of the source found that `fetch.mode: auto` begins best.
    """
    checks = loaded.source.checks
    if plan.replay_of:  # a few requests: what is fine for a whole run says nothing of them
        checks = checks.model_copy(update={"min_rows": None, "max_dead": 1.0, "coverage": {}})
    return dataclasses.replace(
        plan,
        min_rows=checks.min_rows,
        max_dead=checks.max_dead,
        coverage=checks.coverage,
        empty_ok=loaded.source.empty == "ok" or bool(plan.replay_of),
        robots_ignored_because=loaded.source.politeness.robots.because or "",
        sources_digest=sources_digest,
        git_commit=git_commit,
        auto_modes={name: auto_modes.get(name, "http") for name in types_with_mode(loaded, "auto")},
        scraper_version=loaded.digest,
    )


def types_with_mode(loaded: LoadedSource, *modes: str) -> list[str]:
    """The page types of a source with one of these as `fetch.mode`."""
    types = loaded.source.page_types().items()
    return [name for name, page in types if page.fetch is not None and page.fetch.mode in modes]


def logs_in(loaded: LoadedSource) -> bool:
    """Whether a source has log-in steps: they are done in a browser, also where its pages come over HTTP."""
    session = loaded.source.session
    return session is not None and session.login is not None


def write_plans(layout: OutputLayout, plans: list[Plan]) -> None:
    """Writes the plan of one attempt; an attempt has one plan, for ever."""
    filesystem.write_whole(plan_path(layout), plans_text(plans))


def plans_text(plans: Sequence[Plan]) -> bytes:
    """What a file of these plans holds."""
    return orjson.dumps(plans, default=dict, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)


def read_plans(layout: OutputLayout) -> list[Plan]:
    """The plans of an attempt. Runs of a group share a file; those of others are left out.

    Raises:
      FileNotFoundError: no such run or attempt under this output folder.
    """
    with filesystem.open_to_read(plan_path(layout)) as file:
        return [Plan(**values) for values in orjson.loads(file.read()) if values["run_id"] == layout.run_id]


def plan_path(layout: OutputLayout) -> str:
    """The file of an attempt's plans."""
    return f"{layout.run}/attempt-{layout.attempt}-{PLAN_FILE}"
