from hypothesis import given
from hypothesis import strategies as st

from schemas.skeleton import MOST_SIGNS, common_signs, likeness, some_of

SIGNS = st.sets(st.text("abcdefgh.>", min_size=1, max_size=6), max_size=150)


def numbered(first: int, last: int) -> list[str]:
    return [f"li.item-{number}" for number in range(first, last)]


def test_a_sign_that_half_of_the_pages_have_is_common():
    assert common_signs({"ul>li": 4, "p.sale": 2, "p.note": 1}, 4) == ["p.sale", "ul>li"]
    assert common_signs({}, 0) == []


def test_likeness_is_the_share_that_both_have():
    assert likeness(["a", "b", "c"], ["b", "c", "d"]) == 0.5
    assert likeness(["a"], ["b"]) == 0.0
    assert likeness([], ["b"]) == 0.0
    assert likeness([], []) == 1.0


def test_lists_that_were_cut_are_compared_by_what_both_would_have_shown():
    whole, changed = numbered(0, 1000), numbered(100, 1100)  # 900 of 1,100 in common: 0.82
    one, other = some_of(whole, MOST_SIGNS), some_of(changed, MOST_SIGNS)

    assert 0.7 < likeness(one, other) < 0.93
    assert likeness(one, whole) == likeness(whole, one) == 1.0


@given(SIGNS, SIGNS)
def test_likeness_is_a_share_and_the_same_from_both_sides(one: set[str], other: set[str]):
    assert 0.0 <= likeness(one, other) == likeness(other, one) <= 1.0
    assert likeness(one, one) == 1.0


@given(SIGNS, st.integers(0, 200))
def test_what_is_kept_of_a_list_does_not_depend_on_its_order(signs: set[str], count: int):
    backwards = sorted(signs, reverse=True)

    assert some_of(backwards, count) == some_of(signs, count)
    assert len(some_of(signs, count)) == min(count, len(signs))
