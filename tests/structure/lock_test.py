"""The lock files: every version pinned with hashes, and nothing that names where it came from."""

import re
from pathlib import Path

import pytest

LOCKS = ["requirements.lock", "requirements-dev.lock"]


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
    runs, tests = (pins(project / name) for name in LOCKS)
    assert {name: (runs[name], tests[name]) for name in runs.keys() & tests.keys() if runs[name] != tests[name]} == {}
