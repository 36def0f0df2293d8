"""The options of the pipelines, as Beam reads them; a misspelt one is an error, not Beam's warning."""

import argparse
import difflib
from collections.abc import Callable, Sequence

from apache_beam.options.pipeline_options import PipelineOptions

from scrapers.browsing.settings import BrowserSettings

__all__ = ["BIGQUERY_METHODS", "ScrapeOptions", "WrongFlags", "check_flags"]

BIGQUERY_METHODS = ("load", "storage", "insert")


class ScrapeOptions(PipelineOptions):
    """Options of the scrape pipeline."""

    @classmethod
    def _add_argparse_args(cls, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("--sources", default="sources", help="folder of source files")
        add(
            "--source", action="append", default=[], help="name of a source to run; may be repeated, or comma-separated"
        )
        add(
            "--output",
            default="",
            help="a folder, local or of any filesystem that Beam writes to; or "
            "bigquery:PROJECT[.DATASET] for rows, dead letters and execution log; default: what sources say, else out",
        )
        add("--files", default="", help="beside bigquery:...: the folder for archive and plans; default: out")
        add(
            "--bigquery_method",
            choices=BIGQUERY_METHODS,
            default="load",
            help="how rows get into BigQuery: load, when their source has ended, each once; storage or insert, within "
            "a second, by the Storage Write API or tabledata.insertAll",
        )
        add("--format", dest="file_format", choices=("parquet", "json"), default="parquet", help="of files in a folder")
        add("--param", action="append", default=[], metavar="NAME=VALUE|A..B", help="replaces a parameter of the seeds")
        add("--urls", default="", help="a file of URLs, one a line, instead of the seeds")
        add("--replay", default="", help="a folder of requests of dead letters, as `dead-letters replay` writes it")
        add("--limit", type=_at_least(1), default=None, help="the most pages to fetch for each source")
        add(
            "--workers",
            type=_at_least(0),
            default=0,
            help="worker processes; 0: what is faster for the size of the run",
        )
        add(
            "--browser_tabs",
            type=_at_least(1),
            default=BrowserSettings().tabs,
            help="pages that one Chromium has at once",
        )
        add(
            "--resolve", action="append", default=[], metavar="HOST:PORT:ADDR[:PORT]", help="as curl's: maps and admits"
        )
        add(
            "--scheduled",
            nargs="?",
            const="true",
            default="false",
            choices=("true", "false"),
            help="as a schedule does it: sources disabled or in backoff are left out, also when they are named",
        )
        add("--run_id", default="", help="name of the run; default: made from the time")
        add("--resume", default="", help="an execution or run to go on with")
        add("--restart", action="store_true", help="go on with the run of --run_id if it was begun before")
        add("--rows_file", default="", help="also write all rows of the run here (.jsonl or .csv)")
        add("--progress_folder", default="", help="where each process keeps live counters; default: nowhere")
        add("--stop_file", default="", help="when this file appears, what is in flight ends and the rest is left")
        add("--end_with_stdin", action="store_true", help="stop as with --stop_file when standard input ends")


def _at_least(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.lstrip("-").isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least {least}")
        return int(text)

    return number


class WrongFlags(ValueError):
    """Flags that neither Scrapeline nor Beam knows, with the nearest, or values that a flag does not take."""


def check_flags(flags: Sequence[str]) -> None:
    """Raises WrongFlags for a flag that nobody knows, and for a value that it does not take."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    for options in _all_options(PipelineOptions):
        try:
            options._add_argparse_args(parser)
        except argparse.ArgumentError:
            continue  # two of Beam's classes share a flag
    try:
        _, unknown = parser.parse_known_args(list(flags))
    except argparse.ArgumentError as error:
        raise WrongFlags(str(error).removeprefix("argument ")) from None
    if unknown:
        known = sorted(parser._option_string_actions)
        raise WrongFlags("; ".join(_say(flag, known) for flag in unknown))


def _all_options(root: type[PipelineOptions]) -> list[type[PipelineOptions]]:
    found = {cls.__name__: cls for cls in root.__subclasses__()}
    return list(found.values())


def _say(flag: str, known: list[str]) -> str:
    name = flag.partition("=")[0]
    near = difflib.get_close_matches(name.replace("-", "_").replace("__", "--", 1), known, 1)
    hint = f", did you mean {near[0]}?" if near else ""
    return f"unknown option {name}{hint}" if name.startswith("-") else f"unexpected argument {name!r}"
