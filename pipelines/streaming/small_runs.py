"""What Beam does in every run and a small one can do without; left out while a thread is in `small_run`.

Of an event of one page more than half of the CPU was Beam's (2.77). Each run made, for each stage, a thread that builds
its operations and one that samples what it is at work on (to end that takes up to 200 ms), packed and unpacked its
functions, looked at the arguments of all their methods, and counted what nobody asks for. Everything stays in one
process, on the thread that runs it, and what a run gives is the same. Other runs of the process are as ever.
"""

import bz2
import concurrent.futures
import contextlib
import functools
import inspect
import threading
import types
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from apache_beam.internal import cloudpickle_pickler
from apache_beam.runners.worker import bundle_processor, statesampler
from apache_beam.transforms import core

__all__ = ["small_run"]

_THREAD = threading.local()
_PLAIN = b"plain"
Arguments = tuple[list[str], list[Any]]


@contextlib.contextmanager
def small_run() -> Iterator[None]:
    """Around the making of a graph, and around each of its runs, in the thread that runs it."""
    _lighten()
    _THREAD.is_small = True
    try:
        yield
    finally:
        _THREAD.is_small = False


def _is_small() -> bool:
    return getattr(_THREAD, "is_small", False)


@functools.cache
def _lighten() -> None:
    """Once a process."""
    futures = types.SimpleNamespace(ThreadPoolExecutor=_executor, TimeoutError=concurrent.futures.TimeoutError)
    bundle_processor.concurrent = types.SimpleNamespace(futures=futures)
    cloudpickle_pickler.bz2 = types.SimpleNamespace(compress=_compress, decompress=_decompress)
    core.get_function_args_defaults = _remembering(core.get_function_args_defaults)
    processor, sampler = bundle_processor.BundleProcessor, statesampler.StateSampler
    processor.monitoring_infos = _unless_small(processor.monitoring_infos, _no_infos)
    sampler.start = _unless_small(sampler.start, _start_without_samples)
    sampler.stop = _unless_small(sampler.stop, _stop_without_samples)


def _unless_small(as_ever: Callable[[Any], Any], instead: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @functools.wraps(as_ever)
    def either(self: Any) -> Any:
        return instead(self) if _is_small() else as_ever(self)

    return either


def _no_infos(_: Any) -> list[Any]:
    return []


def _start_without_samples(sampler: Any) -> None:
    sampler.tracked_thread = threading.current_thread()
    statesampler.set_current_tracker(sampler)
    sampler.started = True


def _stop_without_samples(sampler: Any) -> None:
    statesampler.set_current_tracker(None)
    sampler.finished = True


class _AtOnce(concurrent.futures.Executor):
    """Does what is handed in on the caller's own thread."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> concurrent.futures.Future[Any]:
        done: concurrent.futures.Future[Any] = concurrent.futures.Future()
        try:
            done.set_result(work(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001  handed on, as executors do
            done.set_exception(error)
        return done


def _executor(**how: Any) -> concurrent.futures.Executor:
    return _AtOnce() if _is_small() else concurrent.futures.ThreadPoolExecutor(**how)


def _compress(data: bytes, compresslevel: int = 9) -> bytes:
    return _PLAIN + data if _is_small() else bz2.compress(data, compresslevel)


def _decompress(data: bytes) -> bytes:
    return data[len(_PLAIN) :] if data.startswith(_PLAIN) else bz2.decompress(data)


def _remembering(look: Callable[[Any], Arguments]) -> Callable[[Any], Arguments]:
    """A method's arguments are its function's, whatever object it is bound to."""
    known: weakref.WeakKeyDictionary[Any, Arguments] = weakref.WeakKeyDictionary()

    def get_function_args_defaults(function: Any) -> Arguments:
        if not inspect.ismethod(function):
            return look(function)
        found = known.get(function.__func__)
        if found is None:
            found = known[function.__func__] = look(function)
        return list(found[0]), list(found[1])

    return get_function_args_defaults
