"""A person is forgotten: rows, letters and pages are gone, others stay, and nothing brings the person back."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pipelines.cli import cli
from pipelines.dead_letters.replay_files import SentBack
from pipelines.forget import erasure
from pipelines.forget.folder_records import FolderRecords
from pipelines.preparation import CannotPrepare
from schemas.page import Page
from schemas.request import Request
from scrapers.archive.redaction import Redactor
from scrapers.archive.warc_reader import BrokenRecord, read_pages
from scrapers.archive.warc_writer import WarcWriter

PEOPLE = {"1": ("Ann", "Bob"), "2": ("Cid",), "3": ("Ann",), "4": ("Dee",)}


def members(wanted: str) -> str:
    names = PEOPLE.get(wanted[-1], ())
    broken = "<b id='' who='Ann'>refused</b>" if wanted[-1] == "4" else ""
    return "".join(f"<b id='{name}' who='{name}@x.test'>{name} of {wanted[-1]}</b>" for name in names) + broken


FIELDS = {
    "sku": {"css": "::attr(id)", "required": True},
    "title": {"css": "::text"},
    "mail": {"css": "::attr(who)", "personal": "hash"},
}


@pytest.fixture
def run(project_of_runs: Any, site: Any, write_source: Any) -> Any:
    """A run over four pages: Ann on two of them, a second time as a duplicate that was left out, and in a letter."""
    write_source(pages=4, fields=FIELDS, checks={"max_dead": 0.9})
    opened = site(members)
    project_of_runs.scrape(opened.resolve[0] + "=" + opened.resolve[1], "--run_id=first")
    return project_of_runs


def forget(run: Any, *words: str) -> Result:
    given = ["forget", "shop", "--sources", str(run.sources), "--output", str(run.output), *words]
    return CliRunner().invoke(cli, given, catch_exceptions=False)


def kept(run: Any) -> bytes:
    """Every byte of the output's records and pages."""
    parts = [json.dumps(run.records(kind), default=str).encode() for kind in ("rows", "dead_letters")]
    parts += [gzip.decompress(path.read_bytes()) for path in (run.output / "archive").iterdir()]
    return b"".join(parts)


def names(run: Any) -> list[str]:
    return sorted(row["sku"] for row in run.records("rows"))


def test_a_person_is_gone_and_others_stay(run: Any, again: Any) -> None:
    before = {path: path.stat().st_size for path in (run.output / "archive").iterdir()}
    assert names(run) == ["Ann", "Bob", "Cid", "Dee"]

    done = forget(run, "--key", "Ann", "--yes")

    assert done.exit_code == 0, done.output
    assert "1 rows of shop.items" in done.output
    assert "2 archived pages" in done.output  # the second, whose row was a duplicate, too
    assert "1 rows of others came from the same pages" in done.output
    assert "Ann" not in done.output
    assert names(run) == ["Bob", "Cid", "Dee"]
    assert b"Ann of" not in kept(run)
    assert {path: path.stat().st_size for path in (run.output / "archive").iterdir()} == before
    for path in before:
        with path.open("rb") as stream:
            assert not [one for one in read_pages(stream, path.name) if isinstance(one, BrokenRecord)]
    assert forget(run, "--key", "Ann", "--yes").output.endswith("Nothing was removed.\n")

    [execution] = again().executions
    assert execution["holds"]
    assert "Ann" not in names(run)
    with pytest.raises(CannotPrepare, match="forget"):
        run.scrape("--resume=first")


def test_by_a_column_that_is_hashed(run: Any) -> None:
    done = forget(run, "--key", "mail=Cid@x.test", "--yes")

    assert "1 rows of shop.items" in done.output
    assert names(run) == ["Ann", "Bob", "Dee"]
    assert b"Cid of" not in kept(run)


def test_letters_of_the_person_go_and_others_stay(run: Any) -> None:
    assert len(run.records("dead_letters")) == 1
    done = forget(run, "--key", "title=refused", "--yes")

    assert "no rows" in done.output
    assert "1 dead letters" in done.output
    assert run.records("dead_letters") == []
    assert names(run) == ["Ann", "Bob", "Cid", "Dee"]
    assert b"refused" not in kept(run)


def test_all_conditions_must_hold(run: Any) -> None:
    assert "no rows" in forget(run, "--key", "Ann", "--key", "title=Bob of 1", "--yes").output
    assert "1 rows" in forget(run, "--key", "Ann", "--key", "title=Ann of 1", "--dry-run").output


