import socket
import struct
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.protocol.wire import Channel, WireError


@pytest.fixture
def pair():
    left, right = socket.socketpair()
    with left, right:
        yield left, right


@given(frames=st.lists(st.binary(max_size=300), max_size=8), cut=st.integers(1, 40))
def test_frames_arrive_as_sent_however_they_are_cut(frames, cut):
    left, right = socket.socketpair()
    with left, right:
        stream = b"".join(struct.pack(">I", len(f)) + f for f in frames)
        for at in range(0, len(stream), cut):
            left.sendall(stream[at : at + cut])
        channel = Channel(right, send_cap=1000)
        assert [channel.receive() for _ in frames] == frames


def test_large_frame_arrives_whole(pair):
    left, right = pair
    frame = bytes(range(256)) * 40_000
    sender = threading.Thread(target=Channel(left, send_cap=20_000_000).send, args=(frame,))
    sender.start()
    assert Channel(right, send_cap=0).receive() == frame
    sender.join()


def test_frame_over_the_cap_is_refused_before_it_is_read(pair):
    left, right = pair
    left.sendall(struct.pack(">I", 2**32 - 1))
    with pytest.raises(WireError, match="over the cap"):
        Channel(right, send_cap=10).receive()


def test_own_frame_over_the_cap_is_not_sent(pair):
    left, right = pair
    with pytest.raises(WireError, match="over the cap"):
        Channel(left, send_cap=10).send(bytes(11))
    right.settimeout(0)
    with pytest.raises(BlockingIOError):
        right.recv(1)


def test_end_of_stream_is_told(pair):
    left, right = pair
    left.sendall(b"\0\0")
    left.close()
    with pytest.raises(EOFError):
        Channel(right, send_cap=10).receive()
