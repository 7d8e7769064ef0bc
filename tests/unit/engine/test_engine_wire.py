"""The host's end of the wire: an answer counts only if it is of its kind and echoes the last nonce."""

import msgspec
import pytest

from components.engine.wire import AuthorFault, BadAnswer, Wire
from components.protocol.messages import Diagnosis, Hello, Named, Newest, Reply, WholeRun, encoder
from components.protocol.wire import Fault


class Answering:
    """A guest that keeps what it is sent and answers with frames that were laid out for it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.answers: list[bytes] = []

    def send(self, frame: bytes) -> None:
        self.heard.append(frame)

    def receive(self) -> bytes:
        return self.answers.pop(0)


@pytest.fixture
def guest():
    return Answering()


@pytest.fixture
def wire(guest):
    return Wire(guest)


def test_request_reaches_the_guest_as_it_was_made_and_its_answer_comes_back(wire, guest):
    request = Hello(wire.nonce())
    wire.send(request)
    assert msgspec.msgpack.decode(guest.heard[0], type=Hello) == request
    answer = Reply(request.nonce, live=True, first=[], ops=[])
    guest.answers.append(encoder.encode(answer))
    assert wire.reply() == answer


def test_nonces_are_never_the_same_and_never_those_of_another_run(wire, guest):
    """More than are drawn at once; each fits the signed number that the guest's side may use."""
    drawn = [wire.nonce() for _ in range(3_000)]
    others = [Wire(guest).nonce() for _ in range(100)]
    assert len({*drawn, *others}) == 3_100
    assert all(0 <= nonce < 2**63 for nonce in drawn)
    assert max(drawn) > 2**60


def test_answer_to_an_earlier_request_or_to_none_is_refused(wire, guest):
    first, second = wire.nonce(), wire.nonce()
    wire.send(Hello(first))
    wire.send(Hello(second))
    for nonce in (first, 0, second + 1):
        guest.answers.append(encoder.encode(Reply(nonce, live=True, first=[], ops=[])))
        with pytest.raises(BadAnswer, match="another frame than the last one"):
            wire.reply()


def test_answer_of_another_kind_is_refused_in_words_that_harm_no_terminal(wire, guest):
    wire.send(Hello(nonce := wire.nonce()))
    kinds = (wire.reply, wire.whole, wire.diagnosis, wire.newest, wire.named)
    for kind in kinds:
        guest.answers.append(msgspec.msgpack.encode([nonce, "\x1b]0;owned\x07" * 1_000]))
        with pytest.raises(BadAnswer, match="a malformed answer: ") as refused:
            kind()
        assert str(refused.value).isprintable()
        assert len(str(refused.value)) <= 300


def test_each_kind_of_answer_is_given_as_it_came(wire, guest):
    wire.send(Hello(nonce := wire.nonce()))
    for kind, answer in (
        (wire.newest, Newest(nonce, ["fast"], [bytes(8)])),
        (wire.named, Named(nonce, "fast", exact=True)),
        (wire.diagnosis, Diagnosis(nonce, compared=1, bars=9, leaks=[])),
        (wire.whole, WholeRun(nonce, start=1, first=[], bars=[], ops=[], more=False)),
    ):
        guest.answers.append(encoder.encode(answer))
        assert kind() == answer


def test_values_without_a_name_are_refused(wire, guest):
    wire.send(Hello(nonce := wire.nonce()))
    guest.answers.append(encoder.encode(Newest(nonce, ["fast"], [bytes(8), bytes(8)])))
    with pytest.raises(BadAnswer, match="values without a name"):
        wire.newest()


def test_exception_of_the_author_is_told_as_theirs(wire, guest):
    wire.send(Hello(wire.nonce()))
    fault = Fault(error="ValueError: no", traceback="line 3", file="strategy.py", line=3)
    guest.answers.append(encoder.encode(fault))
    with pytest.raises(AuthorFault, match="ValueError: no") as told:
        wire.reply()
    assert str(told.value) == "ValueError: no"
    assert (told.value.fault.file, told.value.fault.line) == ("strategy.py", 3)
