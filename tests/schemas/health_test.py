"""The ladder, checked by hand and by its properties."""

import datetime
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.decision import ACTIONS, Decision
from schemas.health import LADDER_HOURS, Ended, Health, health_of, telling
from schemas.reasons import Dead

HOUR = 3600.0


def run(ended_at, status="failed", **more):
    """An execution that took a minute."""
    at = ended_at * HOUR
    return Ended("shop", more.pop("execution_id", f"e{ended_at}"), at - 60, at, status=status, **more)


def failed(*hours):
    return [run(hour) for hour in hours]


def decided(action, hour):
    return Decision("shop", action, hour * HOUR, "ana")


def health(executions, decisions=()):
    return health_of("shop", executions, decisions)


@pytest.mark.parametrize(
    ("failures", "level", "hours"),
    [(0, 0, None), (1, 0, None), (2, 0, None), (3, 1, 2), (4, 2, 4), (5, 3, 8), (6, 4, 16), (7, 5, 32), (50, 5, 32)],
)
def test_the_ladder(failures, level, hours):
    found = health(failed(*range(1, failures + 1)))

    assert (found.consecutive_failures, found.backoff_level) == (failures, level)
    assert found.backoff_until == (None if hours is None else (failures + hours) * HOUR)
    assert found.auto_disabled == (level > 0)


def test_the_way_of_a_source_through_its_states():
    seen = failed(1, 2)
    assert health([]).state(0) == "new"
    assert health(seen).state(2 * HOUR) == "failing"

    seen += failed(3)
    assert [health(seen).state(hour * HOUR) for hour in (3, 4.99, 5)] == ["backoff", "backoff", "probe"]
    assert [health(seen).is_available(hour * HOUR) for hour in (3, 4.99, 5)] == [False, False, True]

    seen += failed(6)  # the probe fails: one level up
    assert (health(seen).backoff_level, health(seen).backoff_until) == (2, 10 * HOUR)

    seen += [run(11, "success")]
    assert health(seen).state(11 * HOUR) == "ok"
    assert health(seen).consecutive_failures == health(seen).backoff_level == 0
    assert health(seen).backoff_until is None
    assert health([*seen, *failed(12, 13)]).backoff_level == 0


def test_enabling_by_hand_resets_all_that_a_disabled_source_had_gathered():
    before = failed(1, 2, 3, 4)
    out = health(before, [decided("disable", 4.5)])
    assert (out.enabled, out.auto_disabled, out.state(100 * HOUR)) == (False, True, "disabled")

    again = health(before, [decided("disable", 4.5), decided("enable", 5)])
    assert (again.enabled, again.auto_disabled, again.consecutive_failures, again.backoff_level) == (True, False, 0, 0)
    assert again.is_available(5 * HOUR)
    assert again.state(5 * HOUR) == "new", "nothing has shown yet that it works"
    assert health([*before, *failed(6, 7)], [decided("enable", 5)]).backoff_level == 0
    assert health([*before, *failed(6, 7, 8)], [decided("enable", 5)]).backoff_level == 1


def test_what_did_not_ask_for_all_of_a_source_neither_harms_nor_heals_it():
    seen = failed(1, 2, 3)

    assert health([*seen, run(4, is_whole=False)]) == health(seen)
    assert health([*seen, run(4, "success", is_whole=False)]) == health(seen)


def test_a_success_without_rows_heals():
    assert health([*failed(1, 2, 3), run(4, "no_data")]).backoff_level == 0


def test_a_restart_of_an_execution_is_one_execution():
    again = [run(3, execution_id="e"), run(4, execution_id="e", attempt=2)]

    assert health([*failed(1), *again]).consecutive_failures == 2
    assert health([*failed(1), again[0], run(4, "success", execution_id="e", attempt=2)]).consecutive_failures == 0


def test_passing_is_more_than_not_failing():
    assert health([run(1, "success")]).has_passed
    assert not health([run(1, "success", condition="degraded")]).has_passed
    assert not health([run(1, "success"), run(2)]).has_passed
    assert not health([]).has_passed


def test_the_last_decision_counts():
    decisions = [decided("unschedule", 3), decided("schedule", 2), decided("disable", 1)]

    found = health([], decisions)

    assert not found.scheduled
    assert not found.enabled
    assert found.schedule == decisions[0]
    assert health([], decisions[1:]).scheduled


