"""The runs of all sources, for a process that asks for them again and again: of a folder only new files are read."""

import logging
import os

from pipelines.history import by_source, unreadable
from pipelines.places import Places
from pipelines.stores.folder_store import FolderStore
from pipelines.stores.store import open_store
from schemas.history import COLUMNS, PastRun
from transforms import filesystem

__all__ = ["PastRuns"]

_LOG = logging.getLogger(__name__)


class PastRuns:
    """Reads an execution log; one thread at a time."""

    def __init__(self, where: Places) -> None:
        self._where = where
        self._files: dict[tuple[str, int], dict[str, list[PastRun]]] = {}

    def read(self, newest: int) -> dict[str, list[PastRun]] | None:
        """Source -> its runs among the newest executions of all sources, oldest first; None: it cannot be read."""
        try:
            if self._where.warehouse is None:
                return self._of_folder(newest)
            return by_source(open_store(self._where).executions(COLUMNS, None, newest).to_pylist())
        except unreadable(self._where) as error:
            _LOG.warning("%s: what fell against earlier runs cannot be told: %s", self._where, error)
            return None

    def _of_folder(self, newest: int) -> dict[str, list[PastRun]]:
        store = FolderStore(self._where.folder)
        files = [(path, _stamp(path)) for path in store.execution_files(newest)]
        new = [file for file in files if file not in self._files]
        read = zip(new, store.executions_of([path for path, _ in new], COLUMNS), strict=True)
        known = self._files | {file: by_source(records) for file, records in read}
        self._files = {file: known[file] for file in files}
        found: dict[str, list[PastRun]] = {}
        for of_file in self._files.values():
            for source, runs in of_file.items():
                found.setdefault(source, []).extend(runs)
        return {source: sorted(runs, key=lambda run: run.at) for source, runs in found.items()}


def _stamp(path: str) -> int:
    """What changes with a file, where that is cheap to tell: a run that is resumed may write it again."""
    return os.stat(path).st_mtime_ns if filesystem.is_local(path) else 0
