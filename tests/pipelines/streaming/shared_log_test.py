"""Executions of several events share a file of the log; an event finds its row there when a process died behind it."""

import json
import os
from typing import Any

from pipelines.streaming.event_marks import run_id_of

SOURCE = """
source: NAME
table: raw.NAME
key: [id]
raw: {scrapers: [NAME], within: FOLDER}
items: {jmes: "[]"}
fields:
  id: {jmes: id, type: integer, required: true}
"""


def test_who_died_behind_the_log_is_not_worked_on_again(streaming: Any, items: Any) -> None:
    """The marks of two events are taken away, as if the process had died before it wrote them."""
    folder = streaming.run.folder / "raw"
    folder.mkdir()
    events = []
    for number, name in enumerate(("games", "teams", "games")):
        streaming.run.write(f"{name}.yaml", SOURCE.replace("NAME", name).replace("FOLDER", str(folder)))
        path = folder / f"{number}.ndjson"
        path.write_text(json.dumps({"id": number}) + "\n")
        events.append(streaming.tell(name, path, event_id=f"event-{number}"))
    stop = streaming.serve(items)
    streaming.wait_for(3)
    stop()
    [log] = (streaming.run.output / "executions").iterdir()
    told = {path.name: path.read_text() for path in (streaming.spool / "outbox").iterdir()}
    rows = sorted(path.name for path in (streaming.run.output / "rows").rglob("*.parquet"))
    for event in events[:2]:
        run = streaming.run.output / ".scrapeline" / "runs" / run_id_of(event)
        os.unlink(run / "ended.json")
        os.unlink(run / "told")
    for name in told:
        os.unlink(streaming.spool / "outbox" / name)

    for number, name in enumerate(("games", "teams", "games")):
        streaming.tell(name, folder / f"{number}.ndjson", event_id=f"event-{number}")
    stop = streaming.serve(items)
    streaming.wait_for(6)
    stop()

    assert list((streaming.run.output / "executions").iterdir()) == [log]
    assert sorted(path.name for path in (streaming.run.output / "rows").rglob("*.parquet")) == rows
    again = {path.name: path.read_text() for path in (streaming.spool / "outbox").iterdir()}
    assert len(again) == 2
    assert again == {name: told[name] for name in again}
