"""`scrapeline report` as it is typed."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from selectolax.lexbor import LexborHTMLParser

from pipelines.cli import cli
from tests.pipelines.report.output import execution, letter, write

SHOP = """\
source: shop
table: shop.products
key: [sku]
seeds: {urls: ["http://shop.test/lamps"]}
items: {css: article}
fields: {sku: {css: h3, required: true}}
"""


def report(*words: str) -> Result:
    return CliRunner().invoke(cli, ["report", *words])


def test_it_writes_the_page_into_the_output_and_says_where(tmp_path: Path) -> None:
    write(tmp_path, [execution("shop", 0)])

    first, second = report(str(tmp_path)), report(f"{tmp_path}/")

    assert (first.exit_code, first.output) == (0, f"{tmp_path}/report.html\n")
    assert second.output == first.output, "a page that is there is replaced"
    assert "The source is well" in (tmp_path / "report.html").read_text("utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["executions", "report.html"]


def test_it_writes_elsewhere_about_some_sources_since_a_day(tmp_path: Path) -> None:
    write(
        tmp_path / "out",
        [execution(name, day) for name in ("shop", "books", "events") for day in (0, 5)],
        [letter("events", 5)],
    )
    to = tmp_path / "made" / "page.html"

    done = report(
        str(tmp_path / "out"), "--to", str(to), "--since", "2026-11-03", "--source", "shop", "--source", "books"
    )

    assert (done.exit_code, done.output) == (0, f"{to}\n")
    text = to.read_text("utf-8")
    assert "All 2 sources are well" in text
    assert "only shop, books" in text
    assert "events" not in text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nowhere"], 2, "there is no folder nowhere; name the output of a run"),
        (["."], 1, ". holds no executions: nothing has run with --output . yet"),
        (["out", "--source", "shap"], 1, "out holds no executions of shap"),
        (["out", "--since", "2030-01-01"], 1, "out holds no executions since 2030-01-01 00:00 UTC"),
        (["out", "--since", "monday"], 2, "'monday' is no day or moment"),
        (["out", "--files", "more"], 2, "--files: out is a folder and takes all files"),
        (["bigquery:Not.A.Project"], 2, "is not bigquery:PROJECT"),
        (["out", "--to", "out/executions/file-0-a1.parquet/x.html"], 1, "cannot write out/executions"),
    ],
)
def test_what_cannot_be_done_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "out", [execution("shop", 0)])

    done = report(*words)

    assert done.exit_code == code
    assert said in " ".join(done.output.split())
    assert "Traceback" not in done.output


def test_without_an_output_it_is_that_of_the_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "kept here", [execution("shop", 0, status="failed")])
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "scrapeline.yaml").write_text("output: kept here\ncontact: data@team.example\n")
    (tmp_path / "sites" / "shop.yaml").write_text(SHOP)

    done = report("--sources", "sites")

    assert (done.exit_code, done.output) == (0, "kept here/report.html\n")
    page = LexborHTMLParser((tmp_path / "kept here" / "report.html").read_text("utf-8"))
    commands = [code.text() for code in page.css("#attention .commands code")]
    assert "scrapeline reparse shop --diff --output 'kept here' --sources sites" in commands


def test_other_commands_load_nothing_of_it(project: Path) -> None:
    """A run that starts slower for a page that it does not write would be paid every time."""
    code = (
        "import sys; from pipelines.cli import cli\n"
        "try: cli.main()\n"
        "except SystemExit: print(sorted({'duckdb', 'vl_convert', 'jinja2', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "run", "--help"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.endswith("[]\n")
