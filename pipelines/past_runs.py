"""The runs of all sources, for a process that asks for them again and again: of a folder only new files are read."""

import logging
import os

from pipelines.history import by_source, unreadable
from pipelines.lean_runs import Same, lean
from pipelines.places import Places
from pipelines.stores.folder_store import FolderStore
from pipelines.stores.store import open_store
from schemas.history import COLUMNS, PastRun
from transforms import filesystem

__all__ = ["PastRuns"]

_LOG = logging.getLogger(__name__)

Runs = dict[str, list[PastRun]]


class PastRuns:
    """Reads an execution log; one thread at a time."""

    def __init__(self, where: Places) -> None:
        self._where = where
        self._files: frozenset[int] = frozenset()
        self._runs: dict[str, list[tuple[int, PastRun]]] = {}  # each with its file

    def read(self, newest: int) -> Runs | None:
        """Source -> its runs among the newest executions of all sources, oldest first; None: it cannot be read."""
        try:
            if self._where.warehouse is None:
                return self._of_folder(newest)
            found = by_source(open_store(self._where).executions(COLUMNS, None, newest).to_pylist())
            return _lean(found, Same())
        except unreadable(self._where) as error:
            _LOG.warning("%s: what fell against earlier runs cannot be told: %s", self._where, error)
            return None

    def _of_folder(self, newest: int) -> Runs:
        store, same = FolderStore(self._where.folder), Same()
        files = {hash((path, _stamp(path))): path for path in store.execution_files(newest)}
        new = [file for file in files if file not in self._files]
        runs = {source: [one for one in kept if one[0] in files] for source, kept in self._runs.items()}
        for file, records in zip(new, store.executions_of([files[file] for file in new], COLUMNS), strict=True):
            for source, of_file in _lean(by_source(records), same).items():
                runs.setdefault(source, []).extend((file, run) for run in of_file)
        for source, found in runs.items():
            found.sort(key=lambda one: one[1].at)
            runs[source] = list(zip([file for file, _ in found], lean([run for _, run in found], same), strict=True))
        self._files, self._runs = frozenset(files), {source: found for source, found in runs.items() if found}
        return {source: [run for _, run in found] for source, found in self._runs.items()}


def _lean(runs: Runs, same: Same) -> Runs:
    return {source: lean(sorted(found, key=lambda run: run.at), same) for source, found in runs.items()}


def _stamp(path: str) -> int:
    """What changes with a file, where that is cheap to tell: a run that is resumed may write it again."""
    return os.stat(path).st_mtime_ns if filesystem.is_local(path) else 0
