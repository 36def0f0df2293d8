"""Faults that tests order from the fake BigQuery."""

import dataclasses
import threading
from collections.abc import Iterator
from typing import Literal

from tests.bigquery_servers.strict_refusals import Refusal

__all__ = ["Fault", "Faults"]

Cut = Literal["", "before", "after"]


@dataclasses.dataclass(slots=True)
class Fault:
    """What goes wrong with a request.

    Attributes:
      refusal: the answer, nothing is done; None: the request is served as ever.
      cut: the connection is reset before the request has had its effect, or after it, instead of an answer.
      until: is waited for before anything else; None: nothing is.
    """

    refusal: Refusal | None = None
    cut: Cut = ""
    until: threading.Event | None = None


class Faults:
    """Faults by method, oldest first."""

    def __init__(self) -> None:
        self._ordered: list[tuple[str, Fault]] = []

    def order(self, method: str, fault: Fault, times: int) -> None:
        self._ordered += [(method, fault)] * times

    def take(self, method: str) -> Fault:
        """The next fault of a method (`tabledata.insertAll` or `insertAll`); without effect when none was ordered."""
        for index, (asked, fault) in enumerate(self._ordered):
            if method == asked or method.endswith(f".{asked}"):
                del self._ordered[index]
                return fault
        return Fault()

    def __iter__(self) -> Iterator[tuple[str, Fault]]:
        """Those that have not happened yet."""
        return iter(self._ordered)