def test_a_dry_run_changes_nothing_and_a_no_is_a_no(run: Any) -> None:
    before = kept(run)
    assert "(--dry-run)" in forget(run, "--key", "Ann", "--dry-run").output
    assert CliRunner().invoke(cli, ["forget", "shop", "--sources", str(run.sources), "--output", str(run.output),
                                    "--key", "Ann"], input="n\n").exit_code == 1  # fmt: skip
    assert kept(run) == before


def test_a_legal_hold_keeps_everything(run: Any) -> None:
    (run.output / "legal-hold").write_text("case 12/2026")

    done = forget(run, "--key", "Ann", "--yes")

    assert (done.exit_code, names(run)) == (1, ["Ann", "Bob", "Cid", "Dee"])
    assert "case 12/2026" in done.output


@pytest.mark.parametrize("place", ["in the archive", "before the letters", "before the rows"])
def test_after_a_crash_the_same_command_finishes(run: Any, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    def crash(*_arguments: Any) -> Any:
        raise OSError("power cut")

    def half(path: str, parts: dict[int, bytes]) -> None:
        with open(path, "r+b") as file:
            offset, data = next(iter(parts.items()))
            file.seek(offset)
            file.write(data[: len(data) // 2])
        crash()

    with monkeypatch.context() as patch:
        if place == "in the archive":
            patch.setattr(erasure, "_overwrite", half)
        else:
            patch.setattr(FolderRecords, "remove_letters" if place == "before the letters" else "remove_rows", crash)
        with pytest.raises(OSError, match="power cut"):
            forget(run, "--key", "Ann", "--yes")
    assert "Ann" in names(run)

    assert forget(run, "--key", "Ann", "--yes").exit_code == 0

    assert names(run) == ["Bob", "Cid", "Dee"]
    assert b"Ann of" not in kept(run)
    assert not list((run.output / ".scrapeline").rglob("forget-*"))
    [path] = (run.output / "archive").iterdir()
    with path.open("rb") as stream:
        assert not [one for one in read_pages(stream, path.name) if isinstance(one, BrokenRecord)]


def test_what_a_broken_off_run_had_archived_is_looked_through(run: Any, tmp_path: Path) -> None:
    folder = run.output / ".scrapeline" / "runs" / "second" / "attempt-1"
    folder.mkdir(parents=True)
    url = "http://shop.test/p/1"
    writer = WarcWriter((folder / "archive__second-a1-0.warc.gz").open("wb"), "second-a1-0.warc.gz", Redactor())
    writer.add(Page(Request("shop", url, "e"), 200, url, (("Content-Type", "text/html"),), members("1").encode(), 1.0))
    writer.close()
    (folder / "rows__x.parquet").write_bytes(b"unpublished")

    forget(run, "--key", "Ann", "--yes")

    assert b"Ann" not in gzip.decompress((folder / "archive__second-a1-0.warc.gz").read_bytes())
    assert not (folder / "rows__x.parquet").exists()


def test_a_replay_that_broke_off_does_not_bring_the_person_back(run: Any) -> None:
    runs = run.output / ".scrapeline" / "runs"
    for name, item in (("of-ann", {"sku": "Ann"}), ("of-bob", {"sku": "Bob"})):
        request = Request("shop", "http://shop.test/d/1", "e", item=item)
        (runs / name / "replay").mkdir(parents=True)
        (runs / name / "attempt-1-plan.json").write_text("[]")
        (runs / name / "replay" / "e.jsonl").write_bytes(SentBack(request, ()).to_line())

    forget(run, "--key", "Ann", "--yes")

    assert not list((runs / "of-ann" / "replay").iterdir())
    assert (runs / "of-ann" / "forgotten").exists()
    assert list((runs / "of-bob" / "replay").iterdir())
    assert not (runs / "of-bob" / "forgotten").exists()


def test_pages_that_are_elsewhere_are_said(run: Any) -> None:
    [path] = (run.output / "archive").iterdir()
    path.rename(run.folder / path.name)

    done = forget(run, "--key", "Ann", "--yes")

    assert done.exit_code == 1
    assert f"NOT removed: pages in {path.name}" in done.output
    assert names(run) == ["Bob", "Cid", "Dee"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--key", "nothing=1"], "keeps no column 'nothing'"),
        (["--key", "phone=1"], "keeps no column 'phone'"),  # it is `personal: drop`
        (["--key", "price=cheap"], "is no value of"),
    ],
)
def test_what_cannot_be_looked_for_is_said(run: Any, write_source: Any, words: list[str], said: str) -> None:
    fields = {"phone": {"css": "i", "personal": "drop"}, "price": {"css": "i", "type": "integer"}}
    write_source(pages=4, fields={**FIELDS, **fields})

    done = forget(run, *words, "--yes")

    assert done.exit_code == 2
    assert said in done.output
