"""What somebody would write for completion events with google-cloud-pubsub and pyarrow alone; a process of its own.

    python benchmarks/plain_consumer.py SUBSCRIPTION TOPIC FOLDER COUNT

It pulls, reads the newline JSON that an event points to, checks types, writes a Parquet file for each event, publishes
a completion event and acknowledges. A line for each event that is done; it ends after COUNT of them.
"""

import datetime
import json
import sys
import uuid
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
    ]
)
MOST_AT_ONCE = 200


def rows_of(path: str) -> list[dict[str, Any]]:
    """The rows of a file. Raises ValueError for what has another type."""
    rows = []
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
            }
            for name in ("game_id", "season", "home_score", "visitor_score"):
                if not isinstance(row[name], int):
                    raise ValueError(f"{name}: {row[name]!r} is no whole number")
            for name in ("status", "home_team", "visitor_team"):
                if not isinstance(row[name], str):
                    raise ValueError(f"{name}: {row[name]!r} is no text")
            rows.append(row)
    return rows


def main(subscription: str, topic: str, folder: Path, count: int) -> None:
    """Works on so many events."""
    subscriber, publisher = SubscriberClient(), PublisherClient()
    folder.mkdir(parents=True)
    print("ready", flush=True)
    done = 0
    while done < count:
        request = {"subscription": subscription, "max_messages": MOST_AT_ONCE}
        try:
            received = subscriber.pull(request=request, timeout=5).received_messages
        except exceptions.DeadlineExceeded:
            continue
        published = []
        for one in received:
            event = json.loads(one.message.data)
            rows = rows_of(event["gcs_path"])
            path = folder / f"{uuid.uuid4().hex}.parquet"
            pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path)
            told = {"scraper_name": event["scraper_name"], "status": "success", "record_count": len(rows)}
            published.append(publisher.publish(topic, json.dumps({**told, "gcs_path": str(path)}).encode()))
        for future in published:
            future.result(timeout=30)
        if received:
            subscriber.acknowledge(request={"subscription": subscription, "ack_ids": [one.ack_id for one in received]})
        done += len(received)
        print("done\n" * len(received), end="", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
