"""Streaming on an engine that runs Beam graphs on many machines: Prism, Flink, Dataflow."""
