"""Worker processes forked from the launching one, which has imported everything: no worker imports Beam again.

Beam's own way (`multi_processing`) starts a Python for each worker: 2 s of CPU before its first page. Forked, they
share the memory of what is imported besides.
"""

import json
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apache_beam.portability import python_urns
from apache_beam.portability.api import endpoints_pb2
from apache_beam.runners.portability.fn_api_runner.worker_handlers import SubprocessSdkWorkerHandler, WorkerHandler
from apache_beam.runners.worker import sdk_worker_main
from google.protobuf import json_format, text_format

from pipelines.leaving import leave
from pipelines.worker import AT_END

__all__ = ["spare_workers"]

_spare: list["SpareWorker"] = []


class SpareWorker:
    """A child that waits to be told its work. To be made before the process has any thread: a fork copies only one."""

    def __init__(self) -> None:
        orders, self._orders = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._orders)
            _work(orders)
        os.close(orders)

    def start(self, environment: dict[str, str]) -> None:
        """Makes it Beam's worker, with these variables as Beam's own workers have them."""
        with os.fdopen(self._orders, "wb") as orders:
            orders.write(json.dumps(environment).encode())

    def wait(self) -> None:
        """Returns when it has ended. Raises RuntimeError when it was killed or failed."""
        status = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        if status:
            raise RuntimeError(f"worker process {self._pid} ended with status {status}")

    def dismiss(self) -> None:
        """Ends one that was not needed."""
        os.close(self._orders)
        self.wait()


@contextmanager
def spare_workers(count: int) -> Iterator[None]:
    """Has Beam take its workers from `count` children forked now; if it wants more it starts those by itself."""
    try:
        while len(_spare) < count:
            _spare.append(SpareWorker())
        yield
    finally:
        while _spare:
            _spare.pop().dismiss()


def _work(orders: int) -> None:
    """The life of a child; it never returns into the copy of what its parent was doing."""
    status = 1
    try:
        # as its parent does later on: a Ctrl-C must not hit a worker in the middle of a page
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
        for spare in _spare:
            os.close(spare._orders)  # else its sibling would never see the end of its orders
        with os.fdopen(orders, "rb") as file:
            told = file.read()
        if told:
            os.environ.update(json.loads(told))
            for handler in logging.getLogger().handlers:
                handler.setLevel(logging.WARNING)  # the harness logs every step as INFO
            sdk_worker_main.main([])
            AT_END.close()  # the functions of atexit are those of the process that this one was forked from
        status = 0
    except BaseException:  # noqa: BLE001  whatever it is, it must not get into the parent's code
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        leave(status)


@WorkerHandler.register_environment(python_urns.SUBPROCESS_SDK, bytes)
class SpareWorkerHandler(SubprocessSdkWorkerHandler):
    """Beam's handler of `multi_processing` workers, in its place; takes a spare worker while there is one."""

    def start_worker(self) -> None:
        if not _spare:
            super().start_worker()
            return
        worker = _spare.pop()
        worker.start(self._environment())
        # named as Beam's own, by which a lost worker is noticed
        self.worker_thread = threading.Thread(name="run_worker", target=worker.wait)
        self.worker_thread.start()

    def _environment(self) -> dict[str, str]:
        control: Any = endpoints_pb2.ApiServiceDescriptor(url=self.control_address)
        return {
            "CONTROL_API_SERVICE_DESCRIPTOR": text_format.MessageToString(control),
            "PIPELINE_OPTIONS": json_format.MessageToJson(self.provision_info.provision_info.pipeline_options),
            "WORKER_ID": self.worker_id,
        }
