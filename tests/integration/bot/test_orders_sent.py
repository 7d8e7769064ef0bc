"""Messages and notes of orders: each message once by its id, whatever breaks on the way."""

import json
import socket
import threading
from contextlib import closing, nullcontext, suppress
from dataclasses import replace

import pytest

from bot.daemon import runner as runner_module
from bot.daemon.runner import Runner, Seat, daemon_seats
from bot.forward import follow as follow_module
from bot.forward import send as send_module
from bot.forward.send import ID, SIGNATURE, send, write_notes
from bot.landing.context import Webhook
from bot.sources.webhook import verify
from components.errors import TransientError
from components.safe_tools.hardened import HardenedGit
from components.state.tables.turns import MESSAGES
from tests.orders_support import Ground, Receiver

SECRET = "s3cret"  # of this test alone


class Dripping:
    """Takes one message, answers with these bytes, and then with one byte after the other."""

    def __init__(self, begins):
        self.over = threading.Event()
        self.port = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.port.getsockname()[1]}/orders"
        self.thread = threading.Thread(target=self._answer, args=(begins,), daemon=True)
        self.thread.start()

    def _answer(self, begins):
        connection, _ = self.port.accept()
        with connection, suppress(OSError):  # the other side has gone
            connection.recv(65_536)
            connection.sendall(begins)
            while not self.over.wait(0.01):
                connection.sendall(b"x")

    def close(self):
        self.over.set()
        self.thread.join()
        self.port.close()


@pytest.fixture
def receiver():
    with closing(Receiver()) as made:
        yield made


def _on(stage, world, receiver):
    return Ground(stage, world, stage.folder / "bars", webhook=Webhook(receiver.url, SECRET))


def _deployed(stage, world):
    with closing(Receiver()) as receiver:
        ground = _on(stage, world, receiver)
        ground.write(ground.bars(59))
        ground.deploy("one")
        ground.look()


PASTS = {"ground": _deployed}


@pytest.fixture
def ground(stage, world, receiver):
    return _on(stage, world, receiver)


def queued(ground):
    (job,) = ground.queued("webhook")
    return job


def test_message_is_signed_and_says_what_is_wanted(ground, receiver):
    ground.queued("webhook")
    ground.write(ground.whole)
    ground.look()
    send(ground.world, queued(ground))
    ((headers, body),) = receiver.taken
    assert verify(SECRET, body, headers[SIGNATURE])
    assert not verify("another", body, headers[SIGNATURE])
    told = json.loads(body)
    assert told.pop("id") == headers[ID]
    assert told == ground.sheet("one")


def test_message_that_has_not_left_is_replaced_by_the_next_one(ground, receiver):
    ground.write(ground.whole)
    ground.look()
    send(ground.world, queued(ground))
    assert [told["bar"] for told in receiver.documents().values()] == [
        ground.whole.index[-1].isoformat()
    ]


@pytest.mark.parametrize("point", ["webhook.sent", "webhook.settled"])
def test_power_cut_after_sending_repeats_the_message_with_its_id(
    ground, receiver, monkeypatch, point
):
    def cut(name):
        if name == point:
            raise KeyboardInterrupt

    jobs = ground.world.store.jobs
    with monkeypatch.context() as broken:
        broken.setattr(send_module, "failpoint", cut)
        job = jobs.lease("dies", 60, ["webhook"])
        with suppress(KeyboardInterrupt):
            send(ground.world, job)  # and it never says that it is done
    assert jobs.reclaim(everything=True) == 1
    send(ground.world, queued(ground))
    assert len(receiver.taken) == 2
    assert len(receiver.documents()) == 1
    assert receiver.taken[0][1] == receiver.taken[1][1]


def test_receiver_that_was_down_gets_the_newest_orders_when_it_is_back(
    ground, receiver, monkeypatch
):
    monkeypatch.setattr(runner_module, "FIRST_RETRY_S", 0.001)
    monkeypatch.setattr(runner_module, "LONGEST_RETRY_S", 0.002)
    receiver.answers += [500, 503, 302]
    runner = Runner(ground.world, (Seat((MESSAGES,)),))
    runner.start()
    try:
        receiver.wait(4)
    finally:
        runner.stop()
    assert len(receiver.documents()) == 1
    assert ground.queued("webhook") == []


def test_receiver_that_cannot_be_reached_is_tried_again(ground, receiver):
    job = queued(ground)
    receiver.close()
    hook = Webhook(f"{receiver.url}/hidden?token=hidden", SECRET)
    with pytest.raises(TransientError, match=r"can't be reached: .*refused") as error:
        send(replace(ground.world, webhook=hook), job)
    assert "hidden" not in str(error.value)  # it goes into the log
    assert job.max_attempts >= 1_000


def test_answer_that_never_ends_keeps_no_message_waiting(ground, receiver):
    receiver.endless = True
    job = queued(ground)
    sender = threading.Thread(target=send, args=(ground.world, job), daemon=True)
    sender.start()
    receiver.wait(1)
    sender.join(20)
    assert not sender.is_alive()


