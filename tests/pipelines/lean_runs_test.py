"""Many earlier runs in little memory."""

import dataclasses
import json
from typing import Any

from pipelines.lean_runs import Same, lean
from schemas.history import PastRun, history_of

NOW = 1_000_000.0


def page_type(number: int, **more: Any) -> dict[str, Any]:
    sample = {"url": f"https://shop.example/{number}", "digest": "sha1:A", "file": f"{number}.warc.gz", "offset": 1}
    counts = {"items": 30, "led_to": 0, "pages": 1, "rows": 30, "sampled": 1, "like_before": None}
    return {**counts, "skeleton": ["ul>li", f"li.x{number}"], "sample": sample, **more}


def run_of(number: int, **more: Any) -> PastRun:
    """As it is read: nothing of it is another's."""
    values: dict[str, Any] = {
        "fields": {"price": {"present": 30, "refused": 0, "rows": 30}},
        "page_types": {"": page_type(number)},
    }
    values = {"params": {}, "drift": [], **values, **more}
    read = {name: json.loads(json.dumps(value)) for name, value in values.items()}
    return PastRun(f"e{number}", NOW - 1_000 + number, rows=30, **read)


def skeletons(runs: list[PastRun]) -> list[str]:
    """Execution ids of those that have one."""
    return [run.execution_id for run in runs if any(kept["skeleton"] for kept in run.page_types.values())]


def own_objects(runs: list[PastRun]) -> int:
    """How many different mappings and lists are in runs."""
    seen: set[int] = set()

    def look(value: Any) -> None:
        if isinstance(value, dict | list):
            seen.add(id(value))
            for inner in value.values() if isinstance(value, dict) else value:
                look(inner)

    for run in runs:
        for field in dataclasses.fields(run):
            look(getattr(run, field.name))
    return len(seen)


def test_what_a_run_adds_does_not_stay_but_for_the_run_itself() -> None:
    for more in ({}, {"limited_to": "urls"}):
        few, many = (lean([run_of(number, **more) for number in range(count)], Same()) for count in (10, 500))
        assert own_objects(many) == own_objects(few)


def test_histories_are_what_they_were() -> None:
    runs = [
        run_of(1, page_types={"": page_type(1), "detail": page_type(1)}),
        run_of(2, params={"city": "Oslo"}),
        run_of(3, status="failed"),
        run_of(4, page_types={"": page_type(4, sample=None, like_before=0.5)}),
        run_of(5, limited_to="urls", drift=[{"what": "field", "name": "price", "since": {"at": 1}}]),
        run_of(6, condition="degraded"),
        run_of(7, fields={"price": {"present": 20, "refused": 1, "rows": 30}}),
        run_of(8, limited_to="limit 1", page_types={"": page_type(8, pages=0)}),
    ]
    for last in range(1, len(runs) + 1):
        for params in ({}, {"city": "Oslo"}):
            before, after = (
                history_of([run for run in some if run.params == params], NOW, {"price": ""})
                for some in (runs[:last], lean(runs[:last], Same()))
            )
            assert before == after
    assert lean(lean(runs, Same()), Same()) == lean(runs, Same())


def test_only_the_last_well_run_of_the_same_parameters_has_what_a_page_is_built_of() -> None:
    runs = [run_of(1), run_of(2, params={"page": "2"}), run_of(3), run_of(4, limited_to="urls")]
    assert skeletons(lean(runs, Same())) == ["e2", "e3"]
