"""Archived pages through the parser again, without a network."""
