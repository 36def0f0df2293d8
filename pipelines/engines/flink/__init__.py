"""A Flink cluster on this machine: a real distributed engine, for trying and for tests."""
