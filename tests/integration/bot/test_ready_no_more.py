"""A proposal was ready: however its next check ends, nobody reads "ready" of what did not pass."""

import pytest

from bot.core.event_json import to_payload
from bot.core.events import Cancel, CommandIssued
from bot.daemon.commands import run_command
from bot.landing.board import board_of
from bot.landing.lifecycle_moves import make_ready
from bot.proposals import check
from bot.proposals.check import check_proposal
from components.schema.results.values import Verdict
from components.state import Lifecycle
from components.state.tables.records import Job
from tests.cli_support import in_process
from tests.deploy_support import push, reported


def job(kind, payload):
    return Job(7, kind, kind, "demo", payload, "leased", 0, 3, 3, "", "")


@pytest.fixture
def ready(stage, world):
    """alpha 1.0.0 and beta 1.0.0 are ready in branch/one."""
    head = push(stage, "one", "alpha", "beta")
    reported(world, "one")
    for name in ("alpha", "beta"):
        make_ready(world.store, "demo", name, "branch/one")
    assert shown(world) == (["alpha", "beta"], [])
    return head


def shown(world):
    """What the dashboard lists as ready and as failing."""
    board = board_of(world.store, world.repository("demo"))
    return [r.name for r in board.ready], [r.name for r in board.failing]


def checked(world):
    check_proposal(world, job("check", {"proposal": "branch/one"}))
    return world.store.runs.latest("demo", "branch/one").verdict


def states(world):
    found = (world.store.strategies.get("demo", name) for name in ("alpha", "beta"))
    return [one.proposed_status for one in found]


def on_the_base(stage, name):
    push(stage, "by-hand", name, extra={"note.txt": "x"}, version="0.9.0")
    stage.git("update-ref", "refs/heads/main", stage.git("rev-parse", "by-hand"))
    stage.git("update-ref", "-d", "refs/heads/by-hand")


def test_proposal_that_does_not_merge_any_more_is_failing(stage, world, ready):
    on_the_base(stage, "alpha")
    assert checked(world) is Verdict.FAILED
    assert states(world) == [Lifecycle.FAILED, Lifecycle.FAILED]
    assert shown(world) == ([], ["alpha", "beta"])
    error = world.store.strategies.get("demo", "alpha").last_error
    assert error.startswith("does not merge with the base: conflicts in strategies/alpha/")


def test_folder_of_strategies_that_is_refused_fails_all_of_the_proposal(stage, world, ready):
    (stage.author.folder / "strategies" / "link").symlink_to("alpha")
    stage.author.push("one", "A link")
    assert checked(world) is Verdict.FAILED
    assert states(world) == [Lifecycle.FAILED, Lifecycle.FAILED]
    assert shown(world) == ([], ["alpha", "beta"])


def test_definition_that_cannot_be_read_is_failing(stage, world, ready):
    push(stage, "one", "beta", "alpha", extra={"strategy.yaml": "name: [\n"})
    assert checked(world) is Verdict.FAILED
    assert states(world) == [Lifecycle.FAILED, Lifecycle.FAILED]  # a deploy lands both or none
    assert shown(world) == ([], ["alpha", "beta"])
    error = world.store.strategies.get("demo", "alpha").last_error
    assert error.startswith("it passed, its proposal did not: ")


def test_strategy_that_the_proposal_does_not_change_any_more_is_gone_from_it(stage, world, ready):
    push(stage, "one", "alpha")
    assert checked(world) is Verdict.PASSED
    assert states(world) == [Lifecycle.READY, None]
    assert shown(world) == (["alpha"], [])


def test_words_of_an_error_that_look_like_markup_are_shown_as_they_are(stage, world, ready):
    words = "ValueError: [/foo] [red]x :warning:"
    world.store.strategies.record_error("demo", "alpha", words, actor="algoops")
    assert words in in_process("status", "--config", stage.config).stdout.decode()


def test_newer_commit_whose_checks_somebody_stops_is_not_ready(stage, world, ready):
    push(stage, "one", "alpha", "beta", version="1.1.0")
    event = CommandIssued("demo", "branch/one", "ada", Cancel(), source="api")
    run_command(world, job("command", to_payload(event)))
    assert states(world) == [Lifecycle.QUEUED, Lifecycle.QUEUED]


def test_commit_that_is_missing_from_the_repository_is_not_ready(stage, world, ready):
    tree = stage.git("rev-parse", f"{ready}^{{tree}}")
    (stage.repository / "objects" / tree[:2] / tree[2:]).unlink()
    world.repository("demo").where.repository.close()
    assert checked(world) is Verdict.ERROR
    assert states(world) == [Lifecycle.QUEUED, Lifecycle.QUEUED]
    assert shown(world) == ([], [])


def test_check_that_breaks_leaves_nothing_ready(stage, world, ready, monkeypatch):
    def broken(*_words, **_more):
        raise AttributeError("no attribute dtype")

    on_the_base(stage, "gamma")
    monkeypatch.setattr(check, "run_checks", broken)
    monkeypatch.setattr(check, "_settled_already", lambda *_words: False)
    assert checked(world) is Verdict.ERROR
    assert states(world) == [Lifecycle.QUEUED, Lifecycle.QUEUED]
