"""Sources that fail: how each is, what people decided about it, and which are left out of a run."""
