"""Many at once, or one alone, in the order in which they came."""

import asyncio
import collections

__all__ = ["Solitude"]


class Solitude:
    """Lets whoever enters in together with the others, or when nobody else is inside. On one loop."""

    def __init__(self) -> None:
        self._inside: set[object] = set()
        self._alone = False
        self._waiting: collections.deque[tuple[object, bool, asyncio.Future[None]]] = collections.deque()

    async def enter(self, who: object, *, alone: bool) -> None:
        """Returns once it is inside; cancelled before that, it is not."""
        if not self._waiting and self._has_room(alone):
            self._let_in(who, alone)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((who, alone, turn))
        try:
            await turn
        except asyncio.CancelledError:
            self.leave(who)
            self._next()
            raise

    def leave(self, who: object) -> None:
        """Makes room; for one that is not inside, nothing happens."""
        if who in self._inside:
            self._inside.discard(who)
            self._alone = False
            self._next()

    def _has_room(self, alone: bool) -> bool:
        return not self._inside if alone else not self._alone

    def _let_in(self, who: object, alone: bool) -> None:
        self._inside.add(who)
        self._alone = alone

    def _next(self) -> None:
        while self._waiting:
            who, alone, turn = self._waiting[0]
            if turn.done():  # cancelled
                self._waiting.popleft()
            elif self._has_room(alone):
                self._waiting.popleft()
                self._let_in(who, alone)
                turn.set_result(None)
            else:
                return
