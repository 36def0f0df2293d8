"""The end of a run says why things failed, without a file to open."""

import dataclasses
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pipelines.console import print_summary
from pipelines.letter_examples import letter_examples
from schemas.dead_letter import DeadLetter
from schemas.fetch_modes import FetchCounts
from schemas.reasons import Dead
from schemas.request import Request
from transforms import filesystem
from transforms.letter_files import open_letter_file
from transforms.output_layout import OutputLayout


def letter(number: int, message: str) -> DeadLetter:
    request = Request("shop", f"http://shop.test/{number}", "e1")
    return DeadLetter("parse", Dead.PARSE_ERROR, request, message, url=request.url)


@pytest.mark.parametrize("extension", ["parquet", "jsonl"])
def test_the_most_frequent_failures_stand_for_all(tmp_path: Path, extension: str):
    layout = OutputLayout(str(tmp_path), "run", 1)
    letters = [letter(1, "odd"), *(letter(number, "no column `G`") for number in range(2, 5))]
    file = open_letter_file(layout, letters[0], extension)
    for each in letters:
        file.add(each)
    _, written = file.close()
    filesystem.publish(written.temporary, written.final)

    assert letter_examples([written.final]) == [
        {"reason": "parse_error", "message": "no column `G`", "url": "http://shop.test/2", "count": 3},
        {"reason": "parse_error", "message": "odd", "url": "http://shop.test/1", "count": 1},
    ]
    assert letter_examples([]) == []


def test_the_summary_says_how_many_pages_were_rendered_and_why():
    execution: dict[str, Any] = {
        "source": "shop",
        "status": "success",
        "condition": "",
        "pages": 300,
        "pages_rendered": 28,
        "rows": 300,
        "dead_by_reason": "{}",
        "dropped_by_reason": "{}",
        "execution_id": "e1",
        "reasons": [],
        "fetch_modes": json.dumps({"detail": {"mode": "http", **dataclasses.asdict(FetchCounts(272, 28, 30, 2, 270))}}),
    }
    said = io.StringIO()

    print_summary(Console(file=said, width=4000, highlight=False), [execution], 1.0)

    assert re.search(r"300 +28 +300", said.getvalue())
    assert "  shop: detail: auto: 270 of 300 pages were enough over HTTP, 28 came from the browser" in said.getvalue()


def test_the_summary_quotes_them_under_the_source():
    execution: dict[str, Any] = {
        "source": "shop",
        "status": "failed",
        "condition": "",
        "pages": 4,
        "rows": 0,
        "dead_by_reason": '{"parse_error": 3}',
        "dropped_by_reason": "{}",
        "execution_id": "e1",
        "reasons": ["check max_dead: 3 dead letters for 0 rows"],
        "letter_examples": [
            {"reason": "parse_error", "message": "no column `G`\n[b]", "url": "http://shop.test/2", "count": 3}
        ],
    }
    said = io.StringIO()

    print_summary(Console(file=said, width=4000, highlight=False), [execution], 1.0)

    assert "    3 x parse_error: no column `G` [b] (http://shop.test/2)\n" in said.getvalue()
