"""The image and the template agree with the code that they are made of."""

import argparse
import importlib.metadata
import json
import re
import sys
from pathlib import Path

from pipelines.engines.options import OF_A_BATCH, StreamOptions
from pipelines.options import ScrapeOptions

LAPTOP_ONLY = {"replay", "restart", "workers", "resolve", "rows_file", "progress_folder", "stop_file", "end_with_stdin"}
NOT_IN_A_STREAM = {"run_id", "lease_secs"}  # the job has a name; Dataflow reads by itself


def test_beam_has_one_version(project: Path) -> None:
    image = re.search(r"beam_python3\.11_sdk:(\S+)", (project / "Dockerfile").read_text("utf-8"))
    asked = re.search(r"^apache-beam\[gcp\]==(\S+)", (project / "requirements.in").read_text("utf-8"), re.MULTILINE)
    assert image is not None
    assert asked is not None
    assert image[1] == asked[1] == importlib.metadata.version("apache-beam")


def test_the_image_starts_a_file_that_exists(project: Path) -> None:
    started = re.search(
        r"FLEX_TEMPLATE_PYTHON_PY_FILE=\S+/site-packages/(\S+)", (project / "Dockerfile").read_text("utf-8")
    )
    assert started is not None
    assert (project / started[1]).is_file()


def test_a_file_started_by_its_path_hides_no_other_module(project: Path) -> None:
    """Started so, Python looks for imports beside that file first."""
    folder = project / "pipelines"
    beside = {path.stem for path in folder.iterdir() if path.is_dir() or path.suffix == ".py"} - {
        "__init__",
        "__main__",
    }
    assert not beside & (sys.stdlib_module_names | set(importlib.metadata.packages_distributions()))


def test_the_template_offers_exactly_the_options_of_the_pipeline(project: Path) -> None:
    metadata = json.loads((project / "templates" / "scrape_batch.json").read_text("utf-8"))
    offered = {parameter["name"] for parameter in metadata["parameters"]}
    parser = argparse.ArgumentParser(add_help=False)
    ScrapeOptions._add_argparse_args(parser)
    flags = {flag.removeprefix("--") for action in parser._actions for flag in action.option_strings}
    assert offered == flags - LAPTOP_ONLY


def test_the_template_for_streaming_offers_exactly_the_options_of_its_pipeline(project: Path) -> None:
    metadata = json.loads((project / "templates" / "scrape_streaming.json").read_text("utf-8"))
    assert metadata["streaming"] is True
    offered = {parameter["name"] for parameter in metadata["parameters"]}
    parser = argparse.ArgumentParser(add_help=False)
    ScrapeOptions._add_argparse_args(parser)
    StreamOptions._add_argparse_args(parser)
    flags = {flag.removeprefix("--") for action in parser._actions for flag in action.option_strings}
    assert offered == flags - LAPTOP_ONLY - set(OF_A_BATCH) - NOT_IN_A_STREAM


def test_each_parameter_explains_itself(project: Path) -> None:
    for path in sorted((project / "templates").glob("*.json")):
        for parameter in json.loads(path.read_text("utf-8"))["parameters"]:
            assert set(parameter) <= {"name", "label", "helpText", "isOptional", "regexes", "paramType"}, path
            assert parameter["label"], path
            assert parameter["helpText"], path
