"""What runs have written, read back: from a folder of files or from a warehouse, in one shape."""
