"""Which requests of a visit are new, and those that belong to other hosts, in batches."""

from collections.abc import Iterable

from schemas.request import Request, RequestSpec

__all__ = ["Frontier"]

HostKey = tuple[str, int]
_BATCH = 100


def _number(request_id: str) -> int:
    """64 of an id's 96 bits: a third of the memory, and as sure as the tally that proves the invariant."""
    return int(request_id[:16], 16)


class Frontier:
    """What one visit has seen. A key has one owner, so what its visit has seen is all there is to know of it."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._onward: dict[tuple[HostKey, str, str], list[Request]] = {}

    def is_new(self, request: Request) -> bool:
        """Whether the request was not seen before; marks it."""
        number = _number(request.request_id)
        if number in self._seen:
            return False
        self._seen.add(number)
        return True

    def forget(self, ids: Iterable[str]) -> None:
        """Lets go of requests that nobody will ask about again."""
        self._seen.difference_update([_number(request_id) for request_id in ids])

    def mark(self, ids: Iterable[str]) -> None:
        """Takes requests for seen."""
        self._seen.update([_number(request_id) for request_id in ids])

    def leave(self, key: HostKey, request: Request, limited: bool) -> RequestSpec | None:
        """Puts a request for another host into its batch; gives the batch when it is full.

        Args:
          limited: the spec that it came from has a limit, which it was counted against: it may be one page and no more.
        """
        if limited:
            return RequestSpec(request.source, request.execution_id, (request,), limit=1)
        batch = self._onward.setdefault((key, request.source, request.execution_id), [])
        batch.append(request)
        return self._spec(key, request.source, request.execution_id) if len(batch) >= _BATCH else None

    def flush(self) -> list[RequestSpec]:
        """The batches as they are."""
        return [self._spec(*name) for name, batch in list(self._onward.items()) if batch]

    def _spec(self, key: HostKey, source: str, execution_id: str) -> RequestSpec:
        requests = self._onward.pop((key, source, execution_id))
        return RequestSpec(source, execution_id, tuple(requests))
