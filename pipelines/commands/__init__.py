"""One command of `scrapeline` a file. Loaded when called, so that `--help` needs neither Beam nor pydantic."""
