"""Pages through Chromium: one browser a process, its tabs reused, everything it asks for guarded."""
