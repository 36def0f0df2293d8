"""What a spec was expanded to waits for the first of its pages: the two are one bundle then."""

from typing import Any

import pytest

from scrapers.fetching import desk as desk_module
from tests.scrapers.fetching.desk_test import KEY, HeldPage, Store, open_desks, spec_of

__all__ = ["open_desks"]


def test_an_expansion_is_told_with_the_first_page_of_its_spec(open_desks: Any, server: Any) -> None:
    held = HeldPage("<b>held</b>")
    server.on_all()
    server.on("/0", held)
    store, desks = Store(), open_desks()
    store.look(desks, spec_of("0"))
    store.until(desks, lambda _: desks.desk(KEY)._early)

    assert store.scraped == []
    assert not desks.desk(KEY).is_idle
    held.opened.set()
    store.to_the_end(desks)
    assert (store.reasons, store.holds, store.jots) == ({"pages": 1}, True, [])


def test_an_expansion_whose_page_another_process_waited_for_is_told_with_it(open_desks: Any, server: Any) -> None:
    held = HeldPage("<b>held</b>")
    server.on_all()
    server.on("/0", held)
    store, desks = Store(), open_desks()
    store.look(desks, spec_of("0"))
    store.until(desks, lambda _: desks.desk(KEY)._early)

    desks = open_desks()  # what the first one had not told is gone with it
    held.opened.set()
    store.to_the_end(desks)
    assert (store.reasons, store.holds, store.jots) == ({"pages": 1}, True, [])


def test_a_spec_without_new_pages_ends_while_another_page_of_its_host_hangs(open_desks: Any, server: Any) -> None:
    held = HeldPage("<b>held</b>")
    server.on_all()
    server.on("/0", held)
    store, desks = Store(), open_desks({"politeness": {"delay_secs": 0, "concurrency": 4}})
    again = spec_of("1", "1")
    store.look(desks, spec_of("0"))
    store.look(desks, again)
    store.until(desks, lambda store: {again.spec_id, again.requests[0].request_id} <= set(store.ends))

    assert store.reasons == {"pages": 1}
    held.opened.set()
    assert store.to_the_end(desks).holds


def test_an_expansion_waits_only_a_while_for_a_page_that_hangs(
    open_desks: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "_EARLY_SECS", 0.2)
    held = HeldPage("<b>held</b>")
    server.on_all()
    server.on("/0", held)
    store, desks = Store(), open_desks()
    spec = spec_of("0")
    store.look(desks, spec)
    store.until(desks, lambda store: set(store.ends) == {spec.spec_id})

    assert spec.requests[0].request_id not in store.ends
    held.opened.set()
    assert store.to_the_end(desks).holds
