"""Processes die, keys move and bundles fail at any moment: whatever was known of one host ends all the same."""

import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from schemas.request import RequestSpec
from schemas.tally import Tally, unaccounted
from scrapers.fetching.attempt_notes import NoNotes
from scrapers.fetching.desks import Desks
from tests.scrapers.fetching.desk_test import HeldPage, Store, spec_of

PAGES = 40


def build_site(server: Any, chance: random.Random) -> None:
    server.on_all()
    for number in range(PAGES):
        links = [f"/{chance.randrange(PAGES)}" for _ in range(chance.randrange(4))]
        links += [f"http://other.test/{chance.randrange(9)}"] * (chance.random() < 0.3)
        body = f"<b>{number}</b>" + "".join(f'<a href="{link}">x</a>' for link in links)
        server.on(f"/{number}", server.page(body, 200 if chance.random() < 0.9 else 404))


def unruly(store: Store, specs: list[RequestSpec], opens: Callable[[], Desks], chance: random.Random) -> Desks:
    """Hands in the specs while everything goes wrong; gives the desks of the process that is there at last."""
    desks = opens()
    for spec in specs:
        store.look(desks, spec, fails=chance.random() < 0.5)
        store.look(desks, *([] if spec in store.planned else [spec]))
        for _ in range(chance.randrange(8)):
            if chance.random() < 0.2:
                desks = opens()
            store.look(desks, fails=chance.random() < 0.2)
            time.sleep(chance.random() * 0.01)
    return opens()


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_lost(crawl: Any, server: Any, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    build_site(server, chance)
    source = {
        "seeds": {"urls": ["http://shop.test/"]},
        "politeness": {"delay_secs": 0, "concurrency": 1 + 2 * (seed % 2)},
    }
    crawl.open(source)

    def opens() -> Desks:
        return Desks(
            crawl.open(source) if chance.random() < 0.7 else crawl.fetcher
        )  # another process, or the same host's

    several = [spec_of(*map(str, chance.sample(range(PAGES), 1 + number))) for number in range(5)]
    store = Store()
    store.to_the_end(unruly(store, several if seed % 3 else several[-1:], opens, chance))

    tally = Tally()
    tally.know([spec.spec_id for spec in store.planned])
    for one in store.scraped:
        tally.end(one.outcome)
    for spec in store.onward:
        tally.ended += b"".join(
            bytes.fromhex(one[:16]) for one in [spec.spec_id, *(r.request_id for r in spec.requests)]
        )
    assert unaccounted(tally) == (0, 0)
    assert store.holds or seed % 3  # what several specs lead to may end twice when a process forgets what it has seen
    assert not store.jots


def test_a_spec_that_was_expanded_is_not_over_while_one_of_its_requests_is_fetched_again(
    crawl: Any, server: Any
) -> None:
    first, second = HeldPage("<b>1</b>"), HeldPage("<b>2</b>")
    server.on_all()
    server.on("/1", first)
    server.on("/2", second)
    source = {"seeds": {"urls": ["http://shop.test/"]}}
    store, spec = Store(), spec_of("0", "1", "2")
    desks = Desks(crawl.open(source))
    store.look(desks, spec)
    store.until(desks, lambda store: store.ends[spec.spec_id] and store.reasons["pages"] == 1)

    desks = Desks(crawl.open({**source, "politeness": {"delay_secs": 0, "concurrency": 1}}))
    store.look(desks)
    first.opened.set()
    store.until(desks, lambda store: store.reasons["pages"] == 2)
    assert store.jots
    second.opened.set()
    store.to_the_end(desks)

    assert store.reasons == {"pages": 3}
    assert store.holds


class NotesOfOthers(NoNotes):
    """What other processes died of while this one lived."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    @property
    def crashes(self) -> dict[str, int]:
        return self.known

    def refresh(self) -> bool:
        return True


def test_what_another_process_died_of_is_known_when_its_host_comes(crawl: Any, server: Any) -> None:
    server.on_all()
    notes, store, spec = NotesOfOthers(), Store(), spec_of("0", "1")
    desks = Desks(crawl.open({"seeds": {"urls": ["http://shop.test/"]}}, notes=notes))
    notes.known = {spec.requests[0].request_id: 2}
    store.look(desks, spec)
    store.to_the_end(desks)

    assert store.reasons == {"pages": 1, "poison": 1}
    assert store.holds
