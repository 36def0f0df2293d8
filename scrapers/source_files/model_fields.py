"""Selectors, fields and items of a source file: how a value is found on a page, and what it must be."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

__all__ = ["Alternative", "FieldRule", "FieldType", "From", "Items", "Keys", "Names", "Selector", "TableItems"]

From = Literal["item", "page", "url", "params", "headers", "script", "comments", "xhr"]
FieldType = Literal[
    "string", "integer", "float", "numeric", "boolean", "date", "time", "datetime", "timestamp", "bytes", "json"
]


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[list[str], BeforeValidator(_one_or_many, json_schema_input_type=str | list[str])]


class Keys(BaseModel):
    """A mapping of the file: unknown keys are mistakes, values are not guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, strict=True)


class Selector(Keys):
    """One way to a value. The kind of the item decides: HTML takes css and xpath, JSON takes jmes."""

    css: str | None = Field(
        None, description="CSS selector, relative to the item; ends in ::text or ::attr(name) as in parsel."
    )
    xpath: str | None = Field(None, description="XPath 1.0, relative to the item.")
    jmes: str | None = Field(
        None, description="JMESPath into a JSON item, or into what jsonld, microdata or script gave."
    )
    jsonld: Names | None = Field(None, description="schema.org types: the page's JSON-LD objects of one of them.")
    microdata: Names | None = Field(None, description="schema.org types: the page's microdata items of one of them.")
    opengraph: str | None = Field(None, description="an Open Graph property, e.g. og:title.")
    column: str | None = Field(None, description="a column of a table item, stacked headers joined by ' / '.")
    re: str | None = Field(
        None, description="a regular expression applied after the selector: its first group, or the whole match."
    )
    const: Any = Field(
        None, description="this value, whatever the page says; beside a selector, where that finds something."
    )
    from_: From | None = Field(
        None, alias="from", description="takes the selector's input from elsewhere than the item."
    )
    xhr: str | None = Field(
        None, description="with `from: xhr`: only answers from such URLs (`*` is anything), where there are several."
    )
    html: bool = Field(False, description="the element's inner HTML instead of its text.")


class Alternative(Selector):
    """A member of `any`: one way to a value, and what is made of it."""

    template: str | None = Field(
        None, description="a text with ${item.x}, ${params.x}; fields named in it must be declared before."
    )
    map_: dict[str, Any] | None = Field(
        None, alias="map", description="texts (quoted) and what they mean; a text not named stays as it is."
    )
    convert: Any = Field(
        None,
        description="datetime, date, time, when, duration, price, currency, number, url, text, lines, entries, "
        "replace, split, join, unique, lower, upper, or module.function; with options "
        "as a mapping, e.g. {datetime: {zone: America/New_York, format: '%I:%M%p'}} or {datetime: {find: end}} for "
        "the end of a range anywhere in a text; a list applies several in turn.",
    )


class FieldRule(Alternative):
    """A field: one selector or a chain of them, then its type and rules."""

    any_: list[Alternative] | None = Field(
        None,
        alias="any",
        description="fallback chain: the first that gives a value which can be converted counts. A member's own map "
        "and convert stand in place of the field's.",
    )
    type: FieldType = "string"
    required: bool = False
    list_: bool = Field(False, alias="list", description="every match instead of the first.")
    fields: dict[str, FieldRule] | None = Field(
        None, description="a nested record: its fields, relative to what the selector gave."
    )
    default: Any = Field(None, description="the value when nothing was found.")
    min: Any = None
    max: Any = None
    pattern: str | None = None
    enum: list[Any] | None = None
    personal: Literal["keep", "hash", "drop"] | None = None
    description: str = ""


class TableItems(Keys):
    """`items: {table: {css: "table#totals"}}`: rows of an HTML table."""

    css: str | None = None
    xpath: str | None = None


class Items(Keys):
    """What on a page is one item."""

    css: str | None = None
    xpath: str | None = None
    jmes: str | None = None
    jsonld: Names | None = None
    microdata: Names | None = None
    table: TableItems | None = None
    in_: Literal["page", "comments"] = Field(
        "page", alias="in", description="where to look: `comments` also reads HTML comments."
    )
    re: str | None = Field(
        None,
        description="a regular expression: every match in the text that the selector gives (else of the page) "
        "is an item, a text.",
    )
    split: str | None = Field(
        None,
        description="CSS: elements at which each match is cut. One begins an item that reaches to the next (headings); "
        "`br` and `hr` part two items.",
    )
    where: Selector | None = Field(None, description="only items for which this selector gives something.")
    from_: From | None = Field(None, alias="from")
    xhr: str | None = Field(None, description="with `from: xhr`: only answers from such URLs (`*` is anything).")
    any_: list[Items] | None = Field(
        None, alias="any", description="kinds of items to look for in turn: the first that the page has counts."
    )
    merge: str | None = Field(
        None,
        description="JMESPath: items of JSON for which it gives the same are one item, the first of them completed by "
        "the others (sites describe one thing twice).",
    )

    @property
    def kinds(self) -> list[Items]:
        """The kinds of `any`, or itself."""
        return self.any_ or [self]


FieldRule.model_rebuild()
Items.model_rebuild()
