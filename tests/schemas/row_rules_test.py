"""A column's own rules are checked before any row is."""

from schemas.row_rules import hash_personal, mistakes
from schemas.table import Column


def test_rules_that_fit_their_column_are_no_mistakes() -> None:
    assert mistakes(Column("n", "integer", min=0, max="5", enum=(1, "2"))) == []
    assert mistakes(Column("s", min=1, max=3, pattern="a+", enum=("a",))) == []
    assert mistakes(Column("d", "date", min="2026-01-01")) == []
    assert mistakes(Column("l", "date", repeated=True, max=3)) == []


def test_each_rule_that_does_not_fit_is_named_with_what_was_expected() -> None:
    assert [key for key, _ in mistakes(Column("n", "integer", min="low", max=1.5, enum=("x",)))] == [
        "min",
        "max",
        "enum",
    ]
    assert [key for key, _ in mistakes(Column("s", min=-1, max="long", pattern="("))] == ["min", "max", "pattern"]
    assert [key for key, _ in mistakes(Column("j", "json", min=1))] == ["min"]


def test_hashes_of_personal_values_depend_on_the_key_only() -> None:
    assert hash_personal("ada") == hash_personal("ada") != hash_personal("ada", b"key")
