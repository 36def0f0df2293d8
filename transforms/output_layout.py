"""Where a run's files stand under its output folder. Stable, because others read it."""

import dataclasses
import datetime
import posixpath

__all__ = ["OutputLayout"]


@dataclasses.dataclass(frozen=True, slots=True)
class OutputLayout:
    """Paths under one output folder, local or of any filesystem that Beam writes to.

    Finished files carry execution and attempt in their names, so that no run harms another's; files under construction
    stand in a folder of their own, so that nobody reads half a file.

    Attributes:
      root: the output folder.
      run_id: the run.
      attempt: 1, and one more each time the run was started again.
    """

    root: str
    run_id: str
    attempt: int

    @property
    def rows(self) -> str:
        return posixpath.join(self.root, "rows")

    @property
    def dead_letters(self) -> str:
        return posixpath.join(self.root, "dead_letters")

    @property
    def executions(self) -> str:
        return posixpath.join(self.root, "executions")

    @property
    def replays(self) -> str:
        return posixpath.join(self.root, "replays")

    @property
    def archive(self) -> str:
        return posixpath.join(self.root, "archive")

    @property
    def run(self) -> str:
        """The run's own folder: its plan, its files under construction, its progress."""
        return posixpath.join(self.root, ".scrapeline", "runs", self.run_id)

    @property
    def replay(self) -> str:
        """What a replay takes along: there until its run has ended."""
        return posixpath.join(self.run, "replay")

    @property
    def under_construction(self) -> str:
        return posixpath.join(self.run, f"attempt-{self.attempt}")

    def rows_file(self, table: str, day: datetime.date, execution_id: str, shard: str, extension: str) -> str:
        folder = posixpath.join(self.rows, table, f"scrape_date={day.isoformat()}")
        return posixpath.join(folder, self._name(execution_id, shard, extension))

    def dead_letters_file(self, execution_id: str, shard: str, extension: str) -> str:
        return posixpath.join(self.dead_letters, self._name(execution_id, shard, extension))

    def executions_file(self, execution_id: str, extension: str) -> str:
        return posixpath.join(self.executions, f"{execution_id}-a{self.attempt}.{extension}")

    def replays_file(self, execution_id: str) -> str:
        return posixpath.join(self.replays, f"{execution_id}.jsonl")

    def archive_file(self, shard: str) -> str:
        return posixpath.join(self.archive, f"{self.run_id}-a{self.attempt}-{shard}.warc.gz")

    def temporary(self, final: str) -> str:
        """Where a file stands until it gets its final name."""
        return posixpath.join(self.under_construction, posixpath.relpath(final, self.root).replace("/", "__"))

    def _name(self, execution_id: str, shard: str, extension: str) -> str:
        return f"{execution_id}-a{self.attempt}-{shard}.{extension}"
