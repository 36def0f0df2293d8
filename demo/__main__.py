"""`python -m demo`: scrapes the demo site and checks what came of it. `python -m demo serve` only keeps the site up."""

import argparse
import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from demo.expected import EXPECTED, over_http
from demo.findings import differences, executions_since
from demo.report import print_next_commands, print_skipped, print_verdict
from demo.running_site import resolve_flags, running_site
from demo.site.club import MEMBER, PASSWORD
from demo.site.shop import PRICE_KEY
from pipelines.leaving import leave_in_order
from scrapers.browsing.executable import BrowserMissing, find_browser

__all__ = ["possible_sources"]

SOURCES = Path("demo") / "sources"
SECRETS = {
    "SCRAPELINE_SECRET_SHOP_API": PRICE_KEY,
    "SCRAPELINE_SECRET_CLUB_MEMBER": MEMBER,
    "SCRAPELINE_SECRET_CLUB_PASSWORD": PASSWORD,
}
INTERRUPTED = 130
END_WITHIN_SECS = 60
REPORT_SECS = 300  # three or four where nobody else works


def scrape(output: Path) -> int:
    """Runs every source of the demo; 0 when exactly the intended ones failed, for exactly the intended reasons."""
    start = dt.datetime.now(dt.UTC)
    sources = possible_sources()
    print(f"Starting the demo site on this machine, then scraping it into {output} ...", flush=True)
    with running_site() as port:
        code = _run_scrapeline(sources, port, output)
    if code == INTERRUPTED:
        return code
    executions = executions_since(output, start)
    wrong = differences(output, set(sources), executions)
    print_verdict(output, executions, wrong, (dt.datetime.now(dt.UTC) - start).total_seconds())
    reported = write_report(output)
    if not wrong:
        print_next_commands(SOURCES, output)
    return 1 if wrong or not reported else 0


def write_report(output: Path) -> bool:
    """Writes the page about all runs of the demo, as a user does; whether it is there."""
    print("\nThe report, a page for your browser:", flush=True)
    command = [sys.executable, "-m", "pipelines", "report", str(output), "--sources", str(SOURCES)]
    done = subprocess.run(command, timeout=REPORT_SECS, check=False)
    return done.returncode == 0


def possible_sources() -> list[str]:
    """All of them, or on a machine without a browser those that need none; says so then."""
    try:
        find_browser()
    except BrowserMissing as missing:
        chosen = over_http()
        print_skipped([name for name in EXPECTED if name not in chosen], str(missing))
        return chosen
    return list(EXPECTED)


def _run_scrapeline(sources: Sequence[str], port: int, output: Path) -> int:
    """The same command that a user types. Ctrl-C reaches it too, so it ends in its own way; we wait for it."""
    command = [sys.executable, "-m", "pipelines", "run", *sources, "--sources", str(SOURCES), "--output", str(output)]
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
    return {**os.environ, **SECRETS}


def serve(port: int, *, redesigned: bool) -> int:
    """Keeps the site up until Ctrl-C, to try commands on."""
    with running_site(port, redesigned=redesigned) as taken:
        print("The demo site is up until Ctrl-C. Commands of scrapeline reach its hosts with these options:\n")
        for name, value in SECRETS.items():
            print(f"  export {name}={value}")
        print(f"  HOSTS='{' '.join(resolve_flags(taken))}'")
        print(f"  .venv/bin/scrapeline try shop --fresh --sources {SOURCES} $HOSTS")
        print("\nEvents: the first in one terminal (after the lines above), the others in another:\n")
        print(f"  .venv/bin/scrapeline run --streaming --spool events --sources {SOURCES} $HOSTS")
        print("  .venv/bin/scrapeline events publish scrape.requested books --spool events")
        print("  .venv/bin/scrapeline events listen --spool events", flush=True)
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
    parser.add_argument("--redesigned", action="store_true", help="serve: the lamp shop has been redesigned overnight")
    arguments = parser.parse_args()
    return (
        serve(arguments.port, redesigned=arguments.redesigned)
        if arguments.what == "serve"
        else scrape(arguments.output)
    )


if __name__ == "__main__":
    leave_in_order(main())
