"""`python -m pipelines.engines.prism` (`make prism`): sees to it that there is a Prism, Beam's engine for one machine.

Silent when there is one. Else it is built from Go's modules, which takes 2 to 4 minutes, once. Exit status 1 and a line
that says what to do when it cannot be.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import apache_beam

from pipelines.engines.folder import ENGINES

__all__ = ["VARIABLE", "PrismMissing", "find_prism", "main"]

VARIABLE = "SCRAPELINE_PRISM"
MODULE = "github.com/apache/beam/sdks/v2/go/cmd/prism"
BUILD_SECS = 1_200


class PrismMissing(Exception):
    """There is no Prism; the text says what to do about it."""


def find_prism() -> Path:
    """The program: the one that SCRAPELINE_PRISM names, the one of `make prism`, or `prism` in PATH.

    One of `make prism` counts only for the version of Beam that is installed: it has that version in its path.

    Raises:
      PrismMissing: there is none, or the one that is named is not there.
    """
    named = os.environ.get(VARIABLE)
    if named and shutil.which(named) is None:
        raise PrismMissing(f"{VARIABLE} names {named}, which is not a program")
    found = named or shutil.which(_built()) or shutil.which("prism")
    if found is None:
        raise PrismMissing(
            f"there is no Prism {apache_beam.__version__}: make prism builds it, "
            f"{VARIABLE} names one that you have, and Beam fetches one by itself where there is internet"
        )
    return Path(shutil.which(found) or found).absolute()


def main() -> int:
    """Returns the exit status: 0 when there is a Prism now."""
    try:
        find_prism()
        return 0
    except PrismMissing as missing:
        if os.environ.get(VARIABLE):
            print(f"Prism: {missing}", file=sys.stderr)
            return 1
    error = _build()
    if error:
        print(f"Prism: {error}\nUntil then, what needs Prism is left out.", file=sys.stderr, flush=True)
    return 1 if error else 0


def _build() -> str:
    """Builds it; says why it could not, empty when it could."""
    go = shutil.which("go")
    if go is None:
        return (
            "needs: Go, to build it (https://go.dev/dl), or internet, where Beam fetches the program by itself "
            "with --runner=PrismRunner"
        )
    version = f"v{apache_beam.__version__}"
    print(f"No Prism found. Building {version} from Go's modules (2 to 4 minutes, once) ...", flush=True)
    _built().parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "GOBIN": str(_built().parent)}
    try:
        ended = subprocess.run([go, "install", f"{MODULE}@{version}"], env=environment, timeout=BUILD_SECS, check=False)
    except subprocess.TimeoutExpired:
        return f"needs: a faster build: go install was not done after {BUILD_SECS} s"
    return "" if ended.returncode == 0 else f"needs: Go's modules: go install ended with status {ended.returncode}"


def _built() -> Path:
    return ENGINES / f"prism-{apache_beam.__version__}" / "prism"


if __name__ == "__main__":
    sys.exit(main())