RECORD = {
    "execution_id": "e", "source": "shop", "attempt": 1, "status": "failed", "condition": "",
    "started_at": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    "ended_at": datetime.datetime(2026, 1, 1, 0, 1, tzinfo=datetime.UTC),
    "reasons": ["no rows"], "rows": 0, "dead_by_reason": "{}", "dropped_by_reason": "{}", "limited_to": "",
    "reparse_of": "", "replay_of": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("dead", "rows", "failure"),
    [
        ({}, 0, "empty"),
        ({}, 3, "checks"),
        ({"blocked": 2, "timeout": 2}, 0, "blocked"),
        ({"blocked": 1, "timeout": 1, "http_5xx": 1}, 0, "unreachable"),
        ({"parse_error": 3, "timeout": 1}, 9, "broken"),
        ({"refused_by_table": 1}, 0, "ours"),
    ],
)
def test_blocked_is_not_broken(dead, rows, failure):
    assert Ended.of_record({**RECORD, "dead_by_reason": json.dumps(dead), "rows": rows}).failure == failure


def test_every_reason_has_its_class():
    for reason in Dead:
        assert Ended.of_record({**RECORD, "dead_by_reason": json.dumps({reason: 1})}).failure not in ("", "empty")


@pytest.mark.parametrize(
    "changed",
    [
        {"limited_to": "limit 5"},
        {"reparse_of": "x"},
        {"replay_of": "x"},
        {"dropped_by_reason": '{"cancelled": 1}'},
        {"dropped_by_reason": '{"backoff": 1}'},
    ],
)
def test_executions_that_do_not_count(changed):
    assert Ended.of_record(RECORD).is_whole
    assert not Ended.of_record({**RECORD, **changed}).is_whole


def test_a_record_of_an_older_version_can_be_read():
    older = {**RECORD, "attempt": None, "limited_to": None, "replay_of": None, "dropped_by_reason": None}

    assert Ended.of_record(older) == Ended.of_record(RECORD)


EXECUTIONS = st.builds(
    run,
    st.integers(1, 40),
    st.sampled_from(["success", "no_data", "failed", "failed", "failed"]),
    is_whole=st.booleans() | st.just(True),
    execution_id=st.integers(1, 30).map(str),
    attempt=st.integers(1, 2),
)
DECISIONS = st.builds(decided, st.sampled_from(ACTIONS), st.integers(1, 40))


def step_by_step(executions, decisions):
    """The ladder as one would write it down event by event: (failures, level, until)."""
    failures, level, until = 0, 0, None
    events = [(one.ended_at, 0 if one.status == "failed" else 1, one) for one in executions]
    events += [(one.at, 2, one) for one in decisions if one.action == "enable"]
    for at, kind, _ in sorted(events, key=lambda event: event[:2]):
        if kind:
            failures, level, until = 0, 0, None
            continue
        failures += 1
        level = level if level == 5 else level + (failures >= 3)
        until = at + LADDER_HOURS[level] * HOUR if level else None
    return failures, level, until


@given(st.lists(EXECUTIONS, unique_by=lambda one: one.execution_id), st.lists(DECISIONS))
def test_it_is_the_ladder_climbed_step_by_step(executions, decisions):
    found = health(executions, decisions)

    whole = [one for one in executions if one.is_whole]
    assert (found.consecutive_failures, found.backoff_level, found.backoff_until) == step_by_step(whole, decisions)


@given(st.lists(EXECUTIONS), st.lists(DECISIONS), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(executions, decisions, dice: random.Random):
    # two records of one attempt and moment with other content are nothing that a log has
    told = list({(one.execution_id, one.attempt, one.ended_at): one for one in executions}.values())
    mixed, others = told * 2, decisions * 2
    dice.shuffle(mixed)
    dice.shuffle(others)

    assert health(mixed, others) == health(told, decisions)


@given(st.lists(EXECUTIONS), st.lists(DECISIONS), st.integers(0, 100))
def test_whatever_happened_its_parts_agree(executions, decisions, hour):
    found: Health = health(executions, decisions)

    assert (found.backoff_until is None) == (found.backoff_level == 0)
    assert found.auto_disabled == (found.consecutive_failures >= 3)
    assert found.is_available(hour * HOUR) == (found.state(hour * HOUR) not in ("disabled", "backoff"))


@given(
    st.lists(st.tuples(st.integers(0, 50), st.sampled_from(["failed", "success"]), st.booleans()), max_size=30),
    st.integers(0, 30),
    st.integers(-1, 50),
)
def test_what_tells_is_enough_whatever_comes_later(ran, first, enabled):
    runs = [run(hour, how, is_whole=whole, execution_id=f"e{n}") for n, (hour, how, whole) in enumerate(ran)]
    decisions = [decided("enable", enabled)] if enabled >= 0 else []

    kept = telling("shop", runs[:first])

    assert health(telling("shop", [*kept, *runs[first:]]), decisions) == health(runs, decisions)


def test_of_a_source_that_is_well_few_executions_tell():
    assert len(telling("shop", [run(hour, "failed" if hour % 7 == 0 else "success") for hour in range(1000)])) < 10
