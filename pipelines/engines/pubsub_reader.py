"""What the reading stage pulls from on an engine: one reader a process, its leases, and the acknowledgements of all.

An event is acknowledged by whichever process settles it, and leased by the one that pulled it. A handle therefore names
its reader, and who acknowledges for another leaves a note for it in the output's folder, where all processes come by:
until the reader has seen it, the event counts as one that it still holds.
"""

import contextlib
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Collection, Sequence
from typing import Any

from pipelines.engines.job import StreamJob
from pipelines.engines.pulse import pulse_file
from pipelines.leaving import when_left
from pipelines.once_a_process import once_a_process
from pipelines.streaming.subscription import LEASE_SECS, Subscription
from schemas.events.arrival import Arrived
from schemas.events.continued import KIND
from schemas.events.kinds import kind_of_type
from transforms import filesystem

__all__ = ["MAX_LEASE_SECS", "MAX_OUTSTANDING", "PubSubReader", "acknowledge", "reader"]

MAX_OUTSTANDING = 1_000
MAX_LEASE_SECS = 3_600.0
HOPELESS_PAUSE_SECS = 10.0
"""An engine restarts what fails, at once and for ever: who reads waits for a subscription that is not there yet."""
FULL_SECS = 3.0
"""After so long without room the reader looks for requests of executions that are under way: these wait for them, and
would for ever if what is held waits for what cannot be read. Other events are put aside for ASIDE_SECS."""
ASIDE_SECS = 30
_LOOKED_THROUGH, _AHEAD = 500, 200
LOOK_SECS = 1.0
"""Between two looks at the stop file, and at others' notes."""


class PubSubReader:
    """Pulls events for this process. None is acknowledged before somebody says so; any thread may call.

    Args:
      subscription: projects/P/subscriptions/S.
      stop_file: when it appears, nothing more is read.
      notes: a folder that all processes of the job see.
      lease_secs, max_lease_secs: as in Subscription.
      max_outstanding: events that this process holds at most, not acknowledged as far as it knows; `scrape.continued`
        may be more.
    """

    def __init__(
        self,
        subscription: str,
        stop_file: str,
        notes: str,
        *,
        lease_secs: int = LEASE_SECS,
        max_lease_secs: float = MAX_LEASE_SECS,
        max_outstanding: int = MAX_OUTSTANDING,
    ) -> None:
        self._messages = Subscription(subscription, lease_secs, max_lease_secs, HOPELESS_PAUSE_SECS)
        self._stop_file, self._notes, self._max_outstanding = stop_file, notes, max_outstanding
        self._name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._lock = threading.Lock()
        self._looked_at = 0.0
        self._has_pulse = False
        self._full_since: float | None = None
        self._stops = False

    def read(self, most: int, wait_secs: float = 0.0) -> list[Arrived]:
        """Some events, at most so many and no more than it may hold; none where nothing has come.

        Args:
          wait_secs: for the first.
        """
        self._look()
        room = self._max_outstanding - self._messages.held
        if room > 0:
            self._full_since = None
            received = self._messages.take(min(most, room), wait_secs, min(room, _AHEAD))
        else:
            received = self._take_urgent()
            if not received:
                time.sleep(wait_secs)
        return [self._arrived(one) for one in received]

    def _take_urgent(self) -> list[Any]:
        """What executions under way wait for, once there has been no room for a while; the rest is put aside."""
        now = time.monotonic()
        self._full_since = now if self._full_since is None else self._full_since
        received = self._messages.take(_LOOKED_THROUGH if now - self._full_since >= FULL_SECS else 0)
        urgent = [one for one in received if _is_continued(one)]
        self._messages.give_back([one.ack_id for one in received if not _is_continued(one)], ASIDE_SECS)
        return urgent

    def stopping(self) -> bool:
        """Whether the job is to read nothing more and to end what it has."""
        self._look()
        return self._stops

    def stop(self) -> None:
        """Gives back what was pulled ahead. What was read stays leased until it is acknowledged."""
        self._messages.give_back_pulled()

    def acknowledge(self, handles: Collection[str]) -> None:
        """All that these events asked for has ended: they never come again. The handles may be other readers'."""
        owned = [handle.split(" ", 1) for handle in handles if handle]
        self._messages.acknowledge(ack_id for _, ack_id in owned)
        for name in {owner for owner, _ in owned} - {self._name}:
            self._tell(name, [ack_id for owner, ack_id in owned if owner == name])

    def put_off(self, handle: str, secs: int) -> bool:
        """Has an event come again after a while; gives whether it could be done, for it is this reader's own."""
        name, _, ack_id = handle.partition(" ")
        if name == self._name:
            self._messages.give_back([ack_id], secs)
        return name == self._name

    def close(self) -> None:
        """Gives back all that it holds."""
        self._messages.close()

    def _arrived(self, received: Any) -> Arrived:
        message = received.message
        return Arrived(
            data=message.data,
            attributes=dict(message.attributes),
            message_id=message.message_id,
            sent_at=message.publish_time.timestamp(),
            handle=f"{self._name} {received.ack_id}",
        )

    def _look(self) -> None:
        """Looks, now and then, whether it is to stop, and what others have acknowledged."""
        with self._lock:
            if time.monotonic() - self._looked_at < LOOK_SECS:
                return
            self._looked_at = time.monotonic()
        with contextlib.suppress(OSError):  # the output is away: what cannot be looked at has not changed
            self._stops = self._stops or bool(self._stop_file and filesystem.exists(self._stop_file))
            if self._messages.held:
                self._hear()
            self._show_life()  # last: a full disk must keep nobody from hearing that it is to stop

    def _show_life(self) -> None:
        """Has whoever watches the job know that it has begun."""
        if self._stop_file and not self._has_pulse:
            filesystem.replace_whole(pulse_file(self._stop_file), b"")
            self._has_pulse = True

    def _tell(self, name: str, ack_ids: Sequence[str]) -> None:
        """Without this note that reader holds the events until their leases are too old: it reads less, no more."""
        with contextlib.suppress(OSError):
            path = f"{self._notes}/{name}.{filesystem.shard_name()}"
            filesystem.write_whole(path, json.dumps(ack_ids).encode())

    def _hear(self) -> None:
        for path in filesystem.match(self._notes, f"{self._name}.*"):
            with filesystem.open_to_read(path) as file, contextlib.suppress(ValueError):
                self._messages.let_go(json.load(file))
                filesystem.remove([path])


def _is_continued(received: Any) -> bool:
    return kind_of_type(received.message.attributes.get("ce-type", ""))[0] == KIND


@once_a_process
def reader(job: StreamJob) -> PubSubReader:
    """The reader of this process."""
    notes = f"{job.output}/.scrapeline/streaming/acknowledged"
    made = PubSubReader(job.subscription, job.stop_file, notes, lease_secs=job.lease_secs)
    when_left(made.close)
    return made


def acknowledge(job: StreamJob, handles: Collection[str]) -> None:
    """Acknowledges deliveries of whichever process; those without a handle are the engine's own business."""
    if any(handles):
        reader(job).acknowledge(handles)
