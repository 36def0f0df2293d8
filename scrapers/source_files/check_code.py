"""Checks what a source says of conversions and of code beside it, without running that code."""

import ast
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from scrapers.extraction.convert import CONVERTERS, converter
from scrapers.source_files.mistakes import Finding, YamlPath, nearest
from scrapers.source_files.subject import Subject

__all__ = ["check_code", "code_files"]


def check_code(subject: Subject) -> Iterator[Finding]:
    """Every conversion, hook and Python file that cannot work."""
    for path, rule in subject.ways():
        if rule.convert is not None:
            yield from _conversion(subject, (*path, "convert"), rule.convert)
    own = subject.source.pages or {}
    hooks = [((*subject.place(name), "hooks", "item"), page.hooks) for name, page in own.items()]
    for place, hook in [(("hooks", "item"), subject.source.hooks), *hooks]:
        if hook and hook.item:
            yield from _function(subject, place, hook.item)
    script = subject.path.with_suffix(".py")
    if script.is_file() and isinstance(problem := _defined(script, script.stat().st_mtime_ns), str):
        yield Finding((), f"{script.name}: {problem}")


def _conversion(subject: Subject, path: YamlPath, convert: Any) -> Iterator[Finding]:
    if isinstance(convert, list):
        for number, one in enumerate(convert):
            yield from _conversion(subject, (*path, number), one)
        return
    name = next(iter(convert), "") if isinstance(convert, dict) else convert
    if isinstance(name, str) and "." in name and not isinstance(convert, dict):
        yield from _function(subject, path, name)
        return
    try:
        converter(convert, _any_function)
    except (ValueError, TypeError) as error:
        yield Finding(
            path, str(error), nearest(name, CONVERTERS) if isinstance(name, str) and name not in CONVERTERS else ""
        )


def _any_function(_: str) -> Callable[..., Any]:
    return str


def _function(subject: Subject, path: YamlPath, name: str) -> Iterator[Finding]:
    module, _, function = name.rpartition(".")
    if not module:
        yield Finding(path, f"`{name}`: expected module.function, a Python file beside this one and a function in it")
        return
    folder = subject.path.parent
    file = folder.joinpath(*module.split(".")).with_suffix(".py")
    if not file.is_file():
        near = nearest(module, (one.stem for one in folder.glob("*.py")))
        yield Finding(
            path,
            f"`{name}`: there is no {module.replace('.', '/')}.py beside {subject.path.name}",
            near and f"{near}.{function}",
        )
        return
    defined = _defined(file, file.stat().st_mtime_ns)
    if isinstance(defined, str):
        yield Finding(path, f"`{name}`: {file.name}: {defined}")
    elif function not in defined:
        near = nearest(function, defined)
        yield Finding(path, f"`{name}`: {file.name} has no function `{function}`", near and f"{module}.{near}")


@functools.lru_cache(1024)
def _defined(file: Path, _changed: int) -> frozenset[str] | str:
    """The names that a Python file defines at its top, or what is wrong with it."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError) as error:
        return f"line {getattr(error, 'lineno', '?')}: {getattr(error, 'msg', error)}"
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return frozenset(names)


def code_files(subject: Subject) -> list[Path]:
    """The Python files that a source may use: all of its folder, once it names one."""
    named = subject.has_code or any(_names_function(rule.convert) for _, rule in subject.ways())
    return sorted(subject.path.parent.rglob("*.py")) if named else []


def _names_function(convert: Any) -> bool:
    if isinstance(convert, list):
        return any(map(_names_function, convert))
    return isinstance(convert, str) and "." in convert
