"""A way to a server on loopback that can be closed, and opened again."""

import contextlib
import socket
import threading

__all__ = ["ClosableProxy"]


class ClosableProxy:
    """Passes bytes on while it is open; closed, it cuts the connections there are and resets new ones.

    Args:
      port: of the server on loopback.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._is_open = True
        self._cut: set[socket.socket] = set()
        self.refused = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def shut(self) -> None:
        """Nobody gets through from now on."""
        self._is_open = False
        for one in list(self._cut):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def open(self) -> None:
        """They do again."""
        self._is_open = True

    def close(self) -> None:
        """For good."""
        self.shut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self._is_open:
                self.refused += 1
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self._port))
            self._cut |= {client, server}
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._cut.discard(source)
