"""A saved storage state: what is taken, and what is said of one that cannot be."""

import json
from pathlib import Path
from typing import Any

import pytest

from scrapers.browsing.saved_state import saved_state
from scrapers.browsing.session_state import BadState, live_state, read_state, token_values

TOKEN = "s3cr3t-t0k3n-of-a-session"  # noqa: S105
NOW = 1_800_000_000.0


def cookie(**changes: Any) -> dict[str, Any]:
    made = {"name": "sid", "value": TOKEN, "domain": "shop.test", "path": "/", "expires": -1}
    return {key: value for key, value in (made | changes).items() if value is not ...}


def test_a_state_of_playwright_is_taken_as_it_is_and_what_it_leaves_out_has_its_default():
    storage = read_state(json.dumps({"cookies": [cookie(path=...)], "origins": [{"origin": "https://shop.test"}]}))

    assert storage["cookies"] == [
        {"path": "/", "expires": -1, "httpOnly": False, "secure": False, "sameSite": "Lax",
         "name": "sid", "value": TOKEN, "domain": "shop.test"}
    ]  # fmt: skip
    assert storage["origins"] == [{"origin": "https://shop.test", "localStorage": []}]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('{"cookies": [{"value": "' + TOKEN, "it is no JSON (line 1, column"),
        ("[" * 100_000, "it is no JSON"),
        (f'"{TOKEN}"', "expected an object with `cookies` and `origins`"),
        (json.dumps([cookie()]), "expected an object with `cookies` and `origins`"),
        (json.dumps({"cookies": {"sid": TOKEN}}), "cookies: expected a list"),
        (json.dumps({"cookies": [TOKEN]}), "cookies[0]: expected an object"),
        (json.dumps({"cookies": [cookie(), cookie(domain=...)]}), "cookies[1]: `domain` is missing"),
        (json.dumps({"cookies": [cookie(domain=".")]}), "cookies[0].domain: it is empty"),
        (json.dumps({"cookies": [cookie(value=7)]}), "cookies[0].value: expected a text"),
        (json.dumps({"cookies": [cookie(value=f"{TOKEN}\r\nX: 1")]}), "cookies[0].value: it holds a control character"),
        (json.dumps({"cookies": [cookie(expires=True)]}), "cookies[0].expires: expected Unix seconds, or -1"),
        (json.dumps({"cookies": [cookie(expires=float("nan"))]}), "cookies[0].expires: expected Unix seconds"),
        (json.dumps({"cookies": [cookie(sameSite=TOKEN)]}), "cookies[0].sameSite: expected Strict, Lax or None"),
        (json.dumps({"origins": [{"localStorage": []}]}), "origins[0]: expected an object with `origin`"),
        (
            json.dumps({"origins": [{"origin": "https://shop.test", "localStorage": [{"name": "k", "value": 1}]}]}),
            "origins[0].localStorage[0]: expected",
        ),
    ],
)
def test_of_a_malformed_state_the_error_says_what_is_wrong_and_nothing_of_what_is_in_it(text: str, wrong: str):
    with pytest.raises(BadState) as caught:
        read_state(text)

    assert wrong in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None


def test_expired_cookies_are_left_out_and_told_of():
    storage = {"cookies": [cookie(expires=NOW - 86_400), cookie(name="kept")], "origins": []}

    live, note = live_state(storage, NOW)

    assert [one["name"] for one in live["cookies"]] == ["kept"]
    assert note == "1 of its 2 cookies expired on 2027-01-14"


def test_a_state_of_which_nothing_is_left_says_when_it_ran_out():
    with pytest.raises(BadState, match=r"^its cookies expired on 2027-01-14$") as caught:
        live_state({"cookies": [cookie(expires=NOW - 86_400)], "origins": []}, NOW)

    assert caught.value.is_over


def test_what_gives_access_is_hidden_and_what_is_a_word_is_not():
    words = ["EUR", "accepted", "dark-mode-preferred", "https://shop.test/p/1234567", "a sentence with 1 number in it"]
    jar = [cookie(value=value) for value in [TOKEN, *words]]
    stored = [{"origin": "https://shop.test", "localStorage": [{"name": "jwt", "value": "eyJhbGciOiJIUzI1NiJ9.eyJ.x"}]}]

    assert token_values({"cookies": jar, "origins": stored}) == {TOKEN, "eyJhbGciOiJIUzI1NiJ9.eyJ.x"}


def test_a_state_comes_from_a_secret_or_from_a_file_outside_of_the_sources(tmp_path: Path):
    text = json.dumps({"cookies": [cookie()], "origins": []})
    file = tmp_path / "state.json"
    file.write_text(text)
    secrets = {"state": text, "place": str(file)}
    folder = tmp_path / "sources"

    states = [
        saved_state(rule, secrets.__getitem__, folder) for rule in ("${secret.state}", "${secret.place}", str(file))
    ]

    assert states[0] == states[1] == states[2]
    assert states[0][0]["cookies"][0]["value"] == TOKEN


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ("${secret.other}", "the secret 'other' is not set (SCRAPELINE_SECRET_OTHER in the environment)"),
        ("${secret.odd}", "what the secret holds is neither JSON nor an absolute path"),
        ("state.json", "state.json is neither JSON nor an absolute path"),
        ("{folder}/state.json", "lies in the folder of the sources, which is no place for secrets"),
        ("{folder}/../none.json", "cannot be read: No such file or directory"),
        ('{"cookies": []}', "it stands in the source file itself: expected ${secret.NAME}"),
    ],
)
def test_a_state_that_is_not_there_or_in_the_wrong_place_is_refused(tmp_path: Path, rule: str, wrong: str):
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "state.json").write_text("{}")

    with pytest.raises(BadState) as caught:
        saved_state(rule.replace("{folder}", str(folder)), {"odd": TOKEN}.__getitem__, folder)

    assert wrong in str(caught.value)
    assert TOKEN not in str(caught.value)
