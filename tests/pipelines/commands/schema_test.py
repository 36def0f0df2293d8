"""`scrapeline schema`: what it prints, what it does, how it ends."""

import pytest
from click.testing import CliRunner

from pipelines.cli import cli

SHOP = """\
source: shop
table: shop.products
key: sku
fields: {sku: {css: b, required: true}, price: {css: i, type: numeric, description: with tax}}
"""
OUTPUT = ("--output", "bigquery:proj-x.web")


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "sources"
    path.mkdir()
    (path / "shop.yaml").write_text(SHOP)
    return path


@pytest.fixture
def schema(folder):
    """Calls a command on the folder; (exit code, stdout, stderr)."""

    def call(*words, answer=""):
        result = CliRunner().invoke(cli, ["schema", *words, "--sources", str(folder)], input=answer)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.stdout, result.stderr

    return call


def change(folder, old, new):
    path = folder / "shop.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_sql_is_printed_without_a_connection(schema, monkeypatch):
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", "http://127.0.0.1:9")

    code, out, _ = schema("ddl", "shop", *OUTPUT, "--location", "EU")

    assert code == 0
    assert out.startswith('CREATE SCHEMA IF NOT EXISTS `proj-x.web`\nOPTIONS(location="EU");\n\nCREATE TABLE')
    assert '`price` NUMERIC OPTIONS(description="with tax")' in out
    assert "CREATE VIEW IF NOT EXISTS `proj-x.web.shop_products_latest`" in out


def test_tables_are_shown_made_and_then_as_wanted(schema, strict_bigquery):
    code, out, err = schema("diff", *OUTPUT)
    assert (code, out.splitlines()[0]) == (1, "+ proj-x.web.shop_products is missing: it is made")
    assert "scrapeline schema apply --sources" in err
    assert schema("diff", *OUTPUT)[1] == out, "nothing was made"

    code, out, _ = schema("apply", *OUTPUT, "--yes")
    assert (code, out.splitlines()[-1]) == (0, "done")

    assert schema("diff", *OUTPUT)[:2] == (0, "8 of 8 tables and views are as the sources want them\n")
    assert schema("apply", *OUTPUT)[:2] == (0, "8 of 8 tables and views are as the sources want them\n")
    assert strict_bigquery.resource("web.shop_products")["labels"] == {"scrapeline": "rows"}


def test_nothing_is_done_without_a_yes(schema, strict_bigquery):
    for answer in ("n\n", ""):
        code, _, err = schema("apply", *OUTPUT, answer=answer)
        assert (code, "Do this?" in err) == (1, True)
    assert [one for one in strict_bigquery.requests if one.startswith("POST")] == []

    assert schema("apply", *OUTPUT, answer="y\n")[0] == 0


def test_a_new_column_is_added_when_asked_for(schema, folder, strict_bigquery):
    schema("apply", *OUTPUT, "--yes")
    change(folder, "price:", "colour: {css: em}, price:")

    code, out, _ = schema("diff", *OUTPUT)
    assert code == 1
    assert "proj-x.web.shop_products\n  + lacks the column `colour` (STRING): it is added\n" in out

    code, out, _ = schema("apply", *OUTPUT, "--yes")
    assert (code, "until every server of BigQuery knows the new columns" in out) == (0, True)
    assert schema("diff", *OUTPUT)[0] == 0
    fields = strict_bigquery.resource("web.shop_products")["schema"]["fields"]
    assert fields[-1] == {"name": "colour", "type": "STRING", "mode": "NULLABLE"}


def test_what_breaks_is_refused_with_the_way_to_do_it_and_the_rest_is_done(schema, folder, strict_bigquery):
    schema("apply", *OUTPUT, "--yes")
    change(folder, "type: numeric", "type: string")
    change(folder, "price:", "colour: {css: em}, price:")

    code, out, err = schema("apply", *OUTPUT, "--yes")

    assert code == 1
    assert "  ! has the column `price` as NUMERIC, and the source as STRING\n      let the source write to" in out
    assert "1 of the differences cannot be changed in place: see ! above" in err
    types = {one["name"]: one["type"] for one in strict_bigquery.resource("web.shop_products")["schema"]["fields"]}
    assert (types["price"], types["colour"]) == ("NUMERIC", "STRING")
    code, out, err = schema("diff", *OUTPUT)
    assert (code, "schema apply" in err) == (1, False)


def test_a_column_that_only_the_table_has_is_said_and_is_no_difference(schema, folder, strict_bigquery):
    schema("apply", *OUTPUT, "--yes")
    change(folder, ", price: {css: i, type: numeric, description: with tax}", "")

    code, out, _ = schema("diff", *OUTPUT)

    assert code == 0
    assert "has a column `price` that the source lacks: it stays, new rows have none" in out


def test_the_sources_say_which_warehouse(schema, folder, strict_bigquery):
    (folder / "scrapeline.yaml").write_text("output: bigquery:proj-x.theirs\n")

    code, _, err = schema("diff")
    assert (code, "--output" in err) == (1, False)

    assert schema("apply", "--yes")[0] == 0
    assert strict_bigquery.resource("theirs.shop_products")["friendlyName"] == "shop.products"


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("out", "out is a folder"),
        ("bigquery:Not a project", "is not bigquery:PROJECT"),
    ],
)
def test_an_output_that_is_no_warehouse_is_a_mistake(schema, output, said):
    code, _, err = schema("diff", "--output", output)

    assert (code, said in err) == (2, True)


def test_tables_that_cannot_be_are_a_mistake_of_the_files(schema, folder):
    change(folder, "shop.products", "web.executions")

    code, _, err = schema("ddl", *OUTPUT)

    assert code == 2
    assert "shop.yaml: proj-x.web.executions is the table of Scrapeline's own executions" in err


def test_who_is_not_let_in_is_told_what_to_do(schema, strict_bigquery, monkeypatch):
    strict_bigquery.fail_next("tables.list", status=403, reason="accessDenied", message="Access Denied: Dataset web")
    code, _, err = schema("diff", *OUTPUT)
    assert (code, "Access Denied: Dataset web" in err, "roles/bigquery.dataEditor" in err) == (1, True, True)

    monkeypatch.delenv("BIGQUERY_EMULATOR_HOST")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/no/such/key.json")
    code, _, err = schema("diff", "--output", "bigquery:project-without-credentials")
    assert (code, "gcloud auth application-default login" in err) == (1, True)
