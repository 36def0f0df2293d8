"""Who opened the other end of a loopback connection: TCP does not say, Linux does when it is asked."""

import contextlib
import os
import socket
import struct

__all__ = ["is_another_users", "owner_of"]

_SOCK_DIAG = 4  # NETLINK_SOCK_DIAG, sock_diag(7)
_BY_FAMILY = 20  # SOCK_DIAG_BY_FAMILY
_REQUEST = 1  # NLM_F_REQUEST
_ALL_STATES = 0xFFFFFFFF
_NO_COOKIE = b"\xff" * 8
_MESSAGE = struct.Struct("=IHHII")  # nlmsghdr
_QUESTION = struct.Struct("=BBBBI")  # the front of inet_diag_req_v2; inet_diag_sockid follows
_ANSWER = struct.Struct("=4x48xIIIII")  # inet_diag_msg


def _socket_id(near: tuple[str, int], far: tuple[str, int]) -> bytes:
    ports = struct.pack("!HH", near[1], far[1])
    addresses = b"".join(socket.inet_aton(address).ljust(16, b"\0") for address, _ in (near, far))
    return ports + addresses + b"\0\0\0\0" + _NO_COOKIE


def owner_of(near: tuple[str, int], far: tuple[str, int]) -> int | None:
    """The user who opened the IPv4 socket that is bound to `near` and connected to `far`.

    Returns:
      The numeric user id; None when there is no such socket, or the system does not tell (macOS, gVisor).
    """
    question = _QUESTION.pack(socket.AF_INET, socket.IPPROTO_TCP, 0, 0, _ALL_STATES) + _socket_id(near, far)
    header = _MESSAGE.pack(_MESSAGE.size + len(question), _BY_FAMILY, _REQUEST, 1, 0)
    with contextlib.suppress(AttributeError, OSError, struct.error):
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, _SOCK_DIAG) as kernel:
            kernel.sendto(header + question, (0, 0))
            answer = kernel.recv(4096)  # the kernel has answered before sendto returns
        if _MESSAGE.unpack_from(answer)[1] == _BY_FAMILY:
            return int(_ANSWER.unpack_from(answer, _MESSAGE.size)[3])
    return None


def is_another_users(near: tuple[str, int], far: tuple[str, int]) -> bool:
    """Whether a socket is known to be some other user's than this process's."""
    owner = owner_of(near, far)
    return owner is not None and owner != os.getuid()
