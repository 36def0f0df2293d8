"""The examples in docstrings are true."""

import doctest
import importlib
from types import ModuleType

import pytest


@pytest.mark.parametrize("name", ["attention", "drawing", "html_changes", "scope", "wording"])
def test_what_a_docstring_shows_is_what_comes(name: str) -> None:
    module: ModuleType = importlib.import_module(f"pipelines.report.{name}")

    done = doctest.testmod(module)

    assert done.attempted > 0
    assert done.failed == 0
