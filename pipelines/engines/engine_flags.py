"""Beam's flags for an engine, beside those that the user gives."""

from collections.abc import Sequence

from pipelines.engines.prism import find_prism

__all__ = ["DEFAULT_RUNNER", "engine_flags", "runner_of"]

DEFAULT_RUNNER = "DirectRunner"


def runner_of(words: Sequence[str]) -> str:
    """The runner that Beam options on a command line name: `--runner=NAME` or `--runner NAME`."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        if name == "--runner":
            return value if equals else following
    return DEFAULT_RUNNER


def engine_flags(runner: str, words: Sequence[str]) -> list[str]:
    """What Prism needs to be told: to run the functions in the process that submits the graph, and to serve it alone.

    Raises:
      PrismMissing
    """
    if runner != "PrismRunner":
        return []
    wanted = {
        "--prism_location": "",
        "--job_port": "0",
        "--environment_type": "LOOPBACK",
        "--experiments": "disable_prism_server_singleton",
    }
    given = {word.partition("=")[0] for word in words}
    if "--prism_location" not in given:
        wanted["--prism_location"] = str(find_prism())
    return [f"{name}={value}" for name, value in wanted.items() if value and name not in given]
