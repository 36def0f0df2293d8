import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from scrapers.browsing.executable import BrowserMissing, find_browser

Scrapeline = Callable[..., Result]
Findings = dict[str, dict[str, str]]


@pytest.fixture(autouse=True)
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is started for what is not about it: that takes seconds."""
    monkeypatch.setenv("SCRAPELINE_CHROMIUM", "/nowhere/chromium")


@pytest.fixture
def diagnose(scrapeline: Scrapeline) -> Callable[..., tuple[int, Findings]]:
    def run(*words: str) -> tuple[int, Findings]:
        result = scrapeline("doctor", "--json", "--resolve", "*:80:127.0.0.1", *words)
        return result.exit_code, {finding["name"]: finding for finding in json.loads(result.stdout)}

    return run


def test_a_ready_machine_and_folder_are_ready(folder: Path, diagnose: Callable[..., tuple[int, Findings]]):
    status, findings = diagnose()

    failed = {name: finding for name, finding in findings.items() if finding["state"] == "fail"}
    assert failed == {}
    assert status == 0
    assert "data@team.example" in findings["contact"]["message"]


def test_a_missing_contact_fails_and_says_where_to_set_it(folder: Path, diagnose: Callable[..., tuple[int, Findings]]):
    (folder / "sources" / "scrapeline.yaml").unlink()

    status, findings = diagnose()

    assert status == 1
    assert findings["contact"]["state"] == "fail"
    assert "scrapeline.yaml" in findings["contact"]["remedy"]


def test_a_secret_that_is_not_set_fails_and_is_never_shown(
    folder: Path, diagnose: Callable[..., tuple[int, Findings]], monkeypatch: pytest.MonkeyPatch
):
    source = folder / "sources" / "shop.yaml"
    source.write_text(source.read_text() + 'request: {headers: {X-Key: "${secret.shop_key}"}}\n')
    monkeypatch.delenv("SCRAPELINE_SECRET_SHOP_KEY", raising=False)
    assert diagnose()[1]["secrets"]["state"] == "fail"
    assert "SCRAPELINE_SECRET_SHOP_KEY" in diagnose()[1]["secrets"]["remedy"]

    monkeypatch.setenv("SCRAPELINE_SECRET_SHOP_KEY", "hush-hush")
    _, findings = diagnose()
    assert findings["secrets"]["state"] == "ok"
    assert "hush-hush" not in json.dumps(findings)


def test_mistakes_in_sources_fail_and_are_counted(folder: Path, diagnose: Callable[..., tuple[int, Findings]]):
    (folder / "sources" / "bad.yaml").write_text("source: bad\nfeilds: {}\n")

    status, findings = diagnose()

    assert status == 1
    assert "in sources" in findings["sources"]["message"]
    assert "scrapeline sources check" in findings["sources"]["remedy"]


def test_an_output_that_is_a_file_cannot_be_written_to(folder: Path, diagnose: Callable[..., tuple[int, Findings]]):
    Path("taken").write_text("")

    status, findings = diagnose("--output", "taken/out")

    assert status == 1
    assert findings["output"]["state"] == "fail"


def test_the_report_for_people_has_one_line_each_and_a_verdict(folder: Path, scrapeline: Scrapeline):
    result = scrapeline("doctor", "--resolve", "*:80:127.0.0.1")

    lines = result.stdout.splitlines()
    assert lines[-1].startswith("ready: 0 failed")
    assert [line.split()[0] for line in lines[:3]] == ["ok", "ok", "ok"]


def test_the_browser_is_named_and_has_been_started(
    folder: Path, diagnose: Callable[..., tuple[int, Findings]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("SCRAPELINE_CHROMIUM")
    try:
        path = find_browser().path
    except BrowserMissing as missing:
        pytest.skip(f"needs: Chromium ({missing})")
    _, findings = diagnose()

    assert findings["browser"]["message"].startswith(path)
    assert "started in" in findings["browser"]["message"]
    assert ("without" in findings["sandbox"]["message"]) == (findings["sandbox"]["state"] == "warn")
    assert findings["temp"]["state"] == "ok"


def test_without_a_browser_it_is_said_what_cannot_run_and_what_to_install(
    folder: Path, diagnose: Callable[..., tuple[int, Findings]]
):
    status, findings = diagnose()

    assert status == 0
    assert findings["browser"]["state"] == "warn"
    assert "mode: browser" in findings["browser"]["message"]
    assert "apt-get install chromium-headless-shell" in findings["browser"]["remedy"]
    assert "sandbox" not in findings


def test_a_browser_that_does_not_start_fails(
    folder: Path, diagnose: Callable[..., tuple[int, Findings]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SCRAPELINE_CHROMIUM", "/bin/false")
    status, findings = diagnose()

    assert status == 1
    assert findings["browser"]["state"] == "fail"
    assert "does not start" in findings["browser"]["message"]
