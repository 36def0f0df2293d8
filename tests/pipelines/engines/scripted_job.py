"""`python -m tests.pipelines.engines.scripted_job --script=FOLDER --stop_file=FILE`: plays a launcher of a job.

Each start takes the next line of FOLDER/script: an exit status, `drain` to end with 0 when the stop file is there, or
`deaf` to go on whatever happens. FOLDER/started gets a line.
"""

import argparse
import sys
import time
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--script", type=Path)
    parser.add_argument("--stop_file", type=Path)
    given, _ = parser.parse_known_args()
    with (given.script / "started").open("a") as started:
        started.write("started\n")
    count = len((given.script / "started").read_text().splitlines())
    does = (given.script / "script").read_text().split()[count - 1]
    while does in ("drain", "deaf"):
        if does == "drain" and given.stop_file.exists():
            return 0
        time.sleep(0.05)
    return int(does)


if __name__ == "__main__":
    sys.exit(main())
