"""The views `scraper_sources` and `scraper_sources_available`: schemas.health as SQL, over the log tables.

The same rules, and a test holds both to them: the level depends on nothing but how many failures that count ended after
the last success and the last time that a person enabled the source.
"""

from typing import Any

from schemas.health import CLASSES, CUT_SHORT, LADDER_HOURS, PATIENCE
from schemas.warehouse import TableId

__all__ = ["AVAILABLE", "SOURCES", "source_view_resources", "source_views", "sources_sql"]

SOURCES = "scraper_sources"
AVAILABLE = "scraper_sources_available"
_DESCRIPTIONS = {
    SOURCES: "How each source is that has run or about which somebody decided: failures in a row, backoff, decisions.",
    AVAILABLE: "The sources that are neither disabled nor in backoff.",
}


def source_views(executions: TableId, decisions: TableId) -> dict[TableId, tuple[str, str]]:
    """View -> (query, description); they stand beside the decisions."""
    sources = sources_sql(executions, decisions)
    queries = {SOURCES: sources, AVAILABLE: f"SELECT *\nFROM (\n{sources}\n)\nWHERE enabled AND NOT in_backoff"}
    return {
        TableId(decisions.project, decisions.dataset, name): (query, _DESCRIPTIONS[name])
        for name, query in queries.items()
    }


def source_view_resources(executions: TableId, decisions: TableId) -> dict[TableId, dict[str, Any]]:
    """The views as BigQuery's API takes them (`tables.insert`)."""
    return {
        view: {
            "tableReference": {"projectId": view.project, "datasetId": view.dataset, "tableId": view.table},
            "description": description,
            "labels": {"scrapeline": "sources"},
            "view": {"query": query, "useLegacySql": False},
        }
        for view, (query, description) in source_views(executions, decisions).items()
    }


def sources_sql(executions: TableId, decisions: TableId, now: str = "CURRENT_TIMESTAMP()") -> str:
    """The query of `scraper_sources`.

    Args:
      now: an expression for the present moment.
    """
    top = len(LADDER_HOURS) - 1
    hours = " ".join(f"WHEN {level} THEN {LADDER_HOURS[level]}" for level in range(1, top + 1))
    uncut = " AND ".join(f"{_count('dropped_by_reason', reason)} = 0" for reason in CUT_SHORT)
    return f"""\
WITH counting AS (
  SELECT * FROM (
    SELECT * FROM `{executions}` WHERE TRUE
    QUALIFY ROW_NUMBER() OVER (PARTITION BY execution_id ORDER BY attempt DESC, ended_at DESC) = 1
  )
  WHERE IFNULL(limited_to, '') = '' AND IFNULL(reparse_of, '') = '' AND IFNULL(replay_of, '') = '' AND {uncut}
), succeeded AS (
  SELECT source, MAX(ended_at) AS last_success_at FROM counting WHERE status <> 'failed' GROUP BY source
), resets AS (
  SELECT source, MAX(reset_at) AS reset_at FROM (
    SELECT source, last_success_at AS reset_at FROM succeeded
    UNION ALL
    SELECT source, decided_at AS reset_at FROM `{decisions}` WHERE action = 'enable'
  )
  GROUP BY source
), in_a_row AS (
  SELECT c.source, COUNT(*) AS failures, LEAST(GREATEST(COUNT(*) - {PATIENCE - 1}, 0), {top}) AS level,
    MAX(c.ended_at) AS last_at
  FROM counting AS c LEFT JOIN resets AS r ON r.source = c.source
  WHERE c.status = 'failed' AND (r.reset_at IS NULL OR c.ended_at > r.reset_at)
  GROUP BY c.source
), backoffs AS (
  SELECT source, failures, level,
    CASE WHEN level > 0 THEN TIMESTAMP_ADD(last_at, INTERVAL (CASE level {hours} ELSE 0 END) HOUR) END AS backoff_until
  FROM in_a_row
), last_failures AS (
  SELECT source, ended_at, reasons[SAFE_OFFSET(0)] AS sentence, {_class()} AS failure_class
  FROM (SELECT *, {_letters()} FROM counting WHERE status = 'failed')
  WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (PARTITION BY source ORDER BY ended_at DESC, execution_id DESC) = 1
), switched AS (
{_last(decisions, "enable", "disable")}
), scheduled AS (
{_last(decisions, "schedule", "unschedule")}
), names AS (
  SELECT source FROM `{executions}` UNION DISTINCT SELECT source FROM `{decisions}`
)
SELECT
  n.source,
  IFNULL(w.action, 'enable') = 'enable' AS enabled,
  IFNULL(b.level, 0) > 0 AS auto_disabled,
  IFNULL(b.backoff_until > {now}, FALSE) AS in_backoff,
  IFNULL(b.failures, 0) AS consecutive_failures,
  IFNULL(b.level, 0) AS backoff_level,
  b.backoff_until,
  IFNULL(f.failure_class, '') AS failure_class,
  f.sentence AS last_failure,
  f.ended_at AS last_failure_at,
  s.last_success_at,
  w.decided_at, w.decided_by, w.because,
  IFNULL(d.action, '') = 'schedule' AS scheduled,
  d.decided_at AS schedule_decided_at, d.decided_by AS schedule_decided_by
FROM names AS n
LEFT JOIN backoffs AS b ON b.source = n.source
LEFT JOIN last_failures AS f ON f.source = n.source
LEFT JOIN succeeded AS s ON s.source = n.source
LEFT JOIN switched AS w ON w.source = n.source
LEFT JOIN scheduled AS d ON d.source = n.source"""


def _count(column: str, reason: str) -> str:
    return f"IFNULL(CAST(JSON_VALUE({column}, '$.{reason}') AS INT64), 0)"


def _letters() -> str:
    """The letters of each class."""
    sums = {
        name: " + ".join(_count("dead_by_reason", reason) for reason in reasons) for name, reasons in CLASSES.items()
    }
    return ",\n    ".join(f"{text} AS letters_{name}" for name, text in sums.items())


def _class() -> str:
    """The class of most letters, of as many the first."""
    columns = [f"letters_{name}" for name in CLASSES]
    parts = [f"CASE WHEN {' + '.join(columns)} = 0 THEN IF(IFNULL(`rows`, 0) > 0, 'checks', 'empty')"]
    for number, name in enumerate(CLASSES):
        if rest := columns[number + 1 :]:
            parts.append(f"WHEN {columns[number]} >= GREATEST({', '.join(rest)}) THEN '{name}'")
        else:
            parts.append(f"ELSE '{name}' END")
    return " ".join(parts)


def _last(decisions: TableId, *actions: str) -> str:
    chosen = ", ".join(f"'{action}'" for action in actions)
    return f"""\
  SELECT * FROM `{decisions}` WHERE action IN ({chosen})
  QUALIFY ROW_NUMBER() OVER (PARTITION BY source ORDER BY decided_at DESC, decision_id DESC) = 1"""
