"""Replays inside the test's own process."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipelines.dead_letters.choice import Ways, choose
from pipelines.dead_letters.filters import Filters
from pipelines.dead_letters.lines import Line, Lines
from pipelines.dead_letters.replay_plan import write_replay
from pipelines.dead_letters.sending_back import SendingBack
from pipelines.places import places
from pipelines.stores.store import Store, open_store
from scrapers.source_files.load import load_sources
from tests.pipelines.whole_runs import Project


@dataclasses.dataclass
class Shop:
    """A project whose source is called `shop`, its site, and its dead letters."""

    run: Project
    site: Any
    warehouse: str = ""
    replays: int = 0

    @property
    def flags(self) -> list[str]:
        to = [f"--output={self.warehouse}", f"--files={self.run.output}"] if self.warehouse else []
        return [f"--resolve={self.site.resolve[1]}", *to]

    @property
    def store(self) -> Store:
        output = str(self.run.output)
        return open_store(places(self.warehouse, output) if self.warehouse else places(output))

    def scrape(self) -> int:
        return self.run.scrape(*self.flags)

    def lines(self, *statuses: Any) -> list[Line]:
        """Lines of these statuses; of all, when none is named."""
        return [line for line in Lines(self.store) if not statuses or line.status in statuses]

    def prepare(
        self, *, statuses: Sequence[Any] = ("open",), ids: Sequence[str] = (), fetch: bool = False, **filters: Any
    ) -> tuple[Ways, list[str]]:
        """What goes back, written for a run; the flags of that run."""
        store, lines = self.store, Lines(self.store)
        chosen, _ = choose(lines, ids, Filters(statuses=tuple(statuses), **filters), None)
        self.replays += 1
        run_id, folder = f"replay-{self.replays}", self.run.folder / f"letters-{self.replays}"
        folder.mkdir()
        loaded = load_sources(self.run.sources, ["shop"])
        tables = {name: tuple(one.tables.values()) for name, one in loaded.items()}
        sending = SendingBack(store, lines, chosen, run_id, loaded, fetch=fetch)
        ways = Ways(lines).of(write_replay(folder, sending, store, lines, tables, str(self.run.output)))
        return ways, [f"--replay={folder}", f"--run_id={run_id}", "--source=shop", *self.flags]

    def replay(self, **which: Any) -> dict[str, Any]:
        """Sends letters back; gives the execution."""
        _, flags = self.prepare(**which)
        before = {one["execution_id"] for one in self.run.records("executions")}
        self.run.scrape(*flags)
        [new] = [one for one in self.run.records("executions") if one["execution_id"] not in before]
        return new

    def outcomes(self) -> list[tuple[str, str]]:
        return sorted((one.outcome, one.reason) for one in Lines(self.store).replays)

    def rows(self) -> dict[str, Any]:
        """sku -> title; a sku that stands twice fails the test."""
        found: dict[str, Any] = {}
        for row in self.run.records("rows"):
            assert row["sku"] not in found, row["sku"]
            found[row["sku"]] = row["title"]
        return found


@pytest.fixture
def shop(project_of_runs: Project, site: Any) -> Callable[[Callable[[str], Any]], Shop]:
    """Opens a shop that answers so."""
    return lambda answer: Shop(project_of_runs, site(answer))


@pytest.fixture
def archives(project_of_runs: Project) -> Callable[[], list[Path]]:
    """The archive files that there are."""
    return lambda: sorted((project_of_runs.output / "archive").glob("*.warc.gz"))


@pytest.fixture
def broken_shop(shop: Callable[[Callable[[str], Any]], Shop], write_source: Any) -> Shop:
    """A shop with one refused item among two, whose source has been mended since."""
    a_shop = shop(lambda _wanted: "<b id=1><i>ok</i></b><b id=2><u>mend</u></b>")
    fields = {"sku": {"css": "::attr(id)", "required": True}, "title": {"css": "i::text", "required": True}}
    write_source(pages=1, fields=fields)
    a_shop.scrape()
    write_source(pages=1, fields={**fields, "title": {"css": "*::text", "required": True}})
    return a_shop
