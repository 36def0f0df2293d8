"""The morning after a site changed: mend the source, parse the archive again, replay what died; nothing is missing."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from demo.running_site import resolve_flags, running_site
from demo.site.catalogue import in_category
from demo.site.shop import PRICE_KEY
from pipelines.places import Places, places
from pipelines.stores.store import open_store
from schemas.warehouse import Warehouse
from tests.bigquery_servers.emulator import PROJECT
from transforms.bigquery.connection import connect

pytestmark = pytest.mark.timeout(300)
CATEGORIES = ("table-lamps", "pendants")
ALL_CATEGORIES = "[table-lamps, floor-lamps, pendants, wall-lights, outdoor]"
MENDED = {
    "title:    {css: h3, required: true}": "title:    {any: [{css: h3}, {css: h2}], required: true}",
    "brand:    {css: .brand}": "brand:    {css: '.brand, .maker'}",
    'url: {css: "h3 a::attr(href)"}': 'url: {css: "h3 a::attr(href), h2 a::attr(href)"}',
}
PROVENANCE = {
    "source", "url", "scraped_at", "execution_id", "request_id", "row_key", "row_id", "schema_version",
    "scraper_version", "archive_file", "archive_offset", "archive_digest",
}  # fmt: skip


class Engineer:
    """Works with one folder of sources and one output, by the commands that the README names."""

    def __init__(self, folder: Path, checkout: Path, output: list[str]) -> None:
        self.sources, self.output = folder / "sources", output
        self.sources.mkdir(parents=True)
        self._checkout = checkout
        for name in ("scrapeline.yaml", "shop.yaml"):
            text = (checkout / "demo" / "sources" / name).read_text()
            text = text.replace(
                "[table-lamps, floor-lamps, pendants, wall-lights, outdoor]", f"[{', '.join(CATEGORIES)}]"
            )
            (self.sources / name).write_text(text.replace("min_rows: 290", "min_rows: 100"))

    def mend(self) -> None:
        """Teaches the source the new markup, beside the old."""
        text = (self.sources / "shop.yaml").read_text()
        for old, new in MENDED.items():
            assert old in text
            text = text.replace(old, new)
        (self.sources / "shop.yaml").write_text(text)

    def does(self, *words: str, flags: list[str] | None = None) -> "subprocess.CompletedProcess[str]":
        """A command, with the folder of sources and the output."""
        return subprocess.run(
            [sys.executable, "-m", "pipelines", *words, "--sources", str(self.sources), *self.output, *(flags or [])],
            cwd=self._checkout,
            env={**os.environ, "SCRAPELINE_SECRET_SHOP_API": PRICE_KEY},
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    def scrape(self, port: int) -> int:
        return self.does("run", "shop", flags=resolve_flags(port)).returncode

    @property
    def where(self) -> Places:
        given = dict(zip(self.output[::2], self.output[1::2], strict=True))
        return places(given["--output"], given.get("--files", ""))

    def executions(self) -> list[dict[str, Any]]:
        return open_store(self.where).executions().to_pylist()

    def rows(self, executions: set[str] | None = None) -> list[dict[str, Any]]:
        batches = open_store(self.where).rows("shop.products", executions=executions)
        return [row for batch in batches for row in batch.to_pylist()]

    def table(self) -> dict[str, dict[str, Any]]:
        """The newest row of each product, without where it comes from."""
        newest = self._in_folder() if self.where.warehouse is None else self._in_view(self.where.warehouse)
        return {row["sku"]: {k: v for k, v in row.items() if k not in PROVENANCE} for row in newest}

    def _in_view(self, warehouse: Warehouse) -> list[dict[str, Any]]:
        view = f"{warehouse.place('shop.products')}_latest"
        return [dict(row.items()) for row in connect(warehouse.project).query(f"SELECT * FROM `{view}` ORDER BY sku")]

    def _in_folder(self) -> list[dict[str, Any]]:
        """As the view does it: of two rows of one moment, that of the execution that ended later."""
        ended = {one["execution_id"]: one["ended_at"] for one in self.executions()}
        newest: dict[str, tuple[Any, dict[str, Any]]] = {}
        for row in self.rows():
            order = (str(row["scraped_at"]), ended[row["execution_id"]], row["row_id"])
            if row["sku"] not in newest or order > newest[row["sku"]][0]:
                newest[row["sku"]] = order, row
        return [newest[sku][1] for sku in sorted(newest)]


@pytest.fixture(params=["folder", "bigquery"])
def engineer(request: pytest.FixtureRequest, tmp_path: Path, project: Path) -> Callable[[str], Engineer]:
    """Makes one, with an output of her own."""
    dataset = request.getfixturevalue("bigquery_dataset") if request.param == "bigquery" else ""

    def begin(name: str) -> Engineer:
        output = ["--output", str(tmp_path / name / "out")]
        if dataset:
            output = ["--output", f"bigquery:{PROJECT}.{dataset}_{name}", "--files", str(tmp_path / name / "out")]
        return Engineer(tmp_path / name, project, output)

    return begin


def test_after_mending_parsing_again_and_replaying_the_table_is_that_of_a_shop_that_never_changed(
    engineer: Callable[..., Engineer],
) -> None:
    hers, luckier = engineer("hers"), engineer("luckier")
    with running_site() as old, running_site(redesigned=True) as new:
        assert [hers.scrape(old), luckier.scrape(old)] == [0, 0]
        assert hers.scrape(new) == 1

        night = hers.executions()[-1]
        assert (night["status"], night["condition"]) == ("failed", "degraded")
        assert any("brand" in reason for reason in night["reasons"]), night["reasons"]
        assert json.loads(night["dead_by_reason"]) == {"invalid_item": 60}
        assert {row["brand"] for row in hers.rows({night["execution_id"]})} == {None}

        hers.mend()
        again = hers.does("reparse", "shop", "--execution", night["execution_id"])
        assert "brand: 60 now filled" in again.stdout, again.stdout + again.stderr
        replay = hers.does("dead-letters", "replay", flags=resolve_flags(new))
        assert replay.returncode == 0, replay.stdout + replay.stderr
        assert hers.does("dead-letters", "list").stdout.startswith("No dead letter in")
        rows_then = len(hers.rows())
        twice = hers.does("dead-letters", "replay", flags=resolve_flags(new))

    assert twice.returncode == 0, twice.stdout + twice.stderr
    assert len(hers.rows()) == rows_then
    assert len(hers.table()) == sum(len(in_category(name)) for name in CATEGORIES)
    assert hers.table() == luckier.table()
