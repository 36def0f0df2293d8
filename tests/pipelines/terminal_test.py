import datetime
from decimal import Decimal

import pytest

from pipelines.terminal import open_console, plain_json, print_table


def test_exact_numbers_are_numbers_and_others_stay_exact_text():
    values = [Decimal("10.00"), Decimal("20.5"), Decimal("0.1234567890123456789")]

    assert plain_json(values) == '[10, 20.5, "0.1234567890123456789"]'


def test_dates_and_bytes_have_a_text():
    assert plain_json({"d": datetime.date(2026, 11, 22), "b": b"x"}) == '{"d": "2026-11-22", "b": "x"}'


def test_away_from_a_terminal_lines_are_whole_and_plain(capsys: pytest.CaptureFixture[str]):
    console = open_console()
    print_table(console, ["name", "value"], [["a", "x" * 500], ["[bold]b[/]", "y"]])

    lines = capsys.readouterr().out.splitlines()
    assert [line.rstrip() for line in lines] == ["name        value", "a           " + "x" * 500, "[bold]b[/]  y"]
