"""What somebody would write for completion events with google-cloud-pubsub and pyarrow alone; a process of its own.

    python benchmarks/plain_consumer.py SUBSCRIPTION TOPIC FOLDER COUNT

It pulls, reads the newline JSON that an event points to, checks types, and writes a Parquet file for each event, whole
or not at all and under the event's own name, so that one that comes again does nothing twice. Then a file of its log
has a row for each event of the pull; a completion event is published for each, and they are acknowledged. A line for
each event that is done; it ends after COUNT of them.
"""

import datetime
import json
import os
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from google.api_core import exceptions
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient

SCHEMA = pa.schema(
    [
        ("game_id", pa.int64()),
        ("game_date", pa.date32()),
        ("season", pa.int64()),
        ("status", pa.string()),
        ("home_team", pa.string()),
        ("home_score", pa.int64()),
        ("visitor_team", pa.string()),
        ("visitor_score", pa.int64()),
        ("execution_id", pa.string()),
        ("raw_file", pa.string()),
        ("read_at", pa.timestamp("us", tz="UTC")),
    ]
)
LOG = pa.schema(
    [
        ("execution_id", pa.string()),
        ("scraper_name", pa.string()),
        ("status", pa.string()),
        ("record_count", pa.int64()),
        ("raw_file", pa.string()),
        ("started_at", pa.timestamp("us", tz="UTC")),
        ("ended_at", pa.timestamp("us", tz="UTC")),
    ]
)
MOST_AT_ONCE = 200


def rows_of(path: str, execution_id: str, read_at: datetime.datetime) -> list[dict[str, Any]]:
    """The rows of a file. Raises ValueError for what has another type."""
    rows = []
    whence = {"execution_id": execution_id, "raw_file": path, "read_at": read_at}
    with open(path, encoding="utf-8") as file:
        for line in file:
            game = json.loads(line)
            row = {
                "game_id": game["id"],
                "game_date": datetime.date.fromisoformat(game["date"]),
                "season": game["season"],
                "status": game["status"],
                "home_team": game["home_team"]["full_name"],
                "home_score": game["home_team_score"],
                "visitor_team": game["visitor_team"]["full_name"],
                "visitor_score": game["visitor_team_score"],
                **whence,
            }
            for name in ("game_id", "season", "home_score", "visitor_score"):
                if not isinstance(row[name], int):
                    raise ValueError(f"{name}: {row[name]!r} is no whole number")
            for name in ("status", "home_team", "visitor_team"):
                if not isinstance(row[name], str):
                    raise ValueError(f"{name}: {row[name]!r} is no text")
            rows.append(row)
    return rows


def write(rows: list[dict[str, Any]], schema: pa.Schema, path: Path) -> None:
    """Writes a file that is there with all of its rows, or not at all."""
    temporary = path.with_suffix(".part")
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), temporary)
    os.replace(temporary, path)


def landed(event: Mapping[str, Any], event_id: str, folder: Path) -> dict[str, Any]:
    """Writes the rows of an event, unless they are there; gives what the log says of it."""
    started = datetime.datetime.now(datetime.UTC)
    path = folder / f"{event_id}.parquet"
    if path.exists():
        count = pq.read_metadata(path).num_rows
    else:
        rows = rows_of(event["gcs_path"], event_id, started)
        write(rows, SCHEMA, path)
        count = len(rows)
    return {
        "execution_id": event_id,
        "scraper_name": event["scraper_name"],
        "status": "success",
        "record_count": count,
        "raw_file": event["gcs_path"],
        "started_at": started,
        "ended_at": datetime.datetime.now(datetime.UTC),
    }


def main(subscription: str, topic: str, folder: Path, count: int) -> None:
    """Works on so many events."""
    subscriber, publisher = SubscriberClient(), PublisherClient()
    log_folder = folder.with_name("log")
    for one in (folder, log_folder):
        one.mkdir(parents=True, exist_ok=True)
    print("ready", flush=True)
    done = 0
    while done < count:
        request = {"subscription": subscription, "max_messages": MOST_AT_ONCE}
        try:
            received = subscriber.pull(request=request, timeout=5).received_messages
        except exceptions.DeadlineExceeded:
            continue
        log = [landed(json.loads(one.message.data), one.message.attributes["ce-id"], folder) for one in received]
        if log:
            write(log, LOG, log_folder / f"{uuid.uuid4().hex}.parquet")
        published = [publisher.publish(topic, json.dumps(row, default=str).encode()) for row in log]
        for future in published:
            future.result(timeout=30)
        if received:
            subscriber.acknowledge(request={"subscription": subscription, "ack_ids": [one.ack_id for one in received]})
        done += len(received)
        print("done\n" * len(received), end="", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
