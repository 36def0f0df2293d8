"""What a flex template starts: the streaming pipeline where a subscription is named, else the batch pipeline."""

import sys

from pipelines.scrape import end, log_to_stderr


def main() -> int:
    """Runs the one that the command line means; returns its exit status."""
    if any(flag.partition("=")[0] == "--subscription" for flag in sys.argv[1:]):
        from pipelines.engines.stream import main as run
    else:
        from pipelines.scrape import main as run
    return run()


if __name__ == "__main__":
    log_to_stderr()
    end(main())
