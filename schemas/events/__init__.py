"""Events that start work and that tell of its end: what they say, and how they travel (CloudEvents 1.0)."""
