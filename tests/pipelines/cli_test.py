import os
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pipelines.cli import COMMANDS, cli

HEAVY = ("apache_beam", "pydantic", "aiohttp", "lxml", "rich", "pyarrow")


def invoke(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, list(words))
    return result.exit_code, result.output


def test_help_lists_every_command_and_the_exit_codes():
    status, said = invoke("--help")

    assert status == 0
    assert all(f"  {name} " in said for name in COMMANDS)
    assert "Exit codes" in said


def test_help_starts_without_the_heavy_imports(project: Path):
    code = (
        "import sys; from click.testing import CliRunner; from pipelines.cli import cli;"
        "CliRunner().invoke(cli, ['--help']); CliRunner().invoke(cli, ['sources', '--help']);"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.strip() == "[]"


def test_checking_sources_never_imports_beam(project: Path, tmp_path: Path):
    (tmp_path / "one.yaml").write_text(
        "source: one\ntable: t.one\nseeds: {urls: ['http://a.test/']}\nfields: {t: {css: h1}}\n"
    )
    code = (
        "import sys; from click.testing import CliRunner; from pipelines.cli import cli;"
        f"result = CliRunner().invoke(cli, ['sources', 'check', '--sources', {str(tmp_path)!r}]);"
        "print(result.exit_code, 'apache_beam' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.strip() == "0 False"


def test_the_module_is_the_command(project: Path):
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", "--version"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0
    assert done.stdout.startswith("scrapeline, version ")
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    ("words", "meant"),
    [(["sorces"], "sources"), (["sources", "chek"], "check"), (["sources", "list", "--surces", "x"], "--sources")],
)
def test_a_misspelt_word_is_a_usage_error_that_names_the_nearest(words: list[str], meant: str):
    status, said = invoke(*words)

    assert status == 2
    assert "Did you mean" in said
    assert f"'{meant}'" in said


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_teaches_with_examples_and_exit_codes(name: str):
    status, said = invoke(name, "--help")

    assert status == 0
    assert "Examples:" in said
    assert "Exit codes" in said
    assert f"scrapeline {name}" in said


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_lazy_command_can_be_loaded_under_its_name(name: str):
    command = cli.get_command(click.Context(cli), name)

    assert command is not None
    assert command.name == name


def test_no_colour_goes_into_a_pipe(project: Path, tmp_path: Path):
    environment = {**os.environ, "PYTHONPATH": str(project)}
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", "doctor"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert done.returncode == 1  # no sources here
    assert "\x1b[" not in done.stdout + done.stderr


def test_a_terminal_that_lacks_a_character_gets_its_number(project: Path, tmp_path: Path):
    (tmp_path / "one.yaml").write_text(
        "source: one\ntable: t.one\nseeds: {urls: ['http://a.test/']}\nfields: {t: {css: b}}\n"
        "politeness: {robots: {ignore: true, because: é€}}\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", "sources", "list", "--sources", str(tmp_path)],
        cwd=project,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (done.returncode, "\\xe9\\u20ac" in done.stdout) == (0, True), done.stderr
