"""The history of a source is found in the log, however many others there are; a log that is broken stops no run."""

import dataclasses
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from pipelines import history
from pipelines.history import with_history
from pipelines.places import Places
from schemas.execution import Execution
from schemas.history import History
from schemas.plan import Plan
from scrapers.source_files.load import SourceSet, load_sources
from transforms.letter_files import write_execution
from transforms.output_layout import OutputLayout

DAY = 86_400.0
NOW = 1_000 * DAY
SHOP = {
    "source": "shop",
    "table": "shop.items",
    "pages": {
        "listing": {"fields": {"sku": {"css": "b"}}, "follow": {"to": "detail", "url": {"css": "a::attr(href)"}}},
        "detail": {"fields": {"sku": {"css": "b"}, "price": {"css": "i"}}},
    },
}


@pytest.fixture
def sources(tmp_path: Path) -> SourceSet:
    folder = tmp_path / "sources"
    folder.mkdir()
    for name in ("shop", "other"):
        source = {**SHOP, "source": name, "table": f"{name}.items"}
        (folder / f"{name}.yaml").write_text("".join(f"{key}: {json.dumps(value)}\n" for key, value in source.items()))
    return load_sources(folder)


def wrote(folder: Path, days: float, source: str = "shop", extension: str = "parquet", **more: Any) -> None:
    """An execution, so many days before now."""
    named: dict[str, Any] = {
        "execution_id": f"{source}{days:g}", "run_id": "run", "source": source, "status": "success", "condition": "",
        "reasons": (), "holds": True, "attempt": 1, "started_at": NOW - days * DAY, "ended_at": NOW, "rows": 100,
        "coverage": {}, "notes": {}, "archive_path": "archive", "params": {},
        "fields": {"price": {"rows": 100, "present": 90, "refused": 0}},
    }  # fmt: skip
    for field in dataclasses.fields(Execution):
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            named.setdefault(field.name, {} if field.name.endswith("by_reason") else "" if field.type is str else 0)
    write_execution(OutputLayout(str(folder), "run", 1), Execution(**{**named, **more}), extension)


def history_of(folder: Path, sources: SourceSet, **more: Any) -> History:
    plan = Plan("now", "run", "shop", 1, NOW, **more)
    [planned] = with_history([plan], sources, Places(str(folder)))
    kept = json.loads(json.dumps(dataclasses.asdict(planned)))["history"]  # as a worker reads it from the plan
    return History(**kept)


@pytest.mark.parametrize("extension", ["parquet", "jsonl"])
def test_earlier_runs_of_the_source_and_of_no_other(tmp_path: Path, sources: SourceSet, extension: str) -> None:
    wrote(tmp_path, 1, extension=extension)
    wrote(tmp_path, 2, "other", extension, rows=1)
    wrote(tmp_path, 3, extension=extension, rows=80)

    found = history_of(tmp_path, sources)

    assert (found.runs, found.rows) == (2, 80)
    assert found.fields["price"] == {"share": 0.9, "items": 100, "runs": 2}
    assert found.read_on == {"sku": "listing", "price": "detail"}


@pytest.mark.parametrize(
    "other",
    [
        {"params": {"n": "1..2"}}, {"reparse_of": "e0"}, {"replay_of": "e0"}, {"execution_id": "now"},
        {"limited_to": "urls"},
    ],
    ids=str,
)  # fmt: skip
def test_runs_of_another_kind_do_not_count(tmp_path: Path, sources: SourceSet, other: dict[str, Any]) -> None:
    wrote(tmp_path, 2)
    wrote(tmp_path, 1, rows=1, **{"execution_id": "other", **other})

    assert history_of(tmp_path, sources).rows == 100


def test_runs_with_the_same_parameters_count(tmp_path: Path, sources: SourceSet) -> None:
    wrote(tmp_path, 2, params={"n": [1, 2]}, rows=7)
    wrote(tmp_path, 1)

    assert history_of(tmp_path, sources, params={"n": (1, 2)}).rows == 7


def test_a_reparse_or_replay_is_compared_with_nothing(tmp_path: Path, sources: SourceSet) -> None:
    wrote(tmp_path, 1)
    plan = Plan("now", "run", "shop", 1, NOW, replay_of="e0")

    [planned] = with_history([plan], sources, Places(str(tmp_path)))

    assert planned == plan


def test_a_source_s_runs_are_found_behind_many_of_others(
    tmp_path: Path, sources: SourceSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_LOOK_BACK", (5, 100))
    for days in range(1, 4):
        wrote(tmp_path, 500 + days)
    for number in range(20):
        wrote(tmp_path, 1 + number / 1000, "other")

    assert history_of(tmp_path, sources).runs == 3


def test_a_log_that_cannot_be_read_is_no_history_and_no_failure(
    tmp_path: Path, sources: SourceSet, caplog: pytest.LogCaptureFixture
) -> None:
    wrote(tmp_path, 1)
    (tmp_path / "executions" / "cut-a1.parquet").write_bytes(b"PAR1")

    with caplog.at_level(logging.WARNING):
        found = history_of(tmp_path, sources)

    assert found == History()
    assert "cannot be told" in caplog.text
