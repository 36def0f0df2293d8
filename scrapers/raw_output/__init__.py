"""Raw output that scrapers elsewhere have left in files, read as pages of a source: bounded memory, no network."""
