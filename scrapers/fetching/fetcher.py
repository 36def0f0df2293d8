"""One fetcher a process: a loop thread that works on many hosts at once, for the pipeline, `try` and tests alike."""

import asyncio
import dataclasses
import threading
from collections.abc import Callable, Collection, Mapping

import uvloop

from schemas.outcome import Scraped
from schemas.page import Page
from schemas.reading import Reading
from schemas.request import Request, RequestSpec
from scrapers.fetching.desk_load import Load
from scrapers.fetching.desk_visit import DeskVisit
from scrapers.fetching.fetch_loop import FetchLoop
from scrapers.fetching.progress import Progress
from scrapers.fetching.settings import FetchSettings
from scrapers.fetching.visit import Visit
from scrapers.hosts import host_key
from scrapers.source_files.load import LoadedSource

__all__ = ["Fetcher"]

_CLOSE_SECS = 15.0  # a browser has five to end in order


class Fetcher:
    """Fetches and parses for every source of a process.

    Args:
      sources: by name.
      read: parses one page; runs in one thread of its own, may raise.
      settings: of this process.
    """

    def __init__(
        self,
        sources: Mapping[str, LoadedSource],
        read: Callable[[Page], Reading],
        *,
        settings: FetchSettings | None = None,
    ) -> None:
        self._arguments = sources, read, settings or FetchSettings()
        self._aio = uvloop.new_event_loop()
        self._fetch_loop: FetchLoop
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True, name="fetcher")
        self._thread.start()
        ready.wait()

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._aio)
        self._fetch_loop = FetchLoop(self._aio, *self._arguments)
        self._aio.set_exception_handler(self._fetch_loop.note_failure)
        if self._fetch_loop.settings.stop is not None:
            self._watch = self._aio.create_task(self._fetch_loop.watch_for_stop())
        self._aio.call_soon(ready.set)
        self._aio.run_forever()
        self._aio.run_until_complete(self._end())
        self._aio.close()

    async def _end(self) -> None:
        await self._fetch_loop.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def visit(self, *, onward: bool = True) -> Visit:
        """Opens a visit. Without `onward`, requests for other hosts end as letters `rounds_exceeded`."""
        return Visit(self._fetch_loop, onward)

    @property
    def settings(self) -> FetchSettings:
        """Of this process."""
        return self._fetch_loop.settings

    def desk_visit(self, load: Load) -> DeskVisit:
        """Opens a visit to one host that is to last."""
        return DeskVisit(self._fetch_loop, load)

    def fetch(self, request: Request) -> Scraped:
        """One page, with retries, robots.txt and guard, and none of the requests that it leads to."""
        visit = Visit(self._fetch_loop, onward=False, follow=False)
        visit.admit(host_key(request.url), [RequestSpec(request.source, request.execution_id, (request,))])
        ended = [got for got in visit.drain() if isinstance(got, Scraped)]
        return next(got for got in ended if got.outcome.request_id == request.request_id or got.letter)

    def look_for_crashes(self) -> None:
        """Has it learn which requests other processes died over since it was opened: before work is taken over from
        one. What is admitted after this call knows of them; from any thread.
        """
        self._fetch_loop.call(self._fetch_loop.suspects.look)

    def forget(self, execution_ids: Collection[str]) -> None:
        """Lets go of what these executions have used of their limits: all of their work has ended. From any thread."""
        self._fetch_loop.call(self._fetch_loop.uses.forget, execution_ids)

    def progress(self) -> Progress:
        """A snapshot of the counts; from any thread."""
        loop = self._fetch_loop
        hosts_open, hosts_waiting, waiting_pages = loop.hosts()
        live = loop.progress
        return dataclasses.replace(
            live, pages=live.pages.copy(), rendered=live.rendered.copy(), letters=live.letters.copy(),
            dropped=live.dropped.copy(),
            hosts_open=hosts_open, hosts_waiting=hosts_waiting, waiting_pages=waiting_pages,
        )  # fmt: skip

    def close(self) -> None:
        """Ends the loop: visits that still wait get a RuntimeError. Twice is fine."""
        if self._thread.is_alive():
            self._aio.call_soon_threadsafe(self._aio.stop)
            self._thread.join(_CLOSE_SECS)
