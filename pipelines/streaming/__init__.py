"""Runs without an end: events in, rows within seconds. On one machine: small batch runs, a few at once."""
