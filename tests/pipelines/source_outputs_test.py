"""Where a run writes to, by the command line and by the sources."""

from pathlib import Path

import pytest

from pipelines.places import Places, WrongPlace
from pipelines.source_outputs import places_of_run
from schemas.warehouse import Warehouse

SOURCE = """\
source: {name}
table: {name}.items
key: [sku]
seeds: {{urls: ["http://shop.test/1"]}}
items: {{css: b}}
fields: {{sku: {{css: "::attr(id)"}}}}
{more}
"""
WEB = Warehouse("proj-x", "web")


def write(folder: Path, name: str, *more: str) -> None:
    (folder / f"{name}.yaml").write_text(SOURCE.format(name=name, more="\n".join(more)))


def test_without_a_word_of_it_a_run_writes_to_out(tmp_path: Path) -> None:
    write(tmp_path, "shop", "# output: elsewhere")

    assert places_of_run("", "", tmp_path, None) == Places("out")


def test_what_the_sources_say_is_taken_where_the_command_line_says_nothing(tmp_path: Path) -> None:
    write(tmp_path, "shop")
    (tmp_path / "scrapeline.yaml").write_text("output: bigquery:proj-x.web\noutput_files: gs://lake/web\n")

    assert places_of_run("", "", tmp_path, ["shop"]) == Places("gs://lake/web", WEB)
    assert places_of_run("", "here", tmp_path, None) == Places("here", WEB)
    assert places_of_run("there", "", tmp_path, None) == Places("there")
    assert places_of_run("bigquery:proj-x", "", tmp_path, None) == Places("gs://lake/web", Warehouse("proj-x"))


def test_sources_that_disagree_are_not_run_together(tmp_path: Path) -> None:
    write(tmp_path, "shop", "output: lake")
    write(tmp_path, "events")

    with pytest.raises(WrongPlace, match=r"`output` \(events: nothing; shop: lake\): run them apart, or say --output"):
        places_of_run("", "", tmp_path, None)
    assert places_of_run("", "", tmp_path, ["shop"]) == Places("lake")
    assert places_of_run("out", "", tmp_path, None) == Places("out")


def test_files_beside_a_folder_are_a_mistake(tmp_path: Path) -> None:
    write(tmp_path, "shop")

    with pytest.raises(WrongPlace, match="takes all files"):
        places_of_run("lake", "here", tmp_path, None)
