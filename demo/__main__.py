"""`python -m demo`: scrapes the demo site and checks what came of it. `python -m demo serve` only keeps the site up."""

import argparse
import datetime as dt
import os
import subprocess
import sys
import time
from pathlib import Path

from demo.expected import EXPECTED
from demo.findings import differences, executions_since
from demo.report import print_next_commands, print_verdict
from demo.running_site import resolve_flags, running_site
from demo.site.shop import PRICE_KEY

__all__: list[str] = []

SOURCES = Path("demo") / "sources"
INTERRUPTED = 130
END_WITHIN_SECS = 60


def scrape(output: Path) -> int:
    """Runs every source of the demo; 0 when exactly the intended one failed, for exactly the intended reasons."""
    start = dt.datetime.now(dt.UTC)
    print(f"Starting the demo site on this machine, then scraping it into {output} ...", flush=True)
    with running_site() as port:
        code = _run_scrapeline(port, output)
    if code == INTERRUPTED:
        return code
    executions = executions_since(output, start)
    wrong = differences(output, executions)
    print_verdict(output, executions, wrong, (dt.datetime.now(dt.UTC) - start).total_seconds())
    if not wrong:
        print_next_commands(SOURCES, output)
    return 1 if wrong else 0


def _run_scrapeline(port: int, output: Path) -> int:
    """The same command that a user types. Ctrl-C reaches it too, so it ends in its own way; we wait for it."""
    command = [sys.executable, "-m", "pipelines", "run", *EXPECTED, "--sources", str(SOURCES), "--output", str(output)]
    run = subprocess.Popen([*command, *resolve_flags(port)], env=_environment())
    try:
        return run.wait()
    except KeyboardInterrupt:
        try:
            run.wait(END_WITHIN_SECS)
        except (KeyboardInterrupt, subprocess.TimeoutExpired):
            run.kill()
            run.wait()
        return INTERRUPTED


def _environment() -> dict[str, str]:
    return {**os.environ, "SCRAPELINE_SECRET_SHOP_API": PRICE_KEY}


def serve(port: int) -> int:
    """Keeps the site up until Ctrl-C, to try commands on."""
    with running_site(port) as taken:
        print("The demo site is up until Ctrl-C. Commands of scrapeline reach its hosts with these options:\n")
        print(f"  export SCRAPELINE_SECRET_SHOP_API={PRICE_KEY}")
        print(f"  HOSTS='{' '.join(resolve_flags(taken))}'")
        print(f"  .venv/bin/scrapeline try shop --fresh --sources {SOURCES} $HOSTS", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("scrape", "serve"), default="scrape")
    parser.add_argument("--output", type=Path, default=Path("out") / "demo", help="folder for what is scraped")
    parser.add_argument("--port", type=int, default=0, help="of the site that is served; 0 takes a free one")
    arguments = parser.parse_args()
    return serve(arguments.port) if arguments.what == "serve" else scrape(arguments.output)


if __name__ == "__main__":
    sys.exit(main())
