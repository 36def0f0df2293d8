"""A machine without a browser: known before a run begins, not by a letter for each page."""

from pathlib import Path

import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines import exit_status
from pipelines.options import ScrapeOptions
from pipelines.plans import read_plans
from pipelines.preparation import CannotPrepare, prepared
from pipelines.scrape import main

SOURCE = """
source: shop
table: a.b
key: [t]
seeds: {{urls: "https://shop.test/"}}
fetch: {{mode: {}}}
fields: {{t: {{css: b}}}}
"""


@pytest.fixture
def flags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("SCRAPELINE_CHROMIUM", "no-such-browser")
    return ["--sources", str(tmp_path), "--output", str(tmp_path / "out")]


def test_a_source_that_needs_a_browser_does_not_start_without_one(
    tmp_path: Path, flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shop.yaml").write_text(SOURCE.format("browser"))

    assert main(flags) == exit_status.USAGE
    said = capsys.readouterr().err
    assert "source shop: fetch.mode: browser: SCRAPELINE_CHROMIUM says no-such-browser" in said
    assert not (tmp_path / "out").exists()


def test_a_source_that_logs_in_needs_one_too(
    tmp_path: Path, flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    session = 'session: {login: {url: "https://shop.test/login"}}'
    (tmp_path / "shop.yaml").write_text(f"{SOURCE.format('http')}\n{session}\n")

    assert main(flags) == exit_status.USAGE
    assert "source shop: session.login: SCRAPELINE_CHROMIUM says no-such-browser" in capsys.readouterr().err
    options = PipelineOptions(flags).view_as(ScrapeOptions)
    with prepared(options, runs_here=False) as (job, _):
        assert job.renders, "one process, and one session"


def test_one_that_it_would_only_help_starts_and_says_so(
    tmp_path: Path, flags: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "shop.yaml").write_text(SOURCE.format("auto"))
    found_out = tmp_path / "out" / ".scrapeline" / "fetch_modes" / "shop.json"
    found_out.parent.mkdir(parents=True)
    found_out.write_text('{"page_types": {"": {"mode": "browser"}}}')

    with prepared(PipelineOptions(flags).view_as(ScrapeOptions)) as (job, _):
        assert "source shop: what HTTP lacks stays as it is" in caplog.text
        assert read_plans(job.layout)[0].auto_modes == {"": "http"}, "whatever the last run had"


def test_where_pages_are_fetched_elsewhere_this_machine_needs_none(tmp_path: Path, flags: list[str]) -> None:
    (tmp_path / "shop.yaml").write_text(SOURCE.format("browser"))
    options = PipelineOptions(flags).view_as(ScrapeOptions)
    with prepared(options, runs_here=False) as (job, _):
        assert job.renders
    with pytest.raises(CannotPrepare, match="no-such-browser"), prepared(options):
        pass
