"""How fast the loop of events goes."""

import dataclasses

__all__ = ["Pace"]


@dataclasses.dataclass(frozen=True, slots=True)
class Pace:
    """How fast the loop goes.

    Attributes:
      slots: events worked on at once.
      raw_workers: processes that read raw output, from when many events wait that tell of some; 0: this one does it.
      ahead: events claimed for each slot beside the one at work, which could begin (pipelines.streaming.claiming).
      most_held: events claimed and waiting, for their hosts or for a slot: so many may be of one slow host before
        others have to wait for it.
      poll_secs: between two looks for new events.
      look_secs: between two looks at the folder of sources.
      drain_secs: for what is in flight to end by itself, once the process is to stop; then pages in flight have 3 s.
      publish_secs: between attempts to publish.
      most_failures: times that working on an event may break off in a way that waiting does not mend.
    """

    slots: int = 8
    raw_workers: int = 0
    ahead: int = 4
    most_held: int = 1_000
    poll_secs: float = 0.1
    look_secs: float = 1.0
    drain_secs: float = 5.0
    publish_secs: tuple[float, ...] = (0.5, 1.0, 2.0)
    longest_pause_secs: float = 30.0
    most_failures: int = 3
