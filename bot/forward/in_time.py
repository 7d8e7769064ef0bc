"""A way for `requests` that ends a request which takes too long as a whole."""

import socket
import threading
from contextlib import suppress
from typing import Any, Self

from requests.adapters import HTTPAdapter

AGAIN_S = 1.0


class EndsInTime(HTTPAdapter):
    """Shuts its connections down when the time is over.

    A time limit of `requests` is for each single read: who answers byte by byte never reaches it,
    and would hold the thread for as long as it likes.

    Args:
        seconds: until then.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds
        self._made: list[Any] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="request-time")

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The connections to a host; each that is made is known here."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        kind = pool.ConnectionCls

        def make(**settings: Any) -> Any:
            self._made.append(kind(**settings))
            return self._made[-1]

        pool.ConnectionCls = make
        return pool

    def _watch(self) -> None:
        wait = self._seconds
        while not self._done.wait(wait):
            for connection in tuple(self._made):
                if connection.sock is not None:
                    with suppress(OSError):  # it has ended by itself
                        connection.sock.shutdown(socket.SHUT_RDWR)
            wait = AGAIN_S  # another one may be made after this one

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
