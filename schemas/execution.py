"""The execution row: what became of one source in one run."""

import dataclasses
import json
from typing import Any, Literal

import pyarrow as pa

from schemas.described import MOMENT, described

__all__ = ["EXECUTION_SCHEMA", "Condition", "Execution", "Status"]

Status = Literal["success", "no_data", "failed"]
Condition = Literal["", "degraded", "blocked", "partial"]

_AS_JSON = (
    "dead_by_reason", "dropped_by_reason", "coverage", "notes", "params", "fetch_modes", "page_types", "hosts", "drift",
    "fields",
)  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Execution:
    """One row of the execution log. Counts are of requests unless they say otherwise.

    Attributes:
      status: `failed` = no row and a letter, or a failed check, or too many letters, or something lost; `no_data` = no
        row, no letter, and the source says `empty: ok`; else `success`.
      condition: what a success may still suffer from; empty for nothing.
      reasons: why it failed or is in a condition, one sentence each.
      holds: whether every request and every item is accounted for.
      duplicates: rows left out because their row_key was there already in this execution; of a replay, also items left
        out because the execution whose letters went back had written them.
      dead_by_reason, dropped_by_reason: requests and items together.
      pages_rendered: pages that a browser made.
      browser_secs: that tabs were held, summed over requests. CPU is not counted by source: sources share a process and
        its Chromium.
      fetch_modes: page type -> `mode` (how the next run begins) and FetchCounts; of those fetched with a browser, or
        with `fetch.mode: auto`.
      coverage: column -> share of the rows of its tables in which it is not null.
      reparse_of: the execution whose archived pages were parsed again, without a network; empty for one that fetched.
      replay_of: the execution whose dead letters were replayed; empty for one that is no replay.
      page_types: page type -> `pages` that were read, `led_to` (new requests that they asked for), `items` that ended
        there, `rows` accepted of them, `sampled` pages whose `skeleton` was taken (scrapers.extraction.skeleton:
        sorted, at most 100, each on at least half of the sampled pages), `like_before` (0 to 1: what that skeleton and
        the one of the last well run have in common; null without one), and `sample`, one of the sampled pages: `url`,
        and where it stands in the archive: `file`, `offset`, `digest` (null for none).
      hosts: registrable domain, IP or single-label host -> what the source's requests did there (schemas.host_use):
        `requests` sent, retries, redirects and `robots` included; `first_at`, `last_at` (Unix seconds); `delay_secs`
        (the shortest delay that was to be kept) and `crawl_delay_secs` (what robots.txt asked, 0 for nothing);
        `min_gap_secs` (the shortest time between two requests, null for one request) and `short_gaps` (how many came
        sooner than they should have); `concurrency` allowed and `most_at_once` seen; `slots`: each of them keeps delay
        and concurrency for itself; `slow_downs` (answers 429 and 503), `paused_secs` that their Retry-After cost.
        Of more than 200 hosts, `*` is what all others add up to.
      drift: what fell against the source's own history, or below its checks (schemas.drift), a dict each: `what`
        (`field`, `rows`, `page_rows`, `skeleton`), `name` (the field or page type; empty for `rows`), `was` (the lowest
        of the runs compared with), `now`, `runs` (how many those were), `by` (`history`, `checks`), `degrades` (a
        skeleton alone does not), `since` (`execution_id` and `at`, Unix seconds, of the run where it began), `before`
        and `after` (a page as `sample` has it, with `execution_id`; null for none), `sentence`.
      fields: column -> `rows` of the tables that have it, `present` in how many of them, `refused`: items that became
        no row because of it. Of `rows` + `refused`, drift looks at the share that is `present`.
      limited_to: what kept the run from all that the source has: `limit 10`, `urls`; empty for nothing.
      scraper_version: digest of the source and its code, as the rows have it.
    """

    execution_id: str
    run_id: str
    source: str
    status: Status
    condition: Condition
    reasons: tuple[str, ...]
    holds: bool
    attempt: int
    started_at: float
    ended_at: float
    requests: int
    pages: int
    pages_from_archive: int
    items: int
    rows: int
    duplicates: int
    dead_letters: int
    dropped: int
    dead_by_reason: dict[str, int]
    dropped_by_reason: dict[str, int]
    retries: int
    bytes: int
    fetch_secs: float
    coverage: dict[str, float]
    notes: dict[str, int]
    archive_path: str
    params: dict[str, Any]
    robots_ignored_because: str
    sources_digest: str
    scrapeline_version: str
    git_commit: str
    pages_rendered: int = 0
    browser_secs: float = 0.0
    fetch_modes: dict[str, dict[str, str | int]] = dataclasses.field(default_factory=dict)
    reparse_of: str = ""
    replay_of: str = ""
    page_types: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    hosts: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    drift: tuple[dict[str, Any], ...] = ()
    fields: dict[str, dict[str, int]] = dataclasses.field(default_factory=dict)
    limited_to: str = ""
    scraper_version: str = ""

    def record(self) -> dict[str, Any]:
        """The values as EXECUTION_SCHEMA stores them."""
        record = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        for name in _AS_JSON:
            record[name] = json.dumps(record[name], sort_keys=True, default=str)
        for name in ("started_at", "ended_at"):
            record[name] = int(record[name] * 1_000_000)
        record["reasons"] = list(self.reasons)
        record["record_count"] = self.rows
        return record


