"""What stands in a warehouse has no more of secrets and persons than files have."""

import json
from typing import Any

import pytest

from tests.pipelines.shop_with_secrets import SECRET, SHOP, SPELLINGS
from transforms.bigquery.connection import connect

PROJECT = "proj-x"


def page(wanted: str) -> str:
    if "/list" in wanted:
        return "".join(
            f"<b id='{n}' who='Ann Doe' phone='555-0100' price='{'x' if n == 0 else n}' at='/detail/{n}'>"
            f"<i>{SECRET} {n}</i></b>"
            for n in range(3)
        )
    return f"<p>{SECRET if wanted.endswith('2') else 7}</p>"


@pytest.fixture
def everything(project_of_runs: Any, site: Any, bigquery_dataset: str) -> dict[str, list[dict[str, Any]]]:
    """All tables after a run, which had one good item, one of a wrong type and one whose last page was wrong."""
    run = project_of_runs
    run.write("shop.yaml", SHOP)
    words = ["run", "shop", "--sources", str(run.sources), "--output", f"bigquery:{PROJECT}.{bigquery_dataset}"]
    words += ["--files", str(run.output), *site(page).resolve]
    assert run.start(*words, env={"SCRAPELINE_SECRET_SHOP_KEY": SECRET}).wait(120) == 0, run.everything_said()
    client = connect(PROJECT)
    tables = ("shop_items", "dead_letters", "executions")
    return {
        name: [dict(row) for row in client.query(f"SELECT * FROM {bigquery_dataset}.{name}").result()]
        for name in tables
    }


def test_neither_secrets_nor_persons_stand_in_a_warehouse(everything: dict[str, list[dict[str, Any]]]) -> None:
    rows, letters = everything["shop_items"], everything["dead_letters"]
    assert (len(rows), len(letters), len(everything["executions"])) == (1, 2, 1)
    said = json.dumps(everything, default=str)
    said += json.dumps(everything, default=str, ensure_ascii=False)
    for spelling in [*SPELLINGS, "Ann Doe", "555-0100"]:
        assert spelling not in said, said[said.find(spelling) - 300 :][:400]
    assert rows[0]["buyer"].startswith("blake2b:")
    assert "[redacted]" in rows[0]["note"]
