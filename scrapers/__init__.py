"""Everything about web pages: source files, extraction, fetching, the archive. No Beam."""
