import socket
import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.protocol.wire import HEADER, Began, Ended, Ready
from components.sandbox.backends.instance import ControlLine, ControlLost

ENDED = Ended(code=0, signal=None, max_memory_kb=1, cpu_s=0.1)


def framed(message):
    frame = msgspec.msgpack.encode(message)
    return HEADER.pack(len(frame)) + frame


def test_two_messages_that_arrive_at_once_are_both_heard():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(framed(Began()) + framed(ENDED))
        line = ControlLine(ours)
        assert line.next(1.0) == Began()
        assert line.next(1.0) == ENDED
        assert line.quiet()


@given(cut=st.integers(1, 60))
def test_messages_arrive_however_they_are_cut(cut):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        stream = framed(Ready(versions={"numpy": "2"})) + framed(ENDED)
        heard = []
        line = ControlLine(ours)
        for at in range(0, len(stream), cut):
            theirs.sendall(stream[at : at + cut])
            heard.append(line.next(0.5))
        heard.append(line.next(0))
        assert [m for m in heard if m] == [Ready(versions={"numpy": "2"}), ENDED]


@pytest.mark.parametrize(
    "junk", [struct.pack(">I", 2**31), HEADER.pack(3) + b"\xc1\xc1\xc1", framed({"type": "x"})]
)
def test_line_that_breaks_the_rules_is_lost(junk):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(junk)
        with pytest.raises(ControlLost):
            ControlLine(ours).next(1.0)


def test_line_with_something_unheard_is_not_quiet():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(framed(Began()))
        assert not ControlLine(ours).quiet()


def test_line_whose_other_end_is_gone_is_not_quiet_and_lost():
    ours, theirs = socket.socketpair()
    with ours:
        theirs.close()
        assert not ControlLine(ours).quiet()
        with pytest.raises(ControlLost):
            ControlLine(ours).next(0.1)
