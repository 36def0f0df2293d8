"""A network that can be cut for a while, in this process and in those that it forks."""

import dataclasses
import sys
from typing import Any

__all__ = ["WIRE"]

NETWORK = {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}


@dataclasses.dataclass
class Wire:
    """Whether it is cut; an audit hook cannot be taken away again."""

    cut: bool = False


WIRE = Wire()


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if WIRE.cut and event in NETWORK:
        raise AssertionError(f"{event}{arguments}: a re-parse has no business with the network")


sys.addaudithook(refuse)
