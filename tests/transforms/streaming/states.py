"""States and timers of one key, as an engine keeps them: what is read is a copy of what was written."""

import copy
from collections.abc import Iterator
from typing import Any


class Bag:
    def __init__(self) -> None:
        self._added: list[Any] = []

    def add(self, value: Any) -> None:
        self._added.append(copy.deepcopy(value))

    def read(self) -> Iterator[Any]:
        return iter(copy.deepcopy(self._added))

    def clear(self) -> None:
        self._added = []


class Value:
    def __init__(self) -> None:
        self._written: Any = None

    def write(self, value: Any) -> None:
        self._written = copy.deepcopy(value)

    def read(self) -> Any:
        return copy.deepcopy(self._written)

    def clear(self) -> None:
        self._written = None


class Timer:
    """One timer; `at` is when it fires, None for never."""

    def __init__(self) -> None:
        self.at: Any = None

    def set(self, at: Any) -> None:
        self.at = at

    def clear(self) -> None:
        self.at = None


class Clock:
    """Unix seconds, put forward by hand."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
