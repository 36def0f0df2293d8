"""Beam asks every method of every DoFn, in every run, whether it wants state or timers; here it remembers the answer.

That was a fifth of the CPU of an event of one page (Beam 2.77, `transforms/userstate.py`): a service makes the same
DoFns for each event. Beam looks at methods only, which are their class's, and not at functions that a DoFn wraps.
"""

import functools
from collections.abc import Callable
from typing import Any

from apache_beam.transforms import core, userstate

__all__ = ["remember_dofn_specs"]


@functools.cache
def remember_dofn_specs() -> None:
    """Has Beam look at each class of DoFns once in this process; again does nothing."""
    userstate.get_dofn_specs = _remembering(userstate.get_dofn_specs)


def _remembering(look: Callable[[core.DoFn], Any]) -> Callable[[core.DoFn], Any]:
    known: dict[type, Any] = {}

    def get_dofn_specs(dofn: core.DoFn) -> Any:
        kind = type(dofn)
        if kind not in known:
            known[kind] = look(dofn)
        return known[kind]

    return get_dofn_specs
