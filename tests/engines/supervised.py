"""`python -m tests.engines.supervised STOP_FILE FLAGS`: a supervisor of the small graph."""

import sys

from pipelines.engines.supervision import supervise

if __name__ == "__main__":
    sys.exit(supervise(sys.argv[2:], sys.argv[1], lambda said: print(said, flush=True), "tests.engines.small_graph"))
