"""`scrapeline doctor`: is this machine, and is this folder, ready to run?"""

import contextlib
import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands.options import (
    SourceMistakes,
    files_option,
    find_sources,
    output_option,
    resolve_option,
    sources_option,
)
from pipelines.terminal import open_console, print_json

if TYPE_CHECKING:
    from pipelines.machine_checks import Finding
    from pipelines.places import Places

__all__ = ["doctor"]

EPILOG = """\b
Examples:
  scrapeline doctor
  scrapeline doctor --sources demo/sources --output /data/out
  scrapeline doctor --output bigquery:my-project.web       can it be reached, with rights enough?
  scrapeline doctor --json                 for programs

\b
Exit codes: 0 ready (warnings do not count); 1 something must be mended first; 2 a mistake in the command line.
"""
_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


@click.command(epilog=EPILOG)
@sources_option
@resolve_option
@output_option
@files_option
@click.option("--json", "as_json", is_flag=True, help="One JSON list, for programs.")
def doctor(sources_dir: Path | None, resolve: tuple[str, ...], output: str, files: str, as_json: bool) -> None:
    """Check this machine and the sources: one line each, ok, warn or fail, and what to do about it."""
    from pipelines.browser_checks import check_browser, check_temp
    from pipelines.machine_checks import MACHINE_CHECKS, check_output
    from pipelines.source_checks import check_sources

    folder = _folder(sources_dir)
    where = _where(output, files, folder)
    findings = [*(check() for check in MACHINE_CHECKS), *check_browser(), check_temp(), check_output(where.folder)]
    findings += _check_warehouse(where)
    findings += check_sources(folder, resolve)
    if as_json:
        print_json([dataclasses.asdict(finding) for finding in findings])
    else:
        _print(findings)
    sys.exit(1 if any(finding.state == "fail" for finding in findings) else 0)


def _where(output: str, files: str, folder: Path | None) -> "Places":
    """As a run would choose it; sources with mistakes are told of by their own check."""
    from pipelines.places import DEFAULT_FOLDER, WrongPlace, places
    from pipelines.source_outputs import places_of_run

    try:
        if folder is not None:
            with contextlib.suppress(WrongPlace):
                return places_of_run(output, files, folder, None)
        return places(output or DEFAULT_FOLDER, files)
    except WrongPlace as error:
        raise SourceMistakes(str(error)) from None


def _check_warehouse(where: "Places") -> "list[Finding]":
    if where.warehouse is None:
        return []
    from pipelines.warehouse_checks import check_reach

    return [check_reach(where.warehouse)]


def _folder(given: Path | None) -> Path | None:
    if given is not None:
        return find_sources(given)
    try:
        return find_sources(None)
    except SourceMistakes:
        return None


def _print(findings: "list[Finding]") -> None:
    console = open_console()
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        console.print(f"{finding.state:<5}", style=_STYLES[finding.state], end="")
        console.print(f" {finding.name:<{width}}  {finding.message}", markup=False)
        if finding.remedy:
            console.print(f"{'':<6}{'':<{width}}  -> {finding.remedy}", markup=False)
    failed = sum(finding.state == "fail" for finding in findings)
    warned = sum(finding.state == "warn" for finding in findings)
    console.print(f"{'not ready' if failed else 'ready'}: {failed} failed, {warned} warnings", markup=False)
