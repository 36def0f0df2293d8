"""A command that works on events, the shop that they lead to, and when each event's rows could be read."""

import contextlib
import dataclasses
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.event_carriers import Carrier, open_carrier
from benchmarks.measured_run import contestant_environment
from benchmarks.shop_process import ShopProcess
from schemas.events.event import Event

__all__ = ["ENGINES", "Service", "Setting", "page_url", "serving"]

ENGINES = ("loop", "prism", "flink")
"""What runs the events."""
HOSTS = 40
PAGE_MS = 50
READY_SECS = 300.0
HERE = Path(__file__).parent
SOURCE = """source: host_{number}
extends: {kind}.yaml
politeness: {{delay_secs: 0, concurrency: 16}}
seeds: {{urls: "{url}"}}
fetch: {{timeout_secs: 90{mode}}}
"""
_READY = "ready"


@dataclasses.dataclass(frozen=True, slots=True)
class Setting:
    """Of a benchmark.

    Attributes:
      kind: `http` or `browser`.
    """

    engine: str = "loop"
    carrier: str = "spool"
    kind: str = "http"

    def __str__(self) -> str:
        return f"{self.engine}, {self.carrier}, {self.kind}"


def page_url(number: int, kind: str, after_ms: int = PAGE_MS) -> str:
    """The page of a number: each is of one of the hosts, in turn; another host for another delay."""
    path = "list" if kind == "http" else "js/list"
    return f"http://after{after_ms}ms-{number % HOSTS}.example/{path}/{number}"


@dataclasses.dataclass(slots=True)
class Service:
    """The command, and what has been sent to it.

    Attributes:
      sent: number of a page -> Unix seconds when its event was published.
    """

    setting: Setting
    folder: Path
    shop: ShopProcess
    carrier: Carrier
    engine_words: Sequence[str]
    sent: dict[int, float] = dataclasses.field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    _events: int = 0
    _read: set[Path] = dataclasses.field(default_factory=set)
    _found: dict[int, float] = dataclasses.field(default_factory=dict)

    def start(self) -> float:
        """Starts the command; gives Unix seconds."""
        words = ["run", "--streaming", *self.engine_words, "--sources", str(self.folder / "sources")]
        words += ["--output", str(self.folder / "out"), *self.carrier.words]
        words += ["--resolve", f"*:80:127.0.0.1:{self.shop.port}"]
        command = [sys.executable, "-m", "pipelines", *words]
        started_at = time.time()
        with (self.folder / "said.txt").open("ab") as said:
            self.process = subprocess.Popen(
                command, cwd=HERE.parent, stdout=said, stderr=said, env=contestant_environment()
            )
        return started_at

    def publish(self, numbers: Sequence[int], after_ms: int = PAGE_MS) -> None:
        """One event that names these pages; all of one source, whose hosts they are of or not."""
        self._events += 1
        urls = [page_url(number, self.setting.kind, after_ms) for number in numbers]
        source = f"slow_{numbers[0] % HOSTS}" if after_ms != PAGE_MS else f"host_{numbers[0] % HOSTS}"
        now = time.time()
        self.sent.update(dict.fromkeys(numbers, now))
        data: dict[str, Any] = {"sources": [source], "urls": urls}
        self.carrier.publish(Event("scrape.requested", f"bench-{self._events}", "/bench", now, data))

    def readable(self) -> dict[int, float]:
        """Number of a page -> Unix seconds when its rows had their final name (the file's change time)."""
        for path in (self.folder / "out" / "rows").rglob("*.parquet"):
            if path in self._read:
                continue
            self._read.add(path)
            changed = path.stat().st_ctime
            for url in set(pq.ParquetFile(path).read(columns=["scrape_url"]).column(0).to_pylist()):
                self._found[int(url.rpartition("/")[2])] = changed
        return self._found

    def wait_for(self, files: int, secs: float) -> None:
        """Until there are so many files of rows. Raises SystemExit, also for the first dead letter."""
        rows = self.folder / "out" / "rows"
        self._wait(lambda: sum(1 for _ in rows.rglob("*.parquet")) >= files, secs)

    def wait_for_pages(self, pages: int, secs: float) -> None:
        """The same for pages: on an engine the rows of one event may stand in several files."""
        self._wait(lambda: len(self.readable()) >= pages, secs)

    def _wait(self, is_there: Callable[[], bool], secs: float) -> None:
        end, out = time.monotonic() + secs, self.folder / "out"
        while not is_there():
            ended = self.process is not None and self.process.poll() is not None
            if ended or time.monotonic() > end or any((out / "dead_letters").rglob("*.parquet")):
                raise SystemExit(f"events: {self.said()}")
            time.sleep(0.2)

    def stop(self) -> float:
        """Has the command drain; gives the seconds until it has ended."""
        assert self.process is not None
        at = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(120)
        if status:
            raise SystemExit(f"events: exit status {status}: {self.said()}")
        return time.monotonic() - at

    def said(self) -> str:
        """The end of what it said."""
        return (self.folder / "said.txt").read_text(errors="replace")[-2_000:]


@contextlib.contextmanager
def serving(setting: Setting) -> Iterator[Service]:
    """A command that is not started yet, with a shop, sources and a carrier of its own."""
    with tempfile.TemporaryDirectory(prefix="scrapeline-bench-") as name, ShopProcess(200) as shop:
        folder = Path(name)
        _write_sources(folder / "sources", setting.kind)
        with open_carrier(setting.carrier, folder) as carrier, _engine_words(setting.engine, folder) as words:
            service = Service(setting, folder, shop, carrier, words)
            try:
                yield service
            finally:
                if service.process is not None and service.process.poll() is None:
                    service.process.kill()
                    service.process.wait()


@contextlib.contextmanager
def _engine_words(name: str, folder: Path) -> Iterator[Sequence[str]]:
    """Of the command line; for Flink after its cluster and its workers have been started, outside the clock."""
    if name != "flink":
        yield ("--runner=PrismRunner",) if name == "prism" else ()
        return
    from pipelines.engines.flink.cluster import FlinkCluster
    from pipelines.engines.flink.workers import WorkerPool

    with FlinkCluster(folder / "flink") as cluster, WorkerPool(folder / "pool.log") as workers:
        yield [*cluster.flags, *workers.flags]


def _write_sources(folder: Path, kind: str) -> None:
    folder.mkdir()
    for name in ("scrapeline.yaml", "listings.yaml", "shells.yaml"):
        (folder / name).write_text((HERE / "sources" / name).read_text("utf-8"), "utf-8")
    base = "listings" if kind == "http" else "shells"
    mode = "" if kind == "http" else ", mode: browser, ready: {css: article.card, count: 30}"
    for number in range(HOSTS):
        url = f"{page_url(number, kind).rpartition('/')[0]}/${{params.page}}"
        text = SOURCE.format(number=number, kind=base, url=url, mode=mode)
        (folder / f"host_{number}.yaml").write_text(text, "utf-8")
        (folder / f"slow_{number}.yaml").write_text(text.replace("source: host", "source: slow"), "utf-8")
