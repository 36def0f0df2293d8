from pathlib import Path

import pytest

from schemas.execution import Execution
from schemas.fetch_modes import FetchCounts
from schemas.plan import Plan
from schemas.tally import Tally
from schemas.written import Published
from transforms.close_execution import close_execution
from transforms.fetch_modes import keep_fetch_modes, kept_modes


def execution(won: int) -> Execution:
    tally = Tally(fetched={"detail": FetchCounts(http=1, browser=won, http_in_vain=won, enough=1, won=won)})
    return close_execution(
        Plan("e1", "run", "shop", 1, 1.0, auto_modes={"detail": "http"}), tally, [], Published(), 2.0
    )


def test_the_next_run_begins_as_the_last_one_found_best(tmp_path: Path) -> None:
    keep_fetch_modes(str(tmp_path), execution(won=30))
    assert kept_modes(str(tmp_path), "shop") == {"detail": "browser"}

    keep_fetch_modes(str(tmp_path), execution(won=1))
    assert kept_modes(str(tmp_path), "shop") == {"detail": "http"}
    assert [path.name for path in (tmp_path / ".scrapeline" / "fetch_modes").iterdir()] == ["shop.json"]


@pytest.mark.parametrize("kept", [None, b"", b"{", b"[]", b'{"page_types": {"detail": {"mode": "magic"}}}', b"\xff"])
def test_a_file_that_is_missing_or_broken_is_no_error(tmp_path: Path, kept: bytes | None) -> None:
    keep_fetch_modes(str(tmp_path), execution(won=30))
    [file] = (tmp_path / ".scrapeline" / "fetch_modes").iterdir()
    file.unlink() if kept is None else file.write_bytes(kept)

    assert kept_modes(str(tmp_path), "shop") == {}


def test_a_file_that_cannot_be_written_does_not_fail_the_run(tmp_path: Path) -> None:
    (tmp_path / ".scrapeline").write_bytes(b"in the way")

    keep_fetch_modes(str(tmp_path), execution(won=30))


def test_a_source_without_a_browser_keeps_nothing(tmp_path: Path) -> None:
    plain = close_execution(
        Plan("e1", "run", "shop", 1, 1.0), Tally(fetched={"": FetchCounts(http=1)}), [], Published(), 2.0
    )

    keep_fetch_modes(str(tmp_path), plain)

    assert list(tmp_path.iterdir()) == []
