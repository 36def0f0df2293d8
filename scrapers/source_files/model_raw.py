"""The `raw` section of a source file: what it takes of scrapers that ran elsewhere."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from scrapers.source_files.model_fields import Keys, Names

__all__ = ["Raw", "RawFormat"]

RawFormat = Literal["auto", "warc", "json", "ndjson"]


class Raw(Keys):
    """Raw output of scrapers that ran elsewhere; an event `scraper.complete` says where it is."""

    scrapers: Names | None = Field(
        None, description="the `scraper_name`s whose output this source takes; default: the source's own name."
    )
    format: RawFormat = Field(
        "auto",
        description="plain or gzip: `ndjson` is one record a line, `json` one document, `warc` archived pages; `auto` "
        "goes by the file's ending and first bytes.",
    )
    page: str | None = Field(None, description="the page type that reads it; default: the first.")
    within: Names | None = Field(
        None,
        description="the only folders that events may name files of, e.g. gs://bucket/raw or /data/raw (of the machine "
        "that reads them); default: any bucket, and no file of the machine.",
    )
