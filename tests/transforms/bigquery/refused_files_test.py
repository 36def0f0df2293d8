"""A row that a table refuses is one letter, and the others are there; on a fake that is strict."""

import json
import re

import pytest

from schemas.ids import content_id
from schemas.written import Published
from tests.transforms.bigquery.attempts import (
    LETTERS,
    POINTER,
    Attempt,
    page_of,
    row,
    skus,
)
from transforms.bigquery import inserts


@pytest.mark.parametrize(
    ("price", "good", "bad", "field", "said"),
    [
        ("REQUIRED", 1, None, "", r"missing required field: \S*price"),
        ("DATE", None, 7, "price", "7"),
    ],
)
def test_one_bad_row_is_one_letter_and_the_others_are_there(
    tmp_path, strict, make_tables, price, good, bad, field, said
):
    make_tables(price=price)
    attempt = Attempt(tmp_path).write(page_of(row("a", good), row("b", good), row("bad", bad)))

    published = attempt.publish()

    assert published == Published(refused=1)
    assert skus(strict) == ["a", "b"]
    [dead] = strict.rows(LETTERS)
    assert (dead["stage"], dead["reason"]) == ("write", "refused_by_table")
    assert re.search(said, dead["message"], re.I)
    [problem] = json.loads(dead["problems"])
    assert problem["field"] == field
    assert json.loads(dead["item"])["sku"] == "bad"
    assert "row_id" not in json.loads(dead["item"])
    assert dead["item_number"] == 12
    assert (dead["archive_file"], dead["archive_offset"]) == (POINTER.file, POINTER.offset)
    assert (dead["request_id"], dead["page_type"]) == (content_id("http://shop.test/1"), "detail")


def test_a_personal_value_stands_in_the_letter_as_the_table_has_it(tmp_path, strict, make_tables):
    make_tables(price="REQUIRED")
    Attempt(tmp_path).write(page_of({**row("bad", None), "buyer": "hash-of-ann"})).publish()

    assert json.loads(strict.rows(LETTERS)[0]["item"])["buyer"] == "hash-of-ann"


def test_a_column_that_the_table_lost_loses_no_row_in_silence(tmp_path, strict, make_tables):
    make_tables(price="missing")

    assert Attempt(tmp_path).write(page_of(row("a"), row("b"))).publish() == Published(refused=2)
    assert ["price" in one["message"] for one in strict.rows(LETTERS)] == [True, True]
    assert skus(strict) == []


def test_a_row_that_no_insert_takes_for_its_size_is_a_letter(tmp_path, strict, make_tables, monkeypatch):
    make_tables(price="REQUIRED")
    monkeypatch.setattr(inserts, "MOST_REQUEST_BYTES", 5_000)
    large = {**row("large"), "facts": "x" * 6_000}

    assert Attempt(tmp_path).write(page_of(row("a"), row("bad", None), large)).publish() == Published(refused=2)
    assert skus(strict) == ["a"]
    assert [one["reason"] for one in strict.rows(LETTERS)] == ["refused_by_table"] * 2


def test_a_publish_that_is_repeated_after_a_refusal_counts_and_writes_the_same(tmp_path, strict, make_tables):
    make_tables(price="REQUIRED")
    attempt = Attempt(tmp_path).write(page_of(row("a"), row("bad", None))).write(page_of(row("a"), row("b")))

    first = attempt.publish()
    strict.forget_insert_ids()
    again = attempt.publish()

    assert first == again == Published(duplicates=1, refused=1)
    assert skus(strict) == ["a", "b"]
    assert len(strict.rows(LETTERS)) == 1


def test_one_that_died_among_its_inserts_leaves_out_what_is_there(tmp_path, strict, make_tables):
    make_tables(price="REQUIRED")
    attempt = Attempt(tmp_path).write(page_of(row("a"), row("bad", None), row("b")))
    attempt.publish()
    for path in tmp_path.rglob("*refused-*"):  # as if it had died before it wrote down what was refused
        path.unlink()
    strict.forget_insert_ids()

    assert attempt.publish() == Published(refused=1)
    assert skus(strict) == ["a", "b"]
    assert len(strict.rows(LETTERS)) == 1


def test_what_cannot_be_deleted_yet_is_left_out(tmp_path, strict, make_tables):
    make_tables(price="REQUIRED")
    Attempt(tmp_path).write(page_of(row("a"), row("bad", None))).publish()
    second = Attempt(tmp_path, 2).write(page_of(row("a"), row("b")))
    strict.forget_insert_ids()

    assert second.publish() == Published()
    assert skus(strict) == ["a", "b"]
