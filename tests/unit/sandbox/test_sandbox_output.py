import errno
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.sandbox.session.output import Drain, Tail
from components.texts import harmless


@given(chunks=st.lists(st.binary(min_size=1, max_size=50), max_size=30), cap=st.integers(1, 60))
def test_tail_is_the_end_of_the_stream_within_the_cap(chunks, cap):
    tail = Tail(cap)
    for chunk in chunks:
        tail.add(chunk)
    whole = b"".join(chunks)
    assert tail.text() == harmless(whole[-cap:].decode("utf-8", errors="replace"))
    assert tail.truncated == (len(whole) > cap)


def test_flood_keeps_no_more_than_the_cap_in_memory():
    tail = Tail(1000)
    for _ in range(10_000):
        tail.add(bytes(500))
    assert tail._size <= 1500


def test_drain_ends_when_the_writers_do():
    drain = Drain(100)
    writer = os.dup(drain.writers[0])
    drain.start()
    os.write(writer, b"word")
    os.close(writer)
    drain.finish(5.0)
    assert drain.stdout.text() == "word"
    assert drain.stderr.text() == ""


def test_drain_with_a_writer_that_stays_is_stopped():
    drain = Drain(100)
    writer = os.dup(drain.writers[1])
    drain.start()
    drain.finish(0.05)
    drain.finish(0.05)
    os.close(writer)
    assert not drain._thread.is_alive()


def test_drain_leaves_no_descriptor_open(monkeypatch):
    made, pipe = [], os.pipe

    def noted():
        ends = pipe()
        made.extend((end, os.fstat(end)) for end in ends)
        return ends

    monkeypatch.setattr(os, "pipe", noted)
    drain = Drain(100)
    drain.finish(1.0)
    assert len(made) == 6
    assert not [end for end, was in made if still_open(end, was)]


@pytest.mark.parametrize("there", [0, 1, 2])
def test_drain_that_gets_too_few_descriptors_keeps_none(monkeypatch, there):
    made, pipe = [], os.pipe

    def scarce():
        if len(made) == 2 * there:
            raise OSError(errno.EMFILE, "Too many open files")
        ends = pipe()
        made.extend((end, os.fstat(end)) for end in ends)
        return ends

    monkeypatch.setattr(os, "pipe", scarce)
    with pytest.raises(OSError, match="Too many"):
        Drain(100)
    assert not [end for end, was in made if still_open(end, was)]


def test_drain_that_gets_no_thread_lets_go_of_its_descriptors(monkeypatch):
    drain = Drain(100)
    ends = (*drain.writers, *drain._tails, drain._wake, drain._wake_reader)
    made = [(end, os.fstat(end)) for end in ends]

    def none_left():
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(drain._thread, "start", none_left)
    with pytest.raises(RuntimeError):
        drain.start()
    drain.finish(1.0)
    drain.finish(1.0)
    assert not [end for end, was in made if still_open(end, was)]


def still_open(number, was):
    """Whether this very file is open: a number is soon another thread's."""
    try:
        return os.path.samestat(os.fstat(number), was)
    except OSError:
        return False
