"""Imports point one way, so that a transform test needs no browser and a scraper test no Beam."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

OURS = {"schemas", "scrapers", "transforms", "pipelines"}
MAY_IMPORT = {
    "schemas": set(),
    "scrapers": {"schemas"},
    "transforms": {"schemas"},
    "pipelines": {"schemas", "scrapers", "transforms"},
}
NO_BEAM = {"schemas", "scrapers"}
PLAYWRIGHT_ONLY_IN = "scrapers"
VAGUE = {"utils", "util", "common", "helpers", "helper", "core", "misc"}
MOST_LINES = 400


def imported(module: Path) -> Iterator[str]:
    """Top-level packages that a module imports anywhere in it, inside functions too."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"), str(module))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: relative import: spell it out"
            yield (node.module or "").split(".")[0]


def modules(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.py"))
    assert found, f"no modules in {folder}"
    return found


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_imports_point_one_way(project: Path, package: str) -> None:
    allowed = MAY_IMPORT[package] | {package}
    wrong = {
        f"{module.relative_to(project)} imports {name}"
        for module in modules(project / package)
        for name in imported(module)
        if (name in OURS and name not in allowed)
        or (name == "apache_beam" and package in NO_BEAM)
        or (name == "playwright" and package != PLAYWRIGHT_ONLY_IN)
        or name in {"tests", "demo", "benchmarks"}
    }
    assert not wrong, "\n".join(sorted(wrong))


@pytest.mark.parametrize("folder", [*sorted(MAY_IMPORT), "demo", "benchmarks", "tests"])
def test_a_file_holds_one_idea(project: Path, folder: str) -> None:
    if folder == "benchmarks" and not list((project / folder).rglob("*.py")):
        pytest.skip("nothing there yet")
    for module in modules(project / folder):
        lines = len(module.read_text("utf-8").splitlines())
        assert lines <= MOST_LINES, f"{module.relative_to(project)} has {lines} lines: cut it"
        assert module.stem not in VAGUE, f"{module.relative_to(project)}: name it for what it holds"


def test_the_packages_say_that_they_are_typed(project: Path) -> None:
    assert all((project / package / "py.typed").is_file() for package in OURS)
