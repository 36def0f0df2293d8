"""Code beside a source file: Scraper subclasses in NAME.py, and functions named `module.function`.

A folder's modules live in a package of their own whose name is made of the folder and its code: two folders never mix,
edited code is loaded anew, and `from . import other` works between a folder's files. Nothing is added to `sys.path`.
"""

import functools
import importlib
import importlib.machinery
import importlib.util
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from schemas.ids import content_id

__all__ = ["CodeMistake", "class_in", "function_in", "place_of", "told"]

_LOCK = threading.RLock()
_PACKAGE = "scrapeline_sources_"
_HINT = "; a scraper begins with `from scrapers.extraction.scraper import Scraper`"


class CodeMistake(ValueError):
    """The code beside a source file cannot be used. The message names file and line; its author mends it."""


def function_in(folder: Path, name: str) -> Callable[..., Any]:
    """The function `module.function` of a sources folder.

    Raises:
      CodeMistake: there is no such file or function, or the file cannot be imported.
    """
    module_name, _, function_name = name.rpartition(".")
    if not module_name:
        raise CodeMistake(f"`{name}`: expected module.function, a file beside the source and a function in it")
    path = folder.joinpath(*module_name.split(".")).with_suffix(".py")
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.py"))) or "no Python file"
        raise CodeMistake(f"`{name}`: there is no {path.name} beside the source; there is {known}")
    function = getattr(_module(folder, module_name, path), function_name, None)
    if not callable(function):
        raise CodeMistake(f"`{name}`: {path.name} has no function `{function_name}`")
    return function  # type: ignore[no-any-return]


def class_in(path: Path, base: type) -> type | None:
    """The subclass of `base` that a file defines; None when there is no such file or it defines none.

    Raises:
      CodeMistake: the file cannot be imported, or defines more than one.
    """
    if not path.is_file():
        return None
    module = _module(path.parent, path.stem, path)
    own = [value for value in vars(module).values() if isinstance(value, type) and value.__module__ == module.__name__]
    found = [value for value in own if issubclass(value, base)]
    outermost = [
        value for value in found if not any(value is not other and issubclass(other, value) for other in found)
    ]
    if len(outermost) > 1:
        names = ", ".join(value.__name__ for value in outermost)
        raise CodeMistake(f"{path.name} defines several scrapers ({names}): one source has one")
    return outermost[0] if outermost else None


def told(error: BaseException) -> str:
    """What was raised; of code beside a source file with the place in it: `codes.py:6: ValueError: no price`."""
    place = place_of(error)
    return f"{place}: {type(error).__name__}: {error}" if place else f"{type(error).__name__}: {error}"


def place_of(error: BaseException) -> str:
    """The line beside a source file where something was raised, or was called that raised; empty for none."""
    trace = traceback.walk_tb(error.__traceback__)
    own = [(frame, line) for frame, line in trace if str(frame.f_globals.get("__name__")).startswith(_PACKAGE)]
    return f"{Path(own[-1][0].f_code.co_filename).name}:{own[-1][1]}" if own else ""


def _module(folder: Path, name: str, path: Path) -> ModuleType:
    with _LOCK:
        full_name = f"{_package(folder)}.{name}"
        if full_name in sys.modules:
            return sys.modules[full_name]
        try:
            return importlib.import_module(full_name)
        except Exception as error:
            hint = _HINT if isinstance(error, ImportError) and "Scraper" in str(error) else ""
            raise CodeMistake(f"{_where(error, path)}: {type(error).__name__}: {error}{hint}") from error


def _package(folder: Path) -> str:
    """The folder as a package, under a name that changes with its place and its code."""
    folder = folder.resolve()
    files = [
        file
        for file in sorted(folder.rglob("*.py"))
        if not any(part.startswith(".") for part in file.relative_to(folder).parts)
    ]
    stamps = tuple((file, stat.st_mtime_ns, stat.st_size) for file in files if (stat := file.stat()))
    name = _name(folder, stamps)
    if name not in sys.modules:
        spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        sys.modules[name] = importlib.util.module_from_spec(spec)
    return name


@functools.lru_cache(256)
def _name(folder: Path, stamps: tuple[tuple[Path, int, int], ...]) -> str:
    code = [(str(file.relative_to(folder)), file.read_bytes()) for file, _, _ in stamps]
    return f"{_PACKAGE}{content_id(str(folder), code)}"


def _where(error: BaseException, path: Path) -> str:
    """File and line of a mistake, as near to the author's code as the traceback gets."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{Path(error.filename).name}:{error.lineno}"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).parent == path.parent.resolve()
    ]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else path.name
