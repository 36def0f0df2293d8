"""`python -m tests.engines.supervised MODULE STOP_FILE FLAGS`: a supervisor of the job that the module runs."""

import sys

from pipelines.engines.supervision import supervise

if __name__ == "__main__":
    module, stop_file, *flags = sys.argv[1:]
    sys.exit(supervise(flags, stop_file, lambda said: print(said, flush=True), module))
