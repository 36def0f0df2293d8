"""Which letters are one failure, and what became of it."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pytest

from pipelines.dead_letters.filters import Filters, WrongFilter
from pipelines.dead_letters.lines import Lines, NoSuchLetter
from schemas.dead_letter_table import DEAD_LETTER_SCHEMA
from schemas.execution import EXECUTION_SCHEMA
from schemas.replay_table import REPLAY_SCHEMA


class FewRecords:
    """A store of what a test says."""

    archive = "archive"

    def __init__(
        self, letters: list[dict[str, Any]], executions: dict[str, str], replays: list[dict[str, Any]]
    ) -> None:
        self._letters, self._replays = letters, replays
        self._executions = [
            {"execution_id": one, "run_id": f"run of {one}", "replay_of": of, "started_at": place}
            for place, (one, of) in enumerate(executions.items())
        ]

    def executions(self, columns: Sequence[str], **_more: Any) -> pa.Table:
        schema = pa.schema([EXECUTION_SCHEMA.field(name) for name in columns])
        return pa.Table.from_pylist(self._executions, schema=schema)

    def letters(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        schema = pa.schema([DEAD_LETTER_SCHEMA.field(name) for name in columns or DEAD_LETTER_SCHEMA.names])
        yield from pa.Table.from_pylist(self._letters, schema=schema).to_batches()

    def replays(self) -> pa.Table:
        return pa.Table.from_pylist(self._replays, schema=REPLAY_SCHEMA)


def letter(letter_id: str, execution_id: str = "e0", failed_at: int = 1, **more: Any) -> dict[str, Any]:
    plain = {"stage": "scrape", "reason": "timeout", "source": "shop", "request_id": "r1", "first_failed_at": failed_at}
    return {"letter_id": letter_id, "execution_id": execution_id, "failed_at": failed_at, **plain, **more}


def replayed(
    letter_id: str, execution_id: str, at: int, outcome: str, new: str = "", reason: str = ""
) -> dict[str, Any]:
    return {
        "letter_id": letter_id, "execution_id": execution_id, "replayed_at": at, "outcome": outcome,
        "new_letter_id": new, "reason": reason,
    }  # fmt: skip


def lines_of(*letters: dict[str, Any], executions: Any = None, replays: Sequence[dict[str, Any]] = ()) -> Lines:
    store: Any = FewRecords(list(letters), executions or {"e0": ""}, list(replays))
    return Lines(store)


def test_the_same_failure_in_several_executions_is_one_line_told_by_the_newest() -> None:
    lines = lines_of(
        letter("a", "x1", failed_at=20),
        letter("a", "e0", failed_at=10),
        executions={"e0": "", "x1": "e0"},
        replays=[replayed("a", "x1", 30, "failed_again", "a", "timeout")],
    )

    [line] = lines
    assert (line.execution_id, line.failed_at, line.first_failed_at) == ("x1", 20, 10)
    assert (line.status, set(line.executions)) == ("failed_again", {"e0", "x1"})
    assert lines.roots == {"e0": "e0", "x1": "e0"}
    assert lines.runs["x1"] == "run of x1"


def test_a_line_goes_on_as_the_letter_of_another_reason() -> None:
    lines = lines_of(
        letter("a", "e0", failed_at=10),
        letter("b", "x1", failed_at=20, reason="http_5xx"),
        letter("c", "e0", failed_at=12, request_id="r2"),
        executions={"e0": "", "x1": "e0"},
        replays=[replayed("a", "x1", 30, "failed_again", "b", "http_5xx")],
    )

    by_id = {line.letter_id: line for line in lines}
    assert set(by_id) == {"b", "c"}
    assert (by_id["b"].status, by_id["b"].first_failed_at, by_id["c"].status) == ("failed_again", 10, "open")
    assert lines.current("a").letter_id == "b"


def test_items_whose_page_died_in_a_replay_recover_with_it() -> None:
    executions = {"e0": "", "x1": "e0", "x2": "e0"}
    items = [letter("i1", stage="validate", item_number=1), letter("i2", stage="validate", item_number=2)]
    died = [replayed(one, "x1", 30, "failed_again", "page", "parse_error") for one in ("i1", "i2")]
    page = letter("page", "x1", 30, stage="parse")

    [line] = lines_of(*items, page, executions=executions, replays=died)
    assert (line.letter_id, line.status) == ("page", "failed_again")
    [line] = lines_of(*items, page, executions=executions, replays=[*died, replayed("page", "x2", 40, "recovered")])
    assert (line.letter_id, line.status) == ("page", "recovered")


def test_a_letter_that_is_gone_from_the_store_does_not_take_its_line_along() -> None:
    [line] = lines_of(letter("a"), replays=[replayed("a", "x1", 30, "failed_again", "gone", "http_5xx")])

    assert (line.letter_id, line.status) == ("a", "failed_again")


def test_ids_are_cut_as_far_as_they_tell_letters_apart() -> None:
    lines = lines_of(letter("0123456789ab"), letter("0123456789cd"), letter("ffffffffffff"))

    assert [lines.short(one) for one in ("0123456789ab", "0123456789cd", "ffffffffffff")] == [
        "0123456789a", "0123456789c", "ffffffff",
    ]  # fmt: skip
    assert lines.find("F").letter_id == "ffffffffffff"
    assert lines.find("0123456789ab").letter_id == "0123456789ab"


@pytest.mark.parametrize(
    ("prefix", "said"),
    [("0", "2 dead letters have an id that begins with '0': 0123456789ab, 0123456789cd"), ("z", "no dead"), ("", "no")],
)
def test_an_id_that_is_none_or_several_says_which_there_are(prefix: str, said: str) -> None:
    with pytest.raises(NoSuchLetter, match=said):
        lines_of(letter("0123456789ab"), letter("0123456789cd")).find(prefix)


def test_filters_choose_the_newest_first() -> None:
    lines = lines_of(
        letter("a", failed_at=1_000_000, reason="timeout"),
        letter("b", failed_at=3_000_000, reason="no_items", stage="parse"),
        letter("c", "x1", failed_at=2_000_000, source="books"),
        replays=[replayed("c", "x1", 9, "recovered")],
    )

    def chosen(**filters: Any) -> list[str]:
        return [line.letter_id for line in Filters(**filters).chosen(lines)]

    assert chosen() == ["b", "a"]
    assert chosen(statuses=("open", "recovered")) == ["b", "c", "a"]
    assert chosen(reasons=("timeout",)) == ["a"]
    assert chosen(stages=("parse",)) == ["b"]
    assert chosen(sources=("books",), statuses=("recovered",)) == ["c"]
    assert chosen(executions=("x",), statuses=("recovered",)) == ["c"]
    assert chosen(since=2.0) == ["b"]
    assert chosen(until=3.0) == ["a"]
    assert len(Filters().chosen(lines, any_status=True)) == 3


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"reasons": ("timout",)}, "--reason: there is no reason 'timout'; did you mean timeout?"),
        ({"sources": ("shp",)}, "--source: no letter is of source 'shp'; did you mean shop?"),
        ({"sources": ("weather",)}, "--source: no letter is of source 'weather'; there is shop"),
        ({"executions": ("zz",)}, "--execution: no letter is of execution zz"),
    ],
)
def test_a_filter_that_names_what_there_is_not_is_a_mistake(filters: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongFilter) as raised:
        Filters(**filters).check(lines_of(letter("a")))

    assert said in str(raised.value)


def test_filters_say_the_options_that_mean_the_same() -> None:
    filters = Filters(("timeout",), ("shop",), ("scrape",), since=1_795_305_600.0, executions=("e0",))

    assert filters.words() == [
        "--reason", "timeout", "--source", "shop", "--stage", "scrape", "--execution", "e0",
        "--since", "2026-11-22T00:00:00",
    ]  # fmt: skip
