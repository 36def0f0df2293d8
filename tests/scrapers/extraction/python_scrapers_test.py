"""Code beside source files: found by path, never mixed, its mistakes named."""

import os
import sys
from pathlib import Path

import pytest

from scrapers.extraction.python_scrapers import CodeMistake, class_in, function_in, place_of, told


class Base:
    pass


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def test_two_folders_with_modules_of_one_name_never_mix(tmp_path: Path) -> None:
    one = write(tmp_path / "one", own="def f(): return 1")
    two = write(tmp_path / "two", own="def f(): return 2")

    assert (function_in(one, "own.f")(), function_in(two, "own.f")()) == (1, 2)
    assert "own" not in sys.modules
    assert str(one) not in sys.path


def test_edited_code_is_loaded_anew(tmp_path: Path) -> None:
    folder = write(tmp_path, own="def f(): return 1")
    assert function_in(folder, "own.f")() == 1

    write(tmp_path, own="def f(): return 22")
    os.utime(tmp_path / "own.py", ns=(1, 1))

    assert function_in(folder, "own.f")() == 22


def test_files_of_a_folder_import_each_other(tmp_path: Path) -> None:
    folder = write(tmp_path, own="from .prices import rate\ndef f(): return rate", prices="rate = 7")

    assert function_in(folder, "own.f")() == 7


def test_a_module_is_loaded_once(tmp_path: Path) -> None:
    folder = write(tmp_path, own="seen = []\ndef f():\n    seen.append(1)\n    return len(seen)")
    function_in(folder, "own.f")()

    assert function_in(folder, "own.f")() == 2


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("own.f", "def f(:", r"own\.py:1: SyntaxError"),
        ("own.f", "\nimport nothing_of_that_name", r"own\.py:2: ModuleNotFoundError"),
        ("own.f", "x = 1", r"own\.py has no function `f`"),
        ("own.f", "f = 1", r"own\.py has no function `f`"),
        ("other.f", "x = 1", r"no other\.py beside the source; there is own"),
        ("f", "x = 1", r"expected module\.function"),
    ],
)
def test_mistakes_say_what_and_where(tmp_path: Path, name: str, code: str, message: str) -> None:
    with pytest.raises(CodeMistake, match=message):
        function_in(write(tmp_path, own=code), name)


def test_the_subclass_that_a_file_defines(tmp_path: Path) -> None:
    code = f"import sys\nBase = sys.modules[{__name__!r}].Base\n"
    sys.modules.setdefault(__name__, sys.modules[Base.__module__])
    folder = write(
        tmp_path,
        one=code + "class A(Base): pass\nclass B(A): pass",
        none=code,
        two=code + "class A(Base): pass\nclass C(Base): pass",
    )
    found = class_in(folder / "one.py", Base)

    assert found is not None
    assert found.__name__ == "B"
    assert class_in(folder / "none.py", Base) is None
    assert class_in(folder / "absent.py", Base) is None
    with pytest.raises(CodeMistake, match="several scrapers"):
        class_in(folder / "two.py", Base)


def test_what_code_raises_is_told_with_the_line_beside_the_source(tmp_path: Path) -> None:
    folder = write(tmp_path, own="import json\ndef f(item):\n    return json.loads(item['x'])")

    with pytest.raises(KeyError) as raised:
        function_in(folder, "own.f")({})
    with pytest.raises(ValueError) as raised_below:
        function_in(folder, "own.f")({"x": "{"})

    assert told(raised.value) == "own.py:3: KeyError: 'x'"
    assert told(raised_below.value).startswith("own.py:3: JSONDecodeError: ")
    assert place_of(ValueError("ours")) == ""
