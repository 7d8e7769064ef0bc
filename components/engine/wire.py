"""The host's end of a backtest's wire: a fresh nonce in every frame, typed answers only."""

from __future__ import annotations

import secrets
import struct
from typing import TYPE_CHECKING, TypeVar

import msgspec

from components.protocol.messages import Diagnosis, Named, Newest, Reply, WholeRun, encoder
from components.protocol.wire import UNREADABLE
from components.sandbox.session import faults
from components.texts import cut, printable

if TYPE_CHECKING:
    from components.ports import Guest
    from components.protocol.messages import Request
    from components.protocol.wire import Fault

Answer = TypeVar("Answer", Reply, WholeRun, Diagnosis, Newest, Named)

Frame = tuple[int, bytes]
"""A request on its way: its nonce and its bytes."""

_REPLY = msgspec.msgpack.Decoder(Reply)
_WHOLE = msgspec.msgpack.Decoder(WholeRun)
_DIAGNOSIS = msgspec.msgpack.Decoder(Diagnosis)
_NEWEST = msgspec.msgpack.Decoder(Newest)
_NAMED = msgspec.msgpack.Decoder(Named)
_NONCES_AT_ONCE = 1_024
NUMBER = 8
"""Bytes of a number of a series."""

MOST_SERIES = 16_000
"""Series of indicators that are compared: five hundred symbols have thirty rows each."""


class BadAnswer(Exception):
    """A frame that the protocol does not allow; says what was wrong with it."""


class AuthorFault(Exception):
    """The author's code raised.

    Attributes:
        fault: what the guest says of it (a hint for people, never trusted further).
    """

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.error)
        self.fault = fault


class Wire:
    """Requests and answers of one guest."""

    def __init__(self, guest: Guest) -> None:
        self._guest = guest
        self._nonces: list[int] = []
        self._nonce = 0

    def nonce(self) -> int:
        """A new random number, which the answer to the request that carries it must echo."""
        if not self._nonces:
            raw = secrets.token_bytes(8 * _NONCES_AT_ONCE)
            self._nonces = [n >> 1 for n in struct.unpack(f"<{_NONCES_AT_ONCE}Q", raw)]
        return self._nonces.pop()

    def frame(self, request: Request) -> Frame:
        """A request, made ready to be posted."""
        return request.nonce, encoder.encode(request)

    def post(self, frame: Frame) -> None:
        """Send a request that is ready. Raises GuestGone, GuestLate."""
        self._nonce, content = frame
        self._guest.send(content)

    def send(self, request: Request) -> None:
        """Send one request. Raises GuestGone, GuestLate."""
        self.post(self.frame(request))

    def reply(self) -> Reply:
        """The answer to a bar. Raises as `_receive`."""
        return self._receive(_REPLY)

    def whole(self) -> WholeRun:
        """One frame of a whole run's orders. Raises as `_receive`."""
        return self._receive(_WHOLE)

    def diagnosis(self) -> Diagnosis:
        """The answer to `Diagnose`. Raises as `_receive`."""
        return self._receive(_DIAGNOSIS)

    def newest(self) -> Newest:
        """All frames of the answer to `Values`; as many names as series. Raises as `_receive`."""
        names: list[str] = []
        tails: list[bytes | list[str]] = []
        while True:
            answer = self._receive(_NEWEST)
            if len(answer.names) != len(answer.tails):
                raise BadAnswer("values without a name")
            if any(isinstance(tail, bytes) and len(tail) % NUMBER for tail in answer.tails):
                raise BadAnswer("values that are no numbers")
            names += answer.names
            tails += answer.tails
            if len(names) > MOST_SERIES:
                raise BadAnswer(f"more than {MOST_SERIES} series of indicators to compare")
            if not answer.more:
                return Newest(answer.nonce, names, tails)

    def named(self) -> Named:
        """The answer to `Suspects`. Raises as `_receive`."""
        return self._receive(_NAMED)

    def _receive(self, decoder: msgspec.msgpack.Decoder[Answer]) -> Answer:
        """One answer.

        Raises:
            AuthorFault: the author's code raised.
            BadAnswer: not an answer, or not to the last request.
            GuestGone, GuestLate, GuestBroke: see ports.
        """
        frame = self._guest.receive()
        try:
            answer = decoder.decode(frame)
        except UNREADABLE as error:
            raise _not_an_answer(frame, error) from error
        if answer.nonce != self._nonce:
            raise BadAnswer("an answer to another frame than the last one")
        return answer


def _not_an_answer(frame: bytes, error: Exception) -> Exception:
    fault = faults.read(frame)
    return (
        AuthorFault(fault)
        if fault is not None
        else BadAnswer(cut(printable(f"a malformed answer: {error}"), 300))
    )
