"""Wiring and entry points: options, the pipelines, the command line."""
