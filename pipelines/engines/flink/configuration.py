"""What the processes of a Flink cluster are told.

A TaskManager that Flink's scripts do not start needs every option of its memory said. One that died is noticed after
8 s; a job starts again for as long as it takes, with pauses that grow to 10 s.
"""

from collections.abc import Mapping
from pathlib import Path

__all__ = ["JAVA_FLAGS", "stream_flags", "write_configuration"]

_OPENED = (
    "java.lang", "java.net", "java.io", "java.nio", "java.lang.reflect", "java.text", "java.time", "java.util",
    "java.util.concurrent", "java.util.concurrent.atomic", "java.util.concurrent.locks",
)  # fmt: skip

JAVA_FLAGS = (
    "-XX:TieredStopAtLevel=1",
    "--add-exports=java.base/sun.net.util=ALL-UNNAMED",
    "--add-exports=java.security.jgss/sun.security.krb5=ALL-UNNAMED",
    *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in (*_OPENED, "sun.nio.ch")),
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
)
"""What Flink 1.19 and Beam ask of Java 17. Its second compiler (tier 4) took a fifth of a core for the first minutes of
a job; the work is done in Python and Chromium."""

_PARALLELISM = "2"
_STREAM_FLAGS = {
    "--parallelism": _PARALLELISM,
    "--sdk_worker_parallelism": "2",
    "--max_bundle_time_mills": "100",
    "--checkpointing_interval": "2000",
}


def stream_flags(given: Mapping[str, str]) -> list[str]:
    """Beam's flags that a streaming job on Flink is given where the command line has no others.

    Without checkpoints Flink loses what was under way when anything dies, and Beam's default is none; two worker
    processes; bundles of a tenth of a second, where Beam's own may take a whole one. No more groups of keys than
    parallel parts: what each look for events leaves in the task manager for ever (Beam #27648) is a table for each
    group, of which Flink has 128 by itself (84 KB a look), and a job that is started anew needs no state of
    old ones. One that begins from a savepoint needs the number of the job that made it: `--max_parallelism`.

    Args:
      given: flags of the command line and their values.
    """
    flags = {**_STREAM_FLAGS, "--max_parallelism": given.get("--parallelism", _PARALLELISM)}
    return [f"{name}={value}" for name, value in flags.items() if name not in given]


def write_configuration(folder: Path, rest_port: int, rpc_port: int) -> Path:
    """Writes the file that all processes of a cluster read; gives its folder."""
    conf = folder / "conf"
    settings = {
        "jobmanager.rpc.port": rpc_port,
        "rest.port": rest_port,
        "io.tmp.dirs": folder / "tmp",
        "state.checkpoints.dir": f"file://{folder}/checkpoints",
        **dict.fromkeys(_HERE, "localhost"),
        **{f"taskmanager.memory.{name}": size for name, size in _MEMORY.items()},
        **_SETTINGS,
    }
    for made in (conf, folder / "tmp", folder / "checkpoints"):
        made.mkdir(parents=True, exist_ok=True)
    (conf / "flink-conf.yaml").write_text("".join(f"{name}: {value}\n" for name, value in settings.items()))
    return conf


_MEMORY = {
    "framework.heap.size": "128m",
    "framework.off-heap.size": "128m",
    "jvm-metaspace.size": "256m",
    "jvm-overhead.min": "192m",
    "jvm-overhead.max": "192m",
    "task.heap.size": "1g",
    "task.off-heap.size": "256m",
    "managed.size": "256m",
    "network.min": "256m",
    "network.max": "256m",
}

_HERE = (
    "jobmanager.rpc.address", "jobmanager.bind-host", "rest.address", "rest.bind-address", "taskmanager.host",
    "taskmanager.bind-host",
)  # fmt: skip

_SETTINGS = {
    "taskmanager.numberOfTaskSlots": 2,
    "taskmanager.cpu.cores": 2,
    "taskmanager.network.sort-shuffle.min-buffers": 32,
    "parallelism.default": 1,
    "classloader.resolve-order": "parent-first",
    "state.backend.type": "hashmap",
    "execution.checkpointing.max-concurrent-checkpoints": 1,
    "restart-strategy.type": "exponential-delay",
    "restart-strategy.exponential-delay.initial-backoff": "1 s",
    "restart-strategy.exponential-delay.max-backoff": "10 s",
    "heartbeat.interval": 1000,
    "heartbeat.timeout": 8000,
    "metrics.fetcher.update-interval": 1000,
    "pekko.ask.timeout": "30 s",
}
