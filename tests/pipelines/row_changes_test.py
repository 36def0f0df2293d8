"""What changed between rows, whatever kind of file they stand in."""

from typing import Any

import pytest


def page(wanted: str) -> str:
    return "".join(
        f"<b id='{wanted[-1]}{n}' n='{n}' f='{n}.5' d='2026-01-0{n + 1}'><i>{n}</i><i>x</i><u>{n}</u></b>"
        for n in range(3)
    )


def fields(**more: Any) -> dict[str, Any]:
    return {
        "sku": {"css": "::attr(id)", "required": True},
        "whole": {"css": "::attr(n)", "type": "integer"},
        "part": {"css": "::attr(f)", "type": "float"},
        "exact": {"css": "::attr(f)", "type": "numeric"},
        "day": {"css": "::attr(d)", "type": "date"},
        "many": {"css": "i", "list": True},
        "maybe": {"css": "q"},
        "was": {"css": "u"},
        **more,
    }


@pytest.mark.parametrize(("first", "then"), [("parquet", "json"), ("json", "parquet"), ("parquet", "parquet")])
def test_values_that_are_the_same_in_another_file_have_not_changed(
    project_of_runs: Any, site: Any, write_source: Any, again: Any, first: str, then: str
) -> None:
    run = project_of_runs
    write_source(pages=2, fields=fields())
    opened = site(page)
    run.scrape(opened.resolve[0] + "=" + opened.resolve[1], f"--format={first}")
    write_source(
        pages=2, fields=fields(maybe={"css": "u"}, was={"css": "q"}, many={"css": "i:last-child", "list": True})
    )

    [changes] = again(file_format=then).changes

    assert (changes.before, changes.after, changes.changed, changes.added, changes.lost) == (6, 6, 6, 0, 0)
    counts = {name: (one.changed, one.filled, one.emptied) for name, one in changes.fields.items()}
    assert counts.pop("maybe") == (0, 6, 0)
    assert counts.pop("was") == (0, 0, 6)
    assert set(counts) <= {"many"}
    sample = changes.samples["changed"][0]
    assert sample.fields["maybe"] in ((None, "0"), (None, "1"), (None, "2"))
    assert sample.url.startswith("http://shop.test/p/")
