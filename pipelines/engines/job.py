"""What every worker of a streaming job must know."""

import dataclasses
import os
import tempfile

from pipelines.job import Job
from pipelines.places import Places
from schemas.events.reading import Limits
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = ["EXECUTION_SECS", "StreamJob"]

EXECUTION_SECS = 3_600.0


@dataclasses.dataclass(frozen=True, slots=True)
class StreamJob(Job):
    """A job that runs for weeks. Executions come and go in it, so that each has files of its own.

    Attributes:
      subscription: events come from it.
      native_reader: the engine reads Pub/Sub itself, and acknowledges what it has made durable (Dataflow).
      topic: told of executions that have ended; empty for nowhere.
      dead_letter_topic: takes events that became dead letters, beside the table; empty for nowhere.
      onward_topic: feeds the subscription: requests for other hosts go there.
      lease_secs: how long an event that was pulled is this job's own, unless that is prolonged.
      execution_secs: after which an execution is closed, whatever is missing.
      max_event_age_secs: older events are letters.
      git_commit: of the folder of sources.
    """

    subscription: str = ""
    native_reader: bool = False
    topic: str = ""
    dead_letter_topic: str = ""
    onward_topic: str = ""
    lease_secs: int = 30
    execution_secs: float = EXECUTION_SECS
    max_event_age_secs: float = Limits().max_age_secs
    git_commit: str = ""

    @property
    def where(self) -> Places:
        return Places(self.output, self.warehouse)

    @property
    def state_folder(self) -> str:
        """Of this machine: notes of what processes are at work on."""
        if filesystem.is_local(self.output):
            return f"{self.output}/.scrapeline/streaming"
        return f"{tempfile.gettempdir()}/scrapeline-{os.getuid()}/streaming-{self.run_id}"

    @property
    def notes_folder(self) -> str:
        return f"{self.state_folder}/notes"

    def layout_of(self, execution_id: str) -> OutputLayout:
        return OutputLayout(self.output, f"execution-{execution_id}", 1)
