"""`python -m pipelines.engines.flink` (`make flink`): a Flink cluster with a worker pool, until Ctrl-C."""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from pipelines.engines.child_process import EngineFailed
from pipelines.engines.flink.cluster import FlinkCluster
from pipelines.engines.flink.jars import FlinkMissing, mixed_versions
from pipelines.engines.flink.workers import WorkerPool

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs it; returns the exit status: 0 after Ctrl-C or SIGTERM, 1 when it cannot be run or a part of it died."""
    folder = _folder(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(mixed_versions(), f"Logs and checkpoints: {folder}", "Starting ...", sep="\n", flush=True)
    try:
        with FlinkCluster(folder) as cluster, WorkerPool(folder / "worker_pool.log") as workers:
            print(_said(cluster, workers), flush=True)
            while cluster.lives():
                time.sleep(1)
    except KeyboardInterrupt:
        print("All of it has ended.", flush=True)
    except (FlinkMissing, EngineFailed) as error:
        print(f"Flink: {error}", file=sys.stderr)
        return 1
    return 0


def _folder(argv: Sequence[str] | None) -> Path:
    parser = argparse.ArgumentParser(prog="make flink", allow_abbrev=False)
    parser.add_argument(
        "--folder", help="for configuration, logs and checkpoints; default: a new one in the temporary folder"
    )
    given = parser.parse_args(argv).folder
    folder = Path(given) if given else Path(tempfile.mkdtemp(prefix="scrapeline-flink-"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder.absolute()


def _said(cluster: FlinkCluster, workers: WorkerPool) -> str:
    flags = " \\\n    ".join([*cluster.flags, *workers.flags])
    return (
        f"Flink runs: http://{cluster.rest.address}. In another terminal, with the same environment variables "
        f"(PUBSUB_EMULATOR_HOST, ...; the workers have those of this one):\n\n"
        f"  scrapeline run --streaming --subscription projects/P/subscriptions/S --output out \\\n    {flags}\n\n"
        "Ctrl-C here ends all of it, jobs as well."
    )


if __name__ == "__main__":
    sys.exit(main())
