from pathlib import Path

from pipelines.crash_counts import read_crashes, tell_crashes
from pipelines.patience import MAX_ATTEMPTS, MAX_POISON, Patience


def attempts(*told: tuple[int, dict[str, int]]) -> int:
    """How many attempts there are when each of them dies; the last of `told` goes on for ever."""
    patience = Patience()
    for number in range(1, 1000):
        if not patience.goes_on(*told[min(number, len(told)) - 1]):
            return number
    raise AssertionError("it never gave up")


def test_an_attempt_without_a_page_is_repeated_once():
    assert attempts((0, {})) == 2


def test_attempts_with_pages_are_repeated_a_few_times():
    assert attempts((5, {})) == MAX_ATTEMPTS


def test_a_page_that_was_found_out_to_kill_costs_no_attempt_of_the_run():
    assert attempts((0, {}), (0, {"a": 1}), (0, {"a": 2}), (0, {"a": 2, "b": 1}), (0, {"a": 2, "b": 2}), (9, {})) == 8


def test_a_scraper_that_dies_on_every_page_is_given_up():
    told = [(0, {str(page): 2 for page in range(known // 2)} | {"now": 1 + known % 2}) for known in range(500)]

    assert attempts(*told) == MAX_ATTEMPTS + 2 * MAX_POISON


def test_what_the_processes_of_an_attempt_know_is_put_together(tmp_path: Path):
    tell_crashes(str(tmp_path), {"a": 1, "b": 2})
    (tmp_path / "77.crashes").write_text('{"a": 2, "c": 1}')
    (tmp_path / "78.crashes").write_text("{")
    tell_crashes("", {"a": 1})
    tell_crashes(str(tmp_path / "gone"), {"a": 1})

    assert read_crashes(tmp_path) == {"a": 2, "b": 2, "c": 1}
