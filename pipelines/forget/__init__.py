"""What is left of a person is found and removed: rows, dead letters, archived pages."""
