"""Names of topics and subscriptions, in full: no project is guessed."""

import re
from typing import Literal

__all__ = ["Kind", "why_no_name"]

Kind = Literal["topic", "subscription"]


def why_no_name(kind: Kind, name: str) -> str:
    """What is wrong with a name; empty for nothing.

    >>> why_no_name("topic", "projects/p/topics/t")
    ''
    >>> why_no_name("topic", "t")
    "'t' names no topic: projects/PROJECT/topics/NAME was expected"
    """
    if re.fullmatch(rf"projects/[^/\s]+/{kind}s/[^/\s]+", name):
        return ""
    return f"{name!r} names no {kind}: projects/PROJECT/{kind}s/NAME was expected"
