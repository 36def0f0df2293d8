"""One command of `scrapeline` a file. Loaded only when it is called, so that `--help` needs neither Beam nor pydantic."""
