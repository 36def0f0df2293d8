import random

from schemas.ids import content_id
from schemas.outcome import Outcome
from schemas.tally import Tally, unaccounted


def outcome(request_id: str, *spawned: str, **more: object) -> Outcome:
    return Outcome("run", "shop", request_id, more.pop("end", "pages"), spawned=spawned, **more)  # type: ignore[arg-type]


SPEC, LISTING, DETAIL = content_id("spec"), content_id("listing"), content_id("detail")
OUTCOMES = [
    outcome(SPEC, LISTING, is_spec=True),
    outcome(LISTING, DETAIL),
    outcome(DETAIL, end="dead", reason="timeout"),
]


def tally_of(outcomes: list[Outcome], *planned: str) -> Tally:
    tally = Tally()
    tally.know(planned)
    for one in outcomes:
        tally.end(one)
    return tally


def test_nothing_is_unaccounted_when_every_known_request_has_ended():
    tally = tally_of(OUTCOMES, SPEC)

    assert unaccounted(tally) == (0, 0)
    assert tally.counts["requests"] == 2
    assert tally.counts["pages"] == 1
    assert tally.dead == {"timeout": 1}


def test_a_request_that_never_ended_is_told():
    assert unaccounted(tally_of(OUTCOMES[:2], SPEC)) == (1, 0)


def test_a_request_that_nobody_asked_for_is_told():
    assert unaccounted(tally_of(OUTCOMES)) == (0, 1)


def test_tallies_add_up_in_any_order_however_often_a_bundle_was_retried():
    parts = [tally_of([one]) for one in OUTCOMES] + [tally_of([OUTCOMES[1]]), tally_of([], SPEC)]
    for seed in range(20):
        random.Random(seed).shuffle(parts)  # noqa: S311  an order, not a secret
        total = Tally()
        for part in parts:
            total.add(part)
        assert unaccounted(total) == (0, 0)


def test_a_spec_is_no_request_but_must_end():
    tally = tally_of([outcome(SPEC, is_spec=True)], SPEC)

    assert tally.counts["requests"] == 0
    assert unaccounted(tally) == (0, 0)
