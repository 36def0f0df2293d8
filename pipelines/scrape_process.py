"""`python -m pipelines.scrape_process`: what `scrapeline run` starts; `pipelines.scrape`, but ready sooner.

Imports are two thirds of a short run. The collector finds nothing to collect in them but looks all the same (0.2 s),
and Beam imports whatever of Google's clients it finds (0.3 s), of which a run on this machine needs none.
"""

import gc
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

__all__ = ["needs_no_cloud"]

_CLOUD_CLIENTS = ("google.cloud", "google.api_core")


class WithoutCloudClients(MetaPathFinder):
    """Google's clients are not installed, as far as Beam can see: it can be used without."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in _CLOUD_CLIENTS:
            raise ModuleNotFoundError(f"{fullname} is not used by a run on this machine", name=fullname)
        return None


def needs_no_cloud(flags: Sequence[str]) -> bool:
    """Whether all that Beam touches for these flags is on this machine: no other filesystem, no other engine.

    >>> needs_no_cloud(["--output", "out"]), needs_no_cloud(["--output=gs://bucket/out"])
    (True, False)
    """
    return not any("://" in flag or flag.startswith("--runner") for flag in flags)


def _main() -> None:
    gc.disable()
    hidden = [WithoutCloudClients()] if needs_no_cloud(sys.argv[1:]) else []
    sys.meta_path[:0] = hidden
    from pipelines import scrape

    del sys.meta_path[: len(hidden)]  # code beside a source may use what it likes
    gc.freeze()
    gc.enable()
    scrape.log_to_stderr()
    scrape.end(scrape.main(may_fork=True))


if __name__ == "__main__":
    _main()
