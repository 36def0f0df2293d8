"""Dead letters as rows."""

import json

import pyarrow as pa

from schemas.dead_letter import DeadLetter
from schemas.dead_letter_table import DEAD_LETTER_SCHEMA, letter_record
from schemas.page import ArchivePointer
from schemas.reading import FieldProblem
from schemas.reasons import Dead
from schemas.request import Request
from schemas.request_json import request_from_json

REQUEST = Request("shop", "https://shop.test/1", "exec", item={"sku": "A1"})


def stored(letter: DeadLetter, **options: object) -> dict[str, object]:
    record = letter_record(letter, **options)  # type: ignore[arg-type]
    [row] = pa.Table.from_pylist([record], schema=DEAD_LETTER_SCHEMA).to_pylist()
    assert list(record) == DEAD_LETTER_SCHEMA.names
    return row  # type: ignore[no-any-return]


def test_a_refused_item_keeps_every_bad_field_and_restores_its_request() -> None:
    letter = DeadLetter(
        "validate",
        Dead.INVALID_ITEM,
        REQUEST,
        item={"sku": None},
        item_number=4,
        problems=[FieldProblem("sku", "required", "a value is required"), FieldProblem("n", "type", "a number", "x")],
        archived=ArchivePointer("a.warc.gz", 12, "sha1:X"),
        screenshot=ArchivePointer("a.warc.gz", 90, "sha1:Z"),
        failed_at=1.5,
    )

    row = stored(letter, schema_version="v1")

    assert [problem["rule"] for problem in json.loads(str(row["problems"]))] == ["required", "type"]
    assert (row["item"], row["item_number"], row["reason"]) == ('{"sku":null}', 4, "invalid_item")
    assert (row["archive_file"], row["archive_offset"]) == ("a.warc.gz", 12)
    assert (row["screenshot"], row["screenshot_offset"]) == ("a.warc.gz", 90)
    assert row["first_failed_at"] == row["failed_at"]
    assert request_from_json(str(row["request"])) == REQUEST


def test_a_dead_request_keeps_the_item_that_it_carried() -> None:
    row = stored(DeadLetter("scrape", Dead.TIMEOUT, REQUEST))

    assert (row["item"], row["item_number"], row["url"]) == ('{"sku":"A1"}', None, REQUEST.url)
    assert row["archive_file"] is row["screenshot"] is row["screenshot_offset"] is None


def test_secrets_are_taken_out_of_whatever_quotes_them() -> None:
    letter = DeadLetter.of_error("parse", Dead.PARSE_ERROR, REQUEST, ValueError("key hunter2 refused"))
    letter.problems.append(FieldProblem("a", "type", "m", "hunter2"))
    letter.item = {"a": "hunter2"}

    row = stored(letter, redact=lambda text: text.replace("hunter2", "[redacted]"))

    assert "hunter2" not in str(row)


def test_text_that_no_table_holds_is_escaped() -> None:
    letter = DeadLetter("parse", Dead.PARSE_ERROR, REQUEST, message="\ud800", url="\udfff")
    letter.problems.append(FieldProblem("\ud800", "type", "m"))

    assert stored(letter)["message"] == "\\ud800"


def test_every_column_is_described() -> None:
    assert all(field.metadata[b"description"] for field in DEAD_LETTER_SCHEMA)
