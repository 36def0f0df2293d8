"""What Beam remembers of a DoFn's class is what it would have found."""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.coders import BytesCoder
from apache_beam.transforms import userstate

from pipelines.streaming.dofn_specs import remember_dofn_specs

BAG = userstate.BagStateSpec("bag", BytesCoder())


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(userstate, "get_dofn_specs", userstate.get_dofn_specs)
    remember_dofn_specs.cache_clear()
    yield
    remember_dofn_specs.cache_clear()


class KeepsFn(beam.DoFn):
    def process(self, element: Any, bag: Any = beam.DoFn.StateParam(BAG)) -> None:
        bag.add(element)


def passes(element: Any) -> Any:
    return element


def test_state_is_found_wherever_it_is_wanted() -> None:
    remember_dofn_specs()
    for _ in range(2):
        assert userstate.get_dofn_specs(KeepsFn()) == ({BAG}, set())
        assert userstate.get_dofn_specs(beam.core.CallableWrapperDoFn(passes)) == (set(), set())
