"""What is written down of the work on one host, so that another process can go on with it."""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence

from schemas.outcome import Outcome, Scraped
from schemas.request import Request, RequestSpec

__all__ = ["Jot", "Notes", "OpenSpec", "announced_again", "announcing", "open_specs", "rewritten"]

_ID_BYTES = 12
_SPECS_A_JOT = 100
_IDS_AN_OUTCOME = 1000


@dataclasses.dataclass(frozen=True, slots=True)
class Jot:
    """What happened between two looks at a host, in this order. Jots are only ever added; all of them are the truth.

    Attributes:
      number: counts up; a store may give jots back in any order.
      begun: specs taken.
      followed: (id of the spec, requests that its pages led to on the same host).
      ended: (id of the spec, ids of its requests that ended, and its own, 12 bytes each).
      over: ids of specs of which nothing is left.
    """

    number: int
    begun: tuple[RequestSpec, ...] = ()
    followed: tuple[tuple[str, tuple[Request, ...]], ...] = ()
    ended: tuple[tuple[str, bytes], ...] = ()
    over: tuple[str, ...] = ()


@dataclasses.dataclass(slots=True)
class OpenSpec:
    """A spec of which something has not ended.

    Attributes:
      out: ids of requests that it is known to have been expanded to and that have not ended.
      follow_ups: those that pages led to and that have not ended, by id.
      ended: ids of requests that have, and its own.
      left: ids of requests for other hosts.
      is_expanded: it is, here: one that was in another process is expanded again, to find what has not ended.
    """

    spec_id: str
    spec: RequestSpec
    out: set[str] = dataclasses.field(default_factory=set)
    follow_ups: dict[str, Request] = dataclasses.field(default_factory=dict)
    ended: set[str] = dataclasses.field(default_factory=set)
    left: list[str] = dataclasses.field(default_factory=list)
    is_expanded: bool = False

    def announce(self, ids: Iterable[str]) -> None:
        """It was expanded to these."""
        self.out.update([one for one in ids if one not in self.ended])

    def follow(self, requests: Iterable[Request]) -> None:
        """Its pages led to these."""
        self.follow_ups.update({one.request_id: one for one in requests if one.request_id not in self.ended})

    def end(self, request_id: str) -> None:
        """A request has ended, or its own expansion."""
        self.ended.add(request_id)
        self.out.discard(request_id)
        self.follow_ups.pop(request_id, None)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left: it is expanded, and all that came out of it has ended."""
        return self.is_expanded and not self.out and not self.follow_ups

    @property
    def ended_requests(self) -> list[str]:
        """Ids of its requests that have ended, sorted."""
        return sorted(self.ended - {self.spec_id})


def open_specs(jots: Iterable[Jot]) -> dict[str, OpenSpec]:
    """What jots leave open, by spec id; they may come in any order."""
    opened: dict[str, OpenSpec] = {}
    for jot in sorted(jots, key=lambda jot: jot.number):
        for spec in jot.begun:
            opened.setdefault(spec.spec_id, OpenSpec(spec.spec_id, spec))
        for spec_id, requests in jot.followed:
            opened[spec_id].follow(requests)
        for spec_id, ids in jot.ended:
            for one in unpacked(ids):
                opened[spec_id].end(one)
        for spec_id in jot.over:
            del opened[spec_id]
    return opened


def rewritten(opened: Sequence[OpenSpec], numbers: Iterator[int]) -> list[Jot]:
    """The same truth in few jots."""
    jots = []
    for start in range(0, len(opened), _SPECS_A_JOT):
        some = opened[start : start + _SPECS_A_JOT]
        jots.append(
            Jot(
                next(numbers),
                begun=tuple([one.spec for one in some]),
                followed=tuple([(one.spec_id, tuple(one.follow_ups.values())) for one in some if one.follow_ups]),
                ended=tuple([(one.spec_id, packed(sorted(one.ended))) for one in some if one.ended]),
            )
        )
    return jots


def packed(ids: Iterable[str]) -> bytes:
    """Ids, 12 bytes each."""
    return b"".join(map(bytes.fromhex, ids))


def unpacked(ids: bytes) -> list[str]:
    """What `packed` packed."""
    return [ids[at : at + _ID_BYTES].hex() for at in range(0, len(ids), _ID_BYTES)]


def announcing(spec: RequestSpec, ids: tuple[str, ...]) -> Scraped:
    """Says that an execution has these requests."""
    return Scraped(Outcome(spec.execution_id, spec.source, "", "pages", spawned=ids))


def announced_again(one: OpenSpec) -> Iterator[Scraped]:
    """What had ended may not have been announced before the process went; the sets do not mind hearing it twice."""
    ids = one.ended_requests
    for start in range(0, len(ids), _IDS_AN_OUTCOME):
        yield announcing(one.spec, tuple(ids[start : start + _IDS_AN_OUTCOME]))


class Notes:
    """The next jot, while it comes together."""

    def __init__(self, numbers: Iterator[int] | None = None) -> None:
        self.numbers = numbers or itertools.count()
        self._clear()

    def _clear(self) -> None:
        self._begun: list[RequestSpec] = []
        self._followed: list[tuple[str, tuple[Request, ...]]] = []
        self._ended: dict[str, list[str]] = {}
        self._over: list[str] = []

    def begin(self, spec: RequestSpec) -> None:
        """A spec was taken."""
        self._begun.append(spec)

    def follow(self, spec_id: str, requests: tuple[Request, ...]) -> None:
        """A page of the spec led to requests here."""
        self._followed.append((spec_id, requests))

    def end(self, spec_id: str, request_id: str) -> None:
        """A request of the spec has ended, or its own expansion."""
        self._ended.setdefault(spec_id, []).append(request_id)

    def over(self, spec_id: str) -> None:
        """Nothing is left of the spec."""
        self._over.append(spec_id)

    def take(self) -> Jot | None:
        """All that was noted since; None for nothing."""
        if not (self._begun or self._followed or self._ended or self._over):
            return None
        jot = Jot(
            next(self.numbers),
            tuple(self._begun),
            tuple(self._followed),
            tuple([(spec_id, packed(ids)) for spec_id, ids in self._ended.items()]),
            tuple(self._over),
        )
        self._clear()
        return jot
