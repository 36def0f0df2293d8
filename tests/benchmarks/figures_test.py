"""How figures are made of what was measured."""

from benchmarks.growth import cpu_ms_between, memory_at
from benchmarks.markdown import markdown_table
from benchmarks.process_tree import Sample
from benchmarks.rounds import median_ratio, spread
from benchmarks.slow_host import HOSTS, write_sources
from scrapers.source_files.load import load_sources

SAMPLES = [Sample(at, at * 1000, 1.0 + at * 0.5, 100 + at) for at in range(20)]


def test_a_ratio_is_taken_within_a_round():
    assert median_ratio([10, 5, 9], [2, 1, 3]) == 5


def test_a_spread_shows_the_extremes():
    assert spread([2.0, 9.0, 1.0], 0) == "2 (1-9)"


def test_the_cost_between_two_pages_leaves_start_up_out():
    assert cpu_ms_between(SAMPLES, 2_000, 12_000) == 0.5


def test_memory_is_that_of_the_samples_near_a_page():
    close = [Sample(0.1 * at, 4_000 + 300 * at, 0.0, 100 + at) for at in range(10)]

    assert memory_at(close, 5_000) == 103


def test_a_table_is_markdown():
    assert markdown_table(["", "x"], [["a", "1"]]) == "|  | x |\n|---|--:|\n| a | 1 |"


def test_every_host_has_a_source_of_its_own(tmp_path):
    write_sources(tmp_path / "sources", with_slow=True)

    sources = load_sources(tmp_path / "sources")

    assert len(sources) == HOSTS
    assert "slow0-bench.example" in sources["host_000"].source.seeds.urls[0]
