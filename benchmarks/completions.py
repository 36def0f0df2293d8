"""`completions`: events of scrapers that ran elsewhere, each pointing to 100 rows, against a plain Python consumer."""

import dataclasses
import itertools
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.dataset

from benchmarks.markdown import markdown_table
from benchmarks.measured_run import contestant_environment
from benchmarks.rounds import median_ratio, spread
from pipelines.streaming.pubsub import PubSubOutbox
from pipelines.streaming.topics import make_subscription, make_topic
from schemas.events.event import Event
from tests.pipelines.streaming.pubsub_emulator import emulator_jar, running

__all__ = ["COMPLETIONS", "run_completions"]

COMPLETIONS = 10_000
ROWS = 100
LONGEST_SECS = 1_800
HERE = Path(__file__).parent
SOURCE = """\
source: bdl_games
table: nba_raw.bdl_games
key: [game_id]
raw: {scrapers: bdl-games, within: /}
items: {jmes: "[]"}
fields:
  game_id: {jmes: id, type: integer, required: true}
  game_date: {jmes: date, type: date, required: true}
  season: {jmes: season, type: integer}
  status: {jmes: status}
  home_team: {jmes: home_team.full_name}
  home_score: {jmes: home_team_score, type: integer}
  visitor_team: {jmes: visitor_team.full_name}
  visitor_score: {jmes: visitor_team_score, type: integer}
"""
NUMBERS = itertools.count()


@dataclasses.dataclass(frozen=True, slots=True)
class _Ran:
    """How one contestant did: from when it was ready to the last completion event, and CPU of all of its processes."""

    secs: float
    cpu_secs: float


def run_completions(rounds: int, events: int) -> str:
    """Rows a second of both, and their ratio, in rounds in which they take turns in beginning.

    Raises:
      SystemExit: the emulator is not installed, or rows or completion events are missing.
    """
    jar = emulator_jar()
    if jar is None:
        raise SystemExit("completions: Google's Pub/Sub emulator and Java are needed")
    ran: dict[str, list[_Ran]] = {"Scrapeline": [], "plain consumer": []}
    with tempfile.TemporaryDirectory(prefix="scrapeline-bench-") as name, running(jar, Path(name, "log")) as address:
        os.environ["PUBSUB_EMULATOR_HOST"] = address
        folder = Path(name)
        paths = _write_raw(folder / "raw", events)
        for number in range(rounds):
            for contestant in list(ran)[:: 1 if number % 2 else -1]:
                with tempfile.TemporaryDirectory(prefix="scrapeline-bench-", dir=folder) as own:
                    one = _run(contestant, Path(own), paths)
                ran[contestant].append(one)
                print(
                    f"  round {number + 1}: {contestant:15} {events * ROWS / one.secs:8.0f} rows/s  "
                    f"{one.cpu_secs / events * 1000:5.2f} CPU ms an event",
                    flush=True,
                )
    return _table(ran, events, rounds)


def _table(ran: dict[str, list[_Ran]], events: int, rounds: int) -> str:
    rates = {name: [events * ROWS / one.secs for one in runs] for name, runs in ran.items()}
    cpu = {name: statistics.median(one.cpu_secs for one in runs) / events * 1000 for name, runs in ran.items()}
    rows = [[name, spread(rates[name], 0), f"{cpu[name]:.2f}"] for name in ran]
    ratio = median_ratio(*rates.values())
    table = markdown_table(["", "rows/s, median (least-most)", "CPU ms an event"], rows)
    head = f"{events:,} completion events, each of {ROWS} rows of newline JSON, on the emulator; medians of {rounds}"
    return f"{head}\n\n{table}\n\nScrapeline does {ratio:.2f} of what the plain consumer does."


def _write_raw(folder: Path, count: int) -> list[Path]:
    folder.mkdir()
    paths = []
    for number in range(count):
        path = folder / f"games-{number}.ndjson"
        path.write_bytes(b"".join(_game(number * ROWS + row) for row in range(ROWS)))
        paths.append(path)
    return paths


def _game(number: int) -> bytes:
    game = {
        "id": number,
        "date": "2026-11-22",
        "season": 2026,
        "status": "Final",
        "home_team": {"id": number % 30, "full_name": f"Home team {number % 30}", "city": "Boston"},
        "home_team_score": 90 + number % 40,
        "visitor_team": {"id": number % 29, "full_name": f"Visiting team {number % 29}", "city": "Miami"},
        "visitor_team_score": 80 + number % 50,
    }
    return json.dumps(game).encode() + b"\n"


def _run(contestant: str, folder: Path, paths: list[Path]) -> _Ran:
    """Publishes the events, then starts the contestant."""
    number = next(NUMBERS)
    topic, done_topic = f"projects/b/topics/raw-{number}", f"projects/b/topics/done-{number}"
    subscription = f"projects/b/subscriptions/raw-{number}"
    make_topic(topic)
    make_topic(done_topic)
    make_subscription(subscription, topic)
    now = time.time()
    events = [
        Event("scraper.complete", f"{number}-{place}", "/bench", now, _complete(path))
        for place, path in enumerate(paths)
    ]
    if refused := PubSubOutbox(topic).publish_all(events):
        raise SystemExit(f"completions: the emulator refuses: {refused[0][1]}")
    command = _command(contestant, folder, subscription, done_topic, len(paths))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    secs = _until_done(command, folder, len(paths))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    rows = pyarrow.dataset.dataset(folder / "out" / "rows", format="parquet").count_rows()
    if rows != len(paths) * ROWS:
        raise SystemExit(f"completions: {contestant} wrote {rows} rows of {len(paths) * ROWS}")
    return _Ran(secs, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _complete(path: Path) -> dict[str, object]:
    return {"scraper_name": "bdl-games", "status": "success", "record_count": ROWS, "gcs_path": str(path)}


def _command(contestant: str, folder: Path, subscription: str, topic: str, count: int) -> list[str]:
    if contestant != "Scrapeline":
        script = str(HERE / "plain_consumer.py")
        return [sys.executable, script, subscription, topic, str(folder / "out" / "rows"), str(count)]
    (folder / "sources").mkdir()
    (folder / "sources" / "bdl_games.yaml").write_text(SOURCE)
    words = ["--sources", str(folder / "sources"), "--output", str(folder / "out")]
    words += ["--subscription", subscription, "--topic", topic]
    return [str(Path(sys.executable).with_name("scrapeline")), "run", "--streaming", *words]


def _until_done(command: list[str], folder: Path, count: int) -> float:
    """Seconds from `ready` to the line of the last event."""
    with (
        (folder / "errors").open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=contestant_environment()) as process,
    ):
        try:
            lines = _lines(process)
            began = next(at for line, at in lines if line == "ready")
            ended = began
            for _ in range(count):
                ended = next(at for line, at in lines if "success" in line or line == "done")
        except StopIteration:
            said = (folder / "errors").read_text(errors="replace")[-2_000:]
            raise SystemExit(f"completions: it ended before all events had: {said}") from None
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(120)
    return ended - began


def _lines(process: "subprocess.Popen[bytes]") -> Iterator[tuple[str, float]]:
    assert process.stdout is not None
    end = time.monotonic() + LONGEST_SECS
    for line in process.stdout:
        yield line.decode().strip(), time.monotonic()
        if time.monotonic() > end:
            return
