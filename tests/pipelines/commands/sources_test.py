import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

Scrapeline = Callable[..., Result]


def test_check_counts_what_is_right(folder: Path, scrapeline: Scrapeline):
    result = scrapeline("sources", "check")

    assert result.exit_code == 0
    assert result.stdout == "OK: 1 source, 1 table, 0 with a schedule in sources\n"
    assert "sources: sources" in result.stderr


def test_check_reports_every_mistake_of_every_file_and_exits_2(folder: Path, scrapeline: Scrapeline):
    (folder / "sources" / "one.yaml").write_text(
        "source: one\ntabel: x.y\nseeds: {urls: ['http://a.test']}\nfields: {a: {ccs: h1}}\n"
    )
    (folder / "sources" / "two.yaml").write_text(
        "source: two\ntable: x.y\nseeds: {urls: ['http://a.test']}\nfields: {a: {css: 'h1['}}\n"
    )

    result = scrapeline("sources", "check")

    assert result.exit_code == 2
    assert "one.yaml:2" in result.stderr
    assert "`table`" in result.stderr
    assert "one.yaml:4" in result.stderr
    assert "two.yaml:4" in result.stderr
    assert "Traceback" not in result.output


def test_check_imports_the_code_beside_sources_as_a_run_does(folder: Path, scrapeline: Scrapeline):
    (folder / "sources" / "shop.py").write_text("from scrapers import Scraper\n")

    result = scrapeline("sources", "check")

    assert result.exit_code == 2
    assert "source shop: shop.py:1: ImportError" in result.stderr
    assert "from scrapers.extraction.scraper import Scraper" in result.stderr


def test_check_of_named_sources_leaves_the_others_alone(folder: Path, scrapeline: Scrapeline):
    (folder / "sources" / "broken.yaml").write_text("source: broken\nfieldz: {}\n")

    assert scrapeline("sources", "check", "shop").exit_code == 0
    assert scrapeline("sources", "check").exit_code == 2


def test_an_unknown_name_is_answered_with_the_nearest(folder: Path, scrapeline: Scrapeline):
    result = scrapeline("sources", "show", "shpo")

    assert result.exit_code == 2
    assert "`shop`" in result.stderr


def test_list_shows_one_line_a_source(folder: Path, scrapeline: Scrapeline):
    result = scrapeline("sources", "list")

    assert result.exit_code == 0
    heading, line = result.stdout.strip().splitlines()
    assert heading.split() == ["name", "tables", "seeds", "schedule", "hosts", "fetch", "politeness"]
    assert line.split()[:4] == ["shop", "shop.products", "1", "URL"]
    assert "shop.test" in line


def test_list_as_json_is_for_programs(folder: Path, scrapeline: Scrapeline):
    (line,) = json.loads(scrapeline("sources", "list", "--json").stdout)

    assert line["name"] == "shop"
    assert (line["hosts"], line["fetch"]) == (["shop.test"], ["http"])


def test_show_says_where_each_value_came_from(folder: Path, scrapeline: Scrapeline):
    result = scrapeline("sources", "show", "shop")

    assert result.exit_code == 0
    assert "contact: data@team.example # scrapeline.yaml:1" in result.stdout.replace("  #", " #")
    assert "source: shop # shop.yaml:1" in result.stdout.replace("  #", " #")
    assert result.stdout.startswith("source: shop")


def test_schema_is_json_schema_and_may_go_to_a_file(folder: Path, scrapeline: Scrapeline):
    import jsonschema

    assert scrapeline("sources", "schema", "-o", "source.schema.json").exit_code == 0
    schema = json.loads(Path("source.schema.json").read_text())

    jsonschema.Draft202012Validator.check_schema(schema)
    assert json.loads(scrapeline("sources", "schema").stdout) == schema


def test_the_current_folder_serves_when_it_holds_sources(folder: Path, scrapeline: Scrapeline, monkeypatch):
    monkeypatch.chdir(folder / "sources")

    assert "OK: 1 source" in scrapeline("sources", "check").stdout


def test_the_environment_names_the_folder(folder: Path, scrapeline: Scrapeline, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    monkeypatch.setenv("SCRAPELINE_SOURCES", str(folder / "sources"))

    assert "OK: 1 source" in scrapeline("sources", "check").stdout


def test_no_sources_at_all_says_how_to_begin(tmp_path: Path, scrapeline: Scrapeline, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "compose.yaml").write_text("services: {}\n")

    result = scrapeline("sources", "list")

    assert result.exit_code == 2
    assert "scrapeline new URL" in result.stderr
