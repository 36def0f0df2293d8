"""What to tell about a run that broke off: what happened and where, and which exit status says it."""

import errno
import os
import re
import shutil

from pipelines.exit_status import CANNOT_WRITE, DIED
from transforms import filesystem

__all__ = ["explain"]

_ERRNO = re.compile(r"\[Errno (\d+)\]")  # of an OSError whose type Beam lost on its way through the engine
_WAREHOUSE = re.compile(r"\bWarehouse(?:Unavailable|Refused): (.+?)(?= \[while running |$)", re.MULTILINE)
_CANNOT_WRITE = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO),
    *(errno.ENOTDIR, errno.EISDIR),
}


def explain(error: BaseException, output: str) -> tuple[int, str]:
    """(exit status, a sentence) for what ended a run.

    >>> explain(RuntimeError("OSError: [Errno 28] No space left on device [while running 'Archive']"), "s3://lake")
    (74, 'cannot write to s3://lake: No space left on device')
    >>> explain(RuntimeError("a.b.WarehouseUnavailable: BigQuery: quota [while running 'Close']"), "bigquery:p")
    (74, 'cannot write to bigquery:p: BigQuery: quota')
    """
    if "Channel closed prematurely" in str(error):  # Beam 2.77, data_plane.py
        return DIED, "a worker process died: it was killed, or there was not enough memory"
    if said := _WAREHOUSE.findall(f"{type(error).__name__}: {error}"):
        return CANNOT_WRITE, f"cannot write to {output}: {said[-1].strip()[:1000]}"
    found = [int(number) for number in _ERRNO.findall(str(error))]
    number = next((number for number in found if number in _CANNOT_WRITE), None)
    if number is None:
        lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        return DIED, f"the run broke off: {lines[-1].strip()[:500]}"
    return CANNOT_WRITE, f"cannot write to {output}: {os.strerror(number)}{_room(output)}"


def _room(output: str) -> str:
    if not filesystem.is_local(output):
        return ""
    try:
        usage = shutil.disk_usage(output)
    except OSError:
        return ""
    return f" ({usage.free / 1e6:,.0f} MB free on its disk)"
