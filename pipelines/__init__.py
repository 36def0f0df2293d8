"""Wiring and entry points: the command line, and the pipelines that it starts."""
