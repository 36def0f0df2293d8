"""`python -m tests.engines.supervised MODULE STOP_FILE FLAGS`: a supervisor of the job that the module runs."""

import sys

import psutil

from pipelines.engines.supervision import supervise

__all__ = ["everything_of", "has_gone", "launcher_of"]


def everything_of(process: psutil.Popen) -> list[psutil.Process]:
    """It and all that it has started."""
    try:
        return [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return []


def launcher_of(process: psutil.Popen) -> psutil.Process:
    """The process that a supervisor of the small graph has started for its job."""
    (found,) = (child for child in process.children() if "tests.engines.small_graph" in child.cmdline())
    return found


def has_gone(processes: list[psutil.Process]) -> bool:
    """Whether none of them lives."""
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


if __name__ == "__main__":
    module, stop_file, *flags = sys.argv[1:]
    begins_in = next((float(flag.partition("=")[2]) for flag in flags if flag.startswith("--begins_in=")), None)
    sys.exit(supervise(flags, stop_file, lambda said: print(said, flush=True), module, begins_in_secs=begins_in))
