"""How the processes of a run end, as one number for whoever started them."""

__all__ = ["CANNOT_WRITE", "DIED", "FAILED", "INTERRUPTED", "OK", "USAGE"]

OK = 0
FAILED = 1
"""At least one execution failed; its row and the others' are written."""
USAGE = 2
"""A mistake in the command line or in a source file; nothing was begun."""
DIED = 70
"""The run broke off (EX_SOFTWARE of sysexits.h): a worker was killed, or there is a bug. It can be resumed."""
CANNOT_WRITE = 74
"""The run broke off because its output cannot be written (EX_IOERR): trying again at once would not help."""
INTERRUPTED = 130
"""Stopped by the user, as a shell says it: 128 + SIGINT."""
