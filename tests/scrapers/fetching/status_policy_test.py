"""What a status means: the source's words, the exact number before its class, then the defaults."""

import pytest

from scrapers.fetching.status_policy import choose_policy, reason_of_status


@pytest.mark.parametrize(
    ("status", "policy"),
    [(200, "parse"), (203, "parse"), (206, "parse"), (304, "dead"), (302, "dead"), (401, "dead"), (404, "dead"),
     (408, "retry"), (425, "retry"), (429, "retry"), (500, "retry"), (501, "dead"), (503, "retry"), (505, "dead"),
     (599, "retry"), (999, "dead"), (100, "dead")],
)  # fmt: skip
def test_defaults(status: int, policy: str) -> None:
    assert choose_policy(status, {}) == policy


def test_the_source_decides_by_number_and_then_by_class() -> None:
    own = {"404": "drop", "4xx": "blocked", "2xx": "dead"}
    assert [choose_policy(status, own) for status in (404, 429, 200, 500)] == ["drop", "blocked", "dead", "retry"]  # type: ignore[arg-type]


def test_reasons_follow_the_class() -> None:
    assert [reason_of_status(status) for status in (404, 503, 304)] == ["http_4xx", "http_5xx", "bad_content"]
