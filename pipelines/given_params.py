"""The values that `--param` gives to the seeds' templates of a run."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.cannot_prepare import CannotPrepare
from scrapers.source_files.load import SourceSet
from scrapers.source_files.seed_params import parse_params

__all__ = ["given_params"]


def given_params(param: Sequence[str], sources: SourceSet) -> Mapping[str, Any]:
    """What was given, by name.

    Args:
      param: NAME=VALUE, as on the command line.

    Raises:
      CannotPrepare: a value is none, or no source has such a parameter.
    """
    if not param:
        return {}
    try:
        given = parse_params(param)
    except ValueError as error:
        raise CannotPrepare(f"--param: {error}") from None
    known = {name for loaded in sources.values() if loaded.source.seeds for name in loaded.source.seeds.params or {}}
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f", did you mean {near[0]}?" if near else f"; there is {', '.join(sorted(known)) or 'none'}"
            raise CannotPrepare(f"--param: no source has a parameter {name!r}{hint}")
    return given