EXECUTION_SCHEMA = pa.schema(
    [
        described("execution_id", pa.string(), "content id of run and source"),
        described("run_id", pa.string(), "the run that it was part of"),
        described("source", pa.string(), "name of the source file"),
        described("status", pa.string(), "success, no_data or failed"),
        described("condition", pa.string(), "degraded, blocked, partial, or empty"),
        described("reasons", pa.list_(pa.string()), "why, in sentences"),
        described("holds", pa.bool_(), "every request and item is accounted for"),
        described("attempt", pa.int64(), "1, and one more for each restart under the same id"),
        described("started_at", MOMENT, "when the run was planned"),
        described("ended_at", MOMENT, "when the execution was closed"),
        described("record_count", pa.int64(), "rows; the name that downstream phases read"),
        described("requests", pa.int64(), "requests that ended"),
        described("pages", pa.int64(), "requests that ended as a page"),
        described("pages_from_archive", pa.int64(), "pages that an earlier attempt had archived"),
        described("items", pa.int64(), "items found on pages"),
        described("rows", pa.int64(), "rows written"),
        described("duplicates", pa.int64(), "rows left out because their row_key was there already"),
        described("dead_letters", pa.int64(), "requests and items that failed"),
        described("dropped", pa.int64(), "requests and items left out on purpose"),
        described("dead_by_reason", pa.string(), "JSON: reason -> count"),
        described("dropped_by_reason", pa.string(), "JSON: reason -> count"),
        described("retries", pa.int64(), "attempts after the first"),
        described("bytes", pa.int64(), "received over the network"),
        described("fetch_secs", pa.float64(), "sum over pages, from sending to the last byte"),
        described("coverage", pa.string(), "JSON: column -> share of rows that have it"),
        described("notes", pa.string(), "JSON: limit or remark -> count"),
        described("archive_path", pa.string(), "folder of the WARC files"),
        described("params", pa.string(), "JSON: the run's parameters"),
        described("robots_ignored_because", pa.string(), "the source's reason, empty when robots.txt is obeyed"),
        described("sources_digest", pa.string(), "digest of the source files that ran"),
        described("scrapeline_version", pa.string(), "version of this program"),
        described("git_commit", pa.string(), "commit of the sources' checkout, empty when unknown"),
        described("pages_rendered", pa.int64(), "pages that a browser made"),
        described("browser_secs", pa.float64(), "that a tab was held, sum over requests"),
        described(
            "fetch_modes",
            pa.string(),
            "JSON: page type -> mode that the next run begins with, and requests: http, browser, http_in_vain, ...",
        ),
        described("reparse_of", pa.string(), "execution whose archived pages were parsed again, empty when it fetched"),
        described("replay_of", pa.string(), "execution whose dead letters were replayed, empty when it is no replay"),
        described("page_types", pa.string(), "JSON: page type -> pages, items, rows, skeleton, where one page is kept"),
        described("hosts", pa.string(), "JSON: host -> requests and gaps between them, against what was allowed"),
        described("drift", pa.string(), "JSON: what fell against the source's history, since when, two pages"),
        described("fields", pa.string(), "JSON: column -> rows that may have it, that have it, items refused for it"),
        described("limited_to", pa.string(), "what kept the run from all that the source has, empty for nothing"),
        described("scraper_version", pa.string(), "digest of the source and its code, as the rows have it"),
    ]
)
