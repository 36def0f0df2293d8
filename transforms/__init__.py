"""Composite transforms, one stage a file, and the only DoFns. What touches the web or the files is handed in."""

from transforms import coders as coders  # before any graph is built
