"""The race against peers, and what a page costs: `python -m benchmarks`. Everything runs on this machine."""
