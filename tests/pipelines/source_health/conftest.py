"""An output folder with an execution log of the test's own, and the sources that it is of."""

import dataclasses
import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines.cli import cli

HOUR = 3600.0


@dataclasses.dataclass
class Desk:
    """A folder in which commands are given; `now` is the moment of its making."""

    folder: Path
    now: float

    def source(self, name: str, **more: object) -> None:
        """Writes a source file."""
        source = {"source": name, "table": f"t.{name}", "seeds": {"urls": ["http://a.test/"]}, **more}
        lines = [f"{key}: {json.dumps(value)}\n" for key, value in (source | {"fields": {"t": {"css": "h1"}}}).items()]
        (self.folder / "sources" / f"{name}.yaml").write_text("".join(lines))

    def ran(self, name: str, status: str, *hours_ago: float, **more: object) -> None:
        """Executions that ended so many hours ago, each after a minute."""
        folder = self.folder / "out" / "executions"
        folder.mkdir(parents=True, exist_ok=True)
        for hours in hours_ago:
            ended = self.now - hours * HOUR
            record = {
                "execution_id": f"{name}-{hours}", "source": name, "status": status, "attempt": 1,
                "started_at": _iso(ended - 60), "ended_at": _iso(ended), "condition": "", "rows": 0,
                "reasons": ["no rows (nothing was found)"] if status == "failed" else [],
                "dead_by_reason": "{}", "dropped_by_reason": "{}", **more,
            }  # fmt: skip
            (folder / f"{record['execution_id']}.jsonl").write_text(json.dumps(record) + "\n")

    def say(self, *words: str) -> Result:
        """Gives a command."""
        result = CliRunner().invoke(cli, list(words))
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    def at(self, hours: float) -> str:
        """The option that asks about a moment so many hours from now."""
        return f"--at={_iso(self.now + hours * HOUR)}"


def _iso(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + "Z"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    (tmp_path / "sources").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return Desk(tmp_path, float(int(time.time())))
