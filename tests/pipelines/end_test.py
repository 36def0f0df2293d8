"""How the process of a run ends."""

import subprocess
import sys
from pathlib import Path

import pytest

ENDS = """
import atexit
from pipelines.scrape import end

class Left:
    def __del__(self):
        print("the interpreter was taken apart")

left = Left()
atexit.register(print, "what was to be done at the end is done")
print("executions")
end({status})
"""


@pytest.mark.parametrize("status", [0, 1])
def test_a_run_ends_without_taking_the_interpreter_apart_under_native_threads(project: Path, status: int) -> None:
    code = ENDS.format(status=status)
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, timeout=60)

    assert done.returncode == status
    assert done.stdout == "executions\nwhat was to be done at the end is done\n"
