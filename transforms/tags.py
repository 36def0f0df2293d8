"""Names of the outputs that stages have besides their main one."""

__all__ = ["DEAD_LETTERS", "ONWARD", "PLANNED", "TALLIES"]

DEAD_LETTERS = "dead_letters"
ONWARD = "onward"
PLANNED = "planned"
TALLIES = "tallies"
