import os

import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.options import ScrapeOptions
from pipelines.plans import read_plans
from pipelines.preparation import prepared
from pipelines.runners import local_flags, runner_of, workers_for

SOURCE = "source: shop\ntable: shop.t\nseeds: {urls: ['http://shop.test/']}\nfields: {title: {css: h1}}\n"


def test_a_large_run_has_a_process_for_each_core_and_a_small_one_only_one(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)

    assert [workers_for(seeds) for seeds in (0, 1_000, 20_000)] == [1, 1, 2]


def test_a_run_that_wants_a_browser_has_one_process_and_in_it_one_chromium(tmp_path):
    (tmp_path / "shop.yaml").write_text(SOURCE.replace("fields", "fetch: {mode: auto}\nfields"))
    flags = [f"--sources={tmp_path}", f"--output={tmp_path}/out", "--run_id=run", "--browser_tabs=6"]

    with prepared(PipelineOptions(flags).view_as(ScrapeOptions)) as (job, _):
        assert (job.renders, job.browser.tabs) == (True, 6)
        assert [plan.auto_modes for plan in read_plans(job.layout)] == [{"": "http"}]
    assert workers_for(20_000, renders=True) == 1


def test_several_workers_are_processes():
    assert "--direct_num_workers=2" in local_flags(["--x=1"], 2)
    assert local_flags(["--x=1"], 1) == ["--x=1", "--runner=FnApiRunner"]


def test_a_file_of_urls_counts_as_the_seeds_that_it_replaces(tmp_path):
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "shop.yaml").write_text(SOURCE)
    (tmp_path / "urls.txt").write_text("".join(f"http://shop.test/{number}\n" for number in range(40)))
    flags = [f"--sources={tmp_path}/sources", f"--output={tmp_path}/out", f"--urls={tmp_path}/urls.txt", "--run_id=run"]

    with prepared(PipelineOptions(flags).view_as(ScrapeOptions)) as (_, seeds):
        assert seeds == 40


@pytest.mark.parametrize(
    ("words", "runner"),
    [
        ([], "DirectRunner"),
        (["shop", "--streaming"], "DirectRunner"),
        (["--runner=PrismRunner"], "PrismRunner"),
        (["--runner", "PortableRunner", "--parallelism=2"], "PortableRunner"),
    ],
)
def test_the_runner_is_the_one_that_the_words_name(words: list[str], runner: str) -> None:
    assert runner_of(words) == runner
