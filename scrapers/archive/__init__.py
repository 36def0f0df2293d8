"""The archive: every fetched page as WARC, which is also the ledger of what was fetched."""
