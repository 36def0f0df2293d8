"""The table cannot be reached for a while: nothing is lost, doubled, or blamed on the events."""

import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.bigquery_servers.strict_server import PROJECT, StrictBigQuery
from tests.pipelines.streaming.kills.campaign import latest
from tests.pipelines.streaming.kills.closable_proxy import ClosableProxy

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def way(strict_bigquery: StrictBigQuery, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClosableProxy]:
    """To the table, for the processes that a test starts; a test names it before `front`, which starts some."""
    port = urlsplit(strict_bigquery.url).port
    assert port is not None
    proxy = ClosableProxy(port)
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", f"http://127.0.0.1:{proxy.port}")
    yield proxy
    proxy.close()


def check_tables(at: Any, tables: StrictBigQuery) -> None:
    """As `Campaign.check`, of what stands in the tables."""
    said = at.project.everything_said()
    executions = {one["execution_id"]: one for one in tables.rows("dev.executions")}
    assert len(executions) == len(tables.rows("dev.executions")) == at.campaign.events, said
    assert all(one["holds"] for one in executions.values()), said
    rows = [row for host in range(at.campaign.hosts) for row in tables.rows(f"dev.s{host}_items")]
    gone = sum(at.campaign.is_gone(number) for number in range(at.campaign.events))
    assert len({(row["execution_id"], row["row_id"]) for row in rows}) == len(rows), said
    assert len(rows) == 2 * (at.campaign.events - gone), said
    letters = [(one["execution_id"], one["reason"]) for one in tables.rows("dev.dead_letters")]
    assert len(set(letters)) == len(letters) == gone, (letters, said)
    assert {reason for _, reason in letters} == {"http_4xx"}
    told = at.carrier.told()
    assert told.keys() == executions.keys()
    assert latest(rows).keys() == at.quiet.keys()
    assert {key: row_id for key, (row_id, _) in latest(rows).items()} == {
        key: row_id for key, (row_id, _) in at.quiet.items()
    }
    assert at.carrier.left() == [], said


def unavailable_for(at: Any, way: ClosableProxy, secs: float) -> None:
    running = at.start("--files", str(at.project.output), "--output", f"bigquery:{PROJECT}.dev")
    at.wait_for_pages(running, at.campaign.events // 3)
    way.shut()
    threading.Event().wait(secs)
    assert way.refused > 0
    assert not running.has_ended(), at.project.everything_said()
    way.open()
    at.wait_for_end(running, secs=900)
    running.stop()


def test_a_table_that_is_away_for_a_moment(way: ClosableProxy, front: Any, strict_bigquery: StrictBigQuery) -> None:
    at = front(48, 6)
    unavailable_for(at, way, 3)
    check_tables(at, strict_bigquery)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_table_that_is_away_for_30_s_with_500_events_in_flight(
    way: ClosableProxy, front: Any, strict_bigquery: StrictBigQuery
) -> None:
    at = front(500, 20)
    unavailable_for(at, way, 30)
    check_tables(at, strict_bigquery)