@pytest.mark.parametrize(
    ("begins", "words"),
    [
        (b"", "can't be reached"),
        (b"HTTP/1.1 503 ", "answered 503"),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", ""),
    ],
)
def test_answer_that_comes_byte_by_byte_is_ended_when_its_time_is_over(
    ground, monkeypatch, begins, words
):
    monkeypatch.setattr(send_module, "WHOLE_S", 0.3)
    slow = Dripping(begins)
    world = replace(ground.world, webhook=Webhook(slow.url, SECRET))
    with pytest.raises(TransientError, match=words) if words else nullcontext():
        send(world, queued(ground))
    slow.thread.join(20)
    assert not slow.thread.is_alive()
    slow.close()


def test_receiver_that_hangs_keeps_no_note_waiting(ground):
    jobs = ground.world.store.jobs
    queues = {queue for seat in daemon_seats(1) if MESSAGES in seat.queues for queue in seat.queues}
    taken = [jobs.lease(f"w{n}", 60, queues=tuple(queues)) for n in range(4)]
    assert {job.kind for job in taken if job is not None} == {"webhook"}
    assert len(ground.queued("note")) == 1


def test_notes_of_many_strategies_are_written_together(ground, monkeypatch):
    names = [f"more{n}" for n in range(4)]
    ground.write(ground.whole)
    for name in names:
        ground.deploy(name)  # each with a commit of its own
    ground.look()
    current = ground.world.store.deployments.current
    commits = {current("demo", name).commit: name for name in ("one", *names)}
    (job,) = ground.queued("note")
    assert set(job.payload["commits"]) == set(commits)
    started, real = [], HardenedGit.execute

    def counted(self, command, *others, **more):
        started.append(command[1])
        return real(self, command, *others, **more)

    with monkeypatch.context() as watched:
        watched.setattr(HardenedGit, "execute", counted)
        write_notes(ground.world, job)
    assert sorted(set(started) - {"cat-file"}) == ["fast-import", "rev-parse", "update-ref"]
    assert len(started) <= 5
    for commit, name in commits.items():
        note = ground.stage.git("notes", "--ref=algoops-orders", "show", commit)
        assert note.startswith(f"{name} 1.0.0 on AAA 1d, after the bar of ")
    ground.write(ground.bars(10))
    ground.look()
    assert ground.queued("note") == []  # soon after the ones before: they gather
    assert ground.world.store.jobs.is_open("note", "demo")


def test_note_on_the_deployed_commit_says_what_stands_now(ground, monkeypatch):
    monkeypatch.setattr(send_module, "NOTES_EVERY_S", 0.0)
    commit = ground.world.store.deployments.current("demo", "one").commit
    ground.write(ground.whole)
    ground.look()
    (job,) = ground.queued("note")
    assert job.payload["commits"] == {commit: True}
    write_notes(ground.world, job)
    write_notes(ground.world, job)
    note = ground.stage.git("notes", "--ref=algoops-orders", "show", commit)
    last = ground.whole.index[-1].isoformat()
    assert note.startswith(f"one 1.0.0 on AAA 1d, after the bar of {last}: position ")
    ground.write(ground.bars(10))
    ground.look()
    (job,) = ground.queued("note")
    write_notes(ground.world, job)
    note = ground.stage.git("notes", "--ref=algoops-orders", "show", commit)
    assert "no orders, because the data ends at" in note


def test_orders_of_the_version_before_are_taken_back_before_those_of_the_next_are_known(
    ground, receiver, monkeypatch
):
    store = ground.world.store
    ground.write(ground.whole)
    ground.look()
    first = store.deployments.current("demo", "one").commit
    ground.queued("note")
    send(ground.world, queued(ground))
    ground.deploy("one", version="1.1.0")

    class PowerCutError(Exception):
        pass

    def cut(name):
        if name == "forward.ran":
            raise PowerCutError

    with monkeypatch.context() as broken:
        broken.setattr(follow_module, "failpoint", cut)
        with pytest.raises(PowerCutError):
            ground.look()
    send(ground.world, queued(ground))
    (job,) = ground.queued("note")
    assert set(job.payload["commits"]) == {first, store.deployments.current("demo", "one").commit}
    write_notes(ground.world, job)
    note = ground.stage.git("notes", "--ref=algoops-orders", "show", first)
    assert note.strip() == "not deployed any more"
    ground.look()
    send(ground.world, queued(ground))
    told = [(t["version"], t["reason"], t["number"]) for t in receiver.documents().values()]
    waits = "its orders are being worked out"
    assert told == [("1.0.0", "", 2), ("1.1.0", waits, 3), ("1.1.0", "", 4)]


def test_version_that_was_replaced_while_it_was_run_tells_nothing(ground, monkeypatch):
    real = ground.executor.submit

    def slow(job, *others):
        made = real(job, *others)
        if not monkeypatched:
            monkeypatched.append(job)
            ground.deploy("one", version="1.1.0")
        return made

    monkeypatched = []
    monkeypatch.setattr(ground.executor, "submit", slow)
    ground.queued("webhook")
    ground.write(ground.whole)
    ground.look()
    assert ground.queued("webhook") == []
    ground.look()
    assert ground.sheet("one")["version"] == "1.1.0"
    assert ground.sheet("one")["reason"] == ""
