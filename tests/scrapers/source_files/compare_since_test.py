from pathlib import Path

import pytest

from scrapers.source_files.load import SourceFileErrors, load_sources

SHOP = "source: shop\ntable: a.b\nfields: {t: {css: h1}}\nchecks: {compare_since: SINCE}\n"


@pytest.mark.parametrize("since", ["2026-11-22", "2026-11-22T14:00:00Z", "2026-11-22T14:00+01:00"])
def test_a_day_or_a_moment_says_since_when_runs_are_compared(tmp_path: Path, since: str) -> None:
    (tmp_path / "shop.yaml").write_text(SHOP.replace("SINCE", since))

    assert load_sources(tmp_path)["shop"].source.checks.compare_since == since


@pytest.mark.parametrize(
    ("since", "message"), [("yesterday", "expected a day (2026-11-22)"), ("2026", "expected a text; quote it")]
)
def test_anything_else_is_a_mistake_with_its_line(tmp_path: Path, since: str, message: str) -> None:
    (tmp_path / "shop.yaml").write_text(SHOP.replace("SINCE", since))

    with pytest.raises(SourceFileErrors, match=r"shop\.yaml:4: checks\.compare_since") as caught:
        load_sources(tmp_path)
    assert message in str(caught.value)
