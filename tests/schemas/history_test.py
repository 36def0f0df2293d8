"""Which runs count as a source's history, and since when what is fallen has been."""

import datetime
import json
from typing import Any

import pyarrow as pa
import pytest

from schemas.execution import EXECUTION_SCHEMA
from schemas.history import History, PastRun, history_of

DAY, HOUR = 86_400.0, 3_600.0
NOW = 100 * DAY


def run_of(days: float, rows: int = 100, **more: Any) -> PastRun:
    return PastRun(f"e{days:g}", NOW - days * DAY, rows=rows, **more)


def degraded(days: float, rows: int = 1, **more: Any) -> PastRun:
    since = {"execution_id": f"e{days:g}", "at": NOW - days * DAY}
    return run_of(days, rows, condition="degraded", drift=[{"what": "rows", "name": "", "since": since}], **more)


def history(*runs: PastRun) -> History:
    return history_of(runs, NOW, {})


@pytest.mark.parametrize(
    "not_well",
    [
        {"status": "failed"}, {"holds": False}, {"condition": "blocked"}, {"condition": "degraded"},
        {"limited_to": "limit 10"}, {"dropped_by_reason": {"cancelled": 3}},
    ],
    ids=str,
)  # fmt: skip
def test_only_well_and_whole_runs_count(not_well: dict[str, Any]):
    found = history(run_of(3, 100), run_of(2, 1, **not_well), run_of(1, 120, condition="partial"))

    assert (found.runs, found.rows) == (2, 100)


def test_a_source_that_may_be_empty_has_been_empty():
    assert history(run_of(2), run_of(1, 0, status="no_data")).rows == 0


def test_all_runs_of_eight_days_count_and_at_least_ten():
    hourly = [run_of(hours / 24, rows=100 + hours) for hours in range(1, 24 * 20)]
    weekly = [run_of(7 * weeks, rows=100 - weeks) for weeks in range(1, 30)]

    assert history(*hourly).runs == 24 * 8
    assert (history(*weekly).runs, history(*weekly).rows) == (10, 90)


def test_a_run_that_starts_later_is_no_history():
    assert history(run_of(-1), run_of(1)).runs == 1


def test_a_degraded_run_counts_only_when_it_got_well_by_itself_at_this_hour_of_the_week():
    sunday, monday = degraded(7, scraper_version="v1"), run_of(6, scraper_version="v1")
    mended = run_of(6, scraper_version="v2")

    assert history(run_of(8), sunday, monday).rows == 1  # what happens every Sunday
    assert history(run_of(8), sunday, mended).rows == 100  # it got well because the source was changed
    assert history(run_of(8), sunday).rows == 100  # it has not got well yet
    assert history(run_of(8), degraded(6.5, scraper_version="v1"), run_of(6, scraper_version="v1")).rows == 100


def test_a_degraded_run_does_not_become_normal_by_lasting():
    assert history(run_of(20), *(degraded(days) for days in range(1, 19))).rows == 100


def test_since_is_that_of_the_last_run_that_could_tell():
    since = {"execution_id": "e5", "at": NOW - 5 * DAY}
    price = {"what": "field", "name": "price", "since": since}
    fell = run_of(5, fields={"price": {"rows": 50, "present": 0, "refused": 0}}, condition="degraded", drift=[price])
    site_is_down = run_of(4, 0, status="failed")
    limited = run_of(3, 5, limited_to="limit 1", fields={"price": {"rows": 5, "present": 5, "refused": 0}})
    well = run_of(2, fields={"price": {"rows": 50, "present": 50, "refused": 0}})

    assert history(fell, site_is_down, limited).since == {"field price": since}
    assert history(fell, site_is_down, well).since == {}


def test_skeleton_and_page_are_those_of_the_last_run_that_counts():
    def looks(*signs: str, url: str) -> dict[str, Any]:
        sample = {"url": url, "file": "f", "offset": 1, "digest": "d"}
        return {"listing": {"pages": 1, "rows": 1, "skeleton": list(signs), "like_before": 1.0, "sample": sample}}

    found = history(
        run_of(3, page_types=looks("a", url="/3")),
        run_of(2, page_types=looks("b", url="/2")),
        degraded(1, page_types=looks("c", url="/1")),
    )

    assert found.skeletons == {"listing": ["b"]}
    assert found.samples["listing"]["execution_id"] == "e2"
    assert found.samples["listing"]["url"] == "/2"


def test_a_run_whose_pages_were_rebuilt_does_not_make_unlike_pages_normal():
    rebuilt = {"what": "skeleton", "name": "listing", "since": {"execution_id": "e2", "at": 0.0}}

    def like(days: float, share: float, **more: Any) -> PastRun:
        types = {"listing": {"pages": 1, "rows": 1, "skeleton": ["a"], "like_before": share, "sample": None}}
        return run_of(days, page_types=types, **more)

    found = history(like(3, 0.95), like(2, 0.2, drift=[rebuilt]), like(1, 0.97))

    assert found.likeness == {"listing": {"like": 0.95, "runs": 2}}


def test_a_run_is_read_from_the_log_as_an_older_version_wrote_it():
    record = {"execution_id": "e1", "source": "shop", "status": "success", "holds": True, "rows": 7}
    columns = {name: [record.get(name)] for name in EXECUTION_SCHEMA.names}
    columns["started_at"] = [datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)]
    columns["params"] = [json.dumps({"n": "1..2"})]
    [row] = pa.table(columns, schema=EXECUTION_SCHEMA).to_pylist()

    run = PastRun.of_record(row)

    assert (run.execution_id, run.rows, run.fields, run.drift, run.params) == ("e1", 7, {}, (), {"n": "1..2"})
    assert run.is_well
    assert history_of([run], run.at + 1, {}).rows == 7
