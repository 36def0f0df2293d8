"""What failed and what became of it: found, shown, and sent back to the stage where it died."""
