"""The lock files: every version pinned with hashes, and nothing that names where it came from."""

import ast
import importlib.metadata
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

TOGETHER = ["requirements.lock", "requirements-dev.lock"]  # in one environment
LOCKS = [*TOGETHER, "requirements-emulator.lock"]


def pins(lock: Path) -> dict[str, str]:
    """Version by name (one of them, where a marker chooses)."""
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+)", lock.read_text("utf-8"), re.MULTILINE))


def named(requirements: Path) -> set[str]:
    lines = (line.split("#")[0].strip() for line in requirements.read_text("utf-8").splitlines())
    return {
        re.split(r"[\[=<>~ ]", line)[0].lower().replace(".", "-") for line in lines if line and not line.startswith("-")
    }


@pytest.mark.parametrize("name", LOCKS)
def test_nothing_says_where_a_package_came_from(project: Path, name: str) -> None:
    text = (project / name).read_text("utf-8")
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_hashes(project: Path, name: str) -> None:
    blocks = re.split(r"\n(?=[a-z])", (project / name).read_text("utf-8").strip())
    assert all("==" in block and "--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize("name", LOCKS)
def test_everything_asked_for_is_locked(project: Path, name: str) -> None:
    missing = named((project / name).with_suffix(".in")) - set(pins(project / name))
    assert not missing, f"run `make lock`: {missing}"


def test_the_two_locks_agree(project: Path) -> None:
    runs, tests = (pins(project / name) for name in TOGETHER)
    assert {name: (runs[name], tests[name]) for name in runs.keys() & tests.keys() if runs[name] != tests[name]} == {}


def test_everything_imported_is_asked_for_by_name(project: Path) -> None:
    """What only some dependency happens to bring may be gone with its next version."""
    ours = {"schemas", "scrapers", "transforms", "pipelines", "demo"}
    owners = importlib.metadata.packages_distributions()
    imported = {name for folder in ours for path in (project / folder).rglob("*.py") for name in imports_of(path)}
    asked = named(project / "requirements.in")
    missing = {
        name: owners.get(name, ["not installed"])
        for name in imported - ours - sys.stdlib_module_names
        if not asked & {owner.lower().replace("_", "-").replace(".", "-") for owner in owners.get(name, [])}
    }
    assert not missing


def imports_of(module: Path) -> Iterable[str]:
    """Top-level names that a module imports from elsewhere."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]
