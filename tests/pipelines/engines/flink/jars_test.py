"""What is said when Flink cannot be run here."""

from pathlib import Path

import apache_beam
import pytest

from pipelines.engines.flink import jars


def script(folder: Path, name: str, says: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{says}\n")
    path.chmod(0o755)


@pytest.fixture
def nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH; no jars were brought."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(jars, "ENGINES", tmp_path / "engines")
    return tmp_path


def test_without_jars_it_is_said_how_to_get_them(nothing: Path) -> None:
    with pytest.raises(jars.FlinkMissing, match="make flink-jars"):
        jars.find_jars()


@pytest.mark.parametrize(("version", "told"), [("21.0.2", "this is 21"), ("", "there is none")])
def test_another_java_is_not_taken(version: str, told: str, nothing: Path) -> None:
    if version:
        script(nothing, "java", f"""echo 'openjdk version "{version}" 2024-01-16' >&2""")

    with pytest.raises(jars.FlinkMissing, match=told):
        jars.find_java()


def test_without_maven_no_jars_are_brought(nothing: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script(nothing, "java", """echo 'openjdk version "17.0.15" 2025-04-15' >&2""")

    assert jars.main() == 1
    assert "Flink needs: Maven" in capsys.readouterr().err


def test_jars_of_a_copy_that_broke_off_do_not_count(nothing: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script(nothing, "java", """echo 'openjdk version "17.0.15" 2025-04-15' >&2""")
    script(nothing, "mvn", "exit 1")

    assert jars.main() == 1
    with pytest.raises(jars.FlinkMissing):
        jars.find_jars()


def test_versions_that_are_mixed_are_named() -> None:
    said = jars.mixed_versions()

    assert apache_beam.__version__ in said
    assert "2.70.0" in said
    assert "2.65.0" in said
