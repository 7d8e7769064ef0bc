"""The watch on a local repository's refs: calls at once, once for a burst, and for nothing else."""

import threading

import pytest

from bot.sources.local import LocalSource
from bot.sources.refs import RefsWatch
from tests.git_support import git, strategy


class Calls:
    """Counts calls and lets a test wait for them."""

    def __init__(self):
        self.count = 0
        self._condition = threading.Condition()

    def __call__(self):
        with self._condition:
            self.count += 1
            self._condition.notify_all()

    def wait_for(self, predicate, timeout=30):
        with self._condition:
            return self._condition.wait_for(lambda: predicate(self.count), timeout)


@pytest.fixture
def watched(world):
    calls = Calls()
    with RefsWatch(world.bare, calls) as watch:
        world.calls, world.watch = calls, watch
        yield world


def test_push_of_a_branch_is_noticed(watched):
    watched.author.propose("x", strategy("RSI", code="x = 2\n"))
    assert watched.calls.wait_for(lambda n: n >= 1)
    assert watched.repo.resolve("x")


@pytest.mark.parametrize("branch", ["feature/deep/er/x", "feature/y"])
def test_push_of_a_branch_in_new_folders_is_noticed(watched, branch):
    watched.author.propose(branch, strategy("RSI", code="x = 2\n"))
    assert watched.calls.wait_for(lambda n: n >= 1)
    before = watched.calls.count
    watched.author.branch(branch, branch)
    watched.author.commit(strategy("RSI", code="x = 3\n"))
    watched.author.push()
    assert watched.calls.wait_for(lambda n: n > before)


def test_deleted_branch_and_packed_refs_are_noticed(watched):
    watched.author.propose("x", strategy("RSI", code="x = 2\n"))
    assert watched.calls.wait_for(lambda n: n >= 1)
    for command in (("pack-refs", "--all", "--prune"), ("branch", "-D", "x")):
        before = watched.calls.count
        git(watched.bare, *command)
        assert watched.calls.wait_for(lambda n, b=before: n > b)


def test_burst_of_pushes_is_few_calls_and_the_last_one_sees_all(watched):
    watched.author.branch("b", "main")
    watched.author.commit(strategy("RSI", code="x = 2\n"))
    watched.author.push(*(f"HEAD:refs/heads/b{i}" for i in range(50)))
    assert watched.calls.wait_for(lambda n: n >= 1 and len(watched.repo.branches()) == 51)
    assert watched.calls.count <= 20


def test_notes_tags_and_reading_call_nobody(world):
    seen = []
    calls = Calls()

    def changed():
        seen.append(world.repo.resolve("x"))
        calls()

    with RefsWatch(world.bare, changed):
        head = world.forge.base()
        git(world.bare, "tag", "RSI/v1.0.0", head)
        git(world.bare, "notes", "add", "-m", "x", head)
        world.forge.proposals()
        git(world.bare, "hash-object", "-w", "--stdin", stdin=b"y")
        pushed = world.author.propose("x", strategy("RSI", code="x = 2\n"))
        assert calls.wait_for(lambda n: n >= 1)
    assert set(seen) == {pushed}


def test_reading_hundreds_of_branches_is_not_told_by_the_kernel(world):
    world.author.branch("b", "main")
    world.author.push(*(f"HEAD:refs/heads/b{i}" for i in range(200)))
    heard, calls = [], Calls()

    class Counted(RefsWatch):
        def on_any_event(self, event):
            heard.append(event)
            super().on_any_event(event)

    with Counted(world.bare, calls):
        assert len(world.repo.branches()) >= 200
        git(world.bare, "for-each-ref")
        world.author.propose("x", strategy("RSI", code="x = 2\n"))
        assert calls.wait_for(lambda n: n >= 1)
    assert len(heard) < 50


def test_changes_while_the_callback_runs_are_not_lost(world):
    entered, release, calls = threading.Event(), threading.Event(), Calls()

    def slow():
        calls()
        entered.set()
        release.wait(30)

    with RefsWatch(world.bare, slow):
        world.author.propose("x", strategy("RSI", code="x = 2\n"))
        assert entered.wait(30)
        world.author.propose("y", strategy("RSI", code="x = 3\n"))
        release.set()
        assert calls.wait_for(lambda n: n >= 2)


def test_stopped_watch_calls_nobody_and_stops_twice(watched):
    watched.watch.stop()
    watched.watch.stop()
    watched.author.propose("x", strategy("RSI", code="x = 2\n"))
    assert watched.calls.count == 0
    assert not watched.watch._caller.is_alive()


def test_look_that_breaks_does_not_end_the_watch(world, monkeypatch):
    proposals, broken, heard = world.forge.proposals, threading.Event(), Calls()

    def out_of_memory():
        broken.set()
        raise MemoryError

    source = LocalSource(world.forge, world.bare, lambda _event: heard())
    source.start()
    before = heard.count
    with monkeypatch.context() as short:
        short.setattr(world.forge, "proposals", out_of_memory)
        world.author.propose("x", strategy("RSI", code="x = 2\n"))
        assert broken.wait(30)
    assert world.forge.proposals == proposals
    world.author.propose("y", strategy("RSI", code="x = 3\n"))
    assert heard.wait_for(lambda n: n >= before + 2)  # what the broken look missed is told too
    source.stop()
