"""What an event leaves in the memory of the process that worked on it: nothing."""

import gc
from collections import Counter
from typing import Any

from tests.pipelines.conftest import eventually

OURS = ("pipelines.", "scrapers.", "schemas.", "transforms.")
CACHED = "scrapers.source_files.seed_plan.SeedTemplate"
"""Of the last 256 parameters and times."""
EVENTS = 12


def objects_of_ours() -> Counter[str]:
    """Kind of object -> how many are alive."""
    gc.collect()
    kinds = (type(one) for one in gc.get_objects())
    found = Counter(f"{kind.__module__}.{kind.__qualname__}" for kind in kinds if kind.__module__.startswith(OURS))
    del found[CACHED]
    return found


def test_nothing_of_an_event_stays(streaming: Any, items: Any, write_source: Any) -> None:
    write_source("shop", pages=2, hosts=("shop.test",), limits={"max_pages": 100, "max_secs": 600})
    streaming.put("shop", params={"n": ["1"]})
    streaming.serve(items)
    streaming.wait_for(1)  # what is made once is there
    before = objects_of_ours()
    for number in range(EVENTS):
        streaming.put("shop", params={"n": [str(number)]})
    streaming.wait_for(1 + EVENTS)

    eventually(lambda: not [kind for kind, more in (objects_of_ours() - before).items() if more >= EVENTS])
