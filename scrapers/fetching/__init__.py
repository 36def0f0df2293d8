"""Getting pages: sessions, politeness, limits and guards. Nothing here parses a page."""
