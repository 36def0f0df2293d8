"""What a process makes once for a run, on first need: and how one that outlives its runs lets go of it."""

import functools
import threading
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from pipelines.job import Job

__all__ = ["forget", "give", "once_a_process"]

P = ParamSpec("P")
T = TypeVar("T")
_LOCK = threading.RLock()
_MADE: list[dict[Any, Any]] = []
_GIVEN: dict[Any, Mapping[str, Any]] = {}


def once_a_process(make: Callable[P, T]) -> Callable[P, T]:
    """Makes a thing once for each argument; the harness calls DoFns from several threads, so the others wait."""
    made: dict[Any, T] = {}
    _MADE.append(made)

    @functools.wraps(make)
    def get(*args: P.args, **kwargs: P.kwargs) -> T:
        key = args, tuple(kwargs.items())
        with _LOCK:
            if key not in made:
                given = _GIVEN.get(args[0] if args else None, {})
                made[key] = given[make.__name__] if make.__name__ in given else make(*args, **kwargs)
            return made[key]

    return get


def give(job: Job, **things: Any) -> None:
    """Has a run use what the process has already, by the names of `pipelines.worker`: it then makes none of its own."""
    with _LOCK:
        _GIVEN[job] = things


def forget(job: Job) -> None:
    """Lets go of what was made for a run, or given to it."""
    with _LOCK:
        _GIVEN.pop(job, None)
        for made in _MADE:
            for key in [key for key in made if key[0] and key[0][0] == job]:
                del made[key]
