"""Events whose rows, executions and letters go to BigQuery."""

import json
from typing import Any

import pytest

from tests.bigquery_servers.emulator import PROJECT
from tests.bigquery_servers.strict_server import StrictBigQuery

pytestmark = pytest.mark.timeout(240)


def start(streaming: Any, at: Any) -> Any:
    run = streaming.run
    words = ["--sources", str(run.sources), "--files", str(run.output), "--output", f"bigquery:{PROJECT}.dev"]
    return run.start("run", "--streaming", "--spool", str(streaming.spool), *words, *at.resolve)


def test_rows_executions_and_letters_are_in_the_tables(
    streaming: Any, items: Any, write_source: Any, strict_bigquery: StrictBigQuery
) -> None:
    write_source("shop", pages=2)
    streaming.put("shop")
    streaming.put("shpo")
    process = start(streaming, items)
    streaming.wait_for(1, 1)
    process.terminate()
    assert process.wait(60) == 0, streaming.run.everything_said()

    assert len(strict_bigquery.rows("dev.shop_items")) == 2
    [execution] = strict_bigquery.rows("dev.executions")
    [told] = streaming.told()
    assert told["execution_id"] == execution["execution_id"]
    assert (told["record_count"], told["gcs_path"]) == (2, f"bigquery:{PROJECT}.dev")
    [letter] = strict_bigquery.rows("dev.dead_letters")
    assert (letter["stage"], letter["reason"], letter["source"]) == ("event", "unknown_source", "shpo")
    event = letter["event"] if isinstance(letter["event"], dict) else json.loads(letter["event"])
    assert json.loads(event["data"])["data"]["sources"] == ["shpo"]
