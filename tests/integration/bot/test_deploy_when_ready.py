"""`deploy when ready`: it lands by itself once nothing is missing, and what was pushed later never."""

import json
from dataclasses import replace

import pytest

from bot.core.authors import AuthorKind, Authors
from bot.core.event_json import to_payload
from bot.core.events import Approve, Cancel, CommandIssued, Deploy, Freeze, Status, Unfreeze
from bot.core.orders import DeployOrder
from bot.daemon.commands import run_command
from bot.daemon.intake import dispatch
from bot.daemon.reconcile import reconcile
from bot.demo.author import git
from bot.deploy.deploys import deploy
from bot.landing.outcomes import read
from bot.landing.wishes import wish_words, wishes
from bot.proposals.check import check_proposal
from bot.proposals.closing import close_proposal
from components.git_patch.notes import read_note
from components.ports import Permission
from components.state.story import lifecycle_story
from components.state.tables.records import Job
from tests.cli_support import in_process
from tests.deploy_support import push, reported

READY = Deploy(when_ready=True)


def job(kind, key="demo", payload=None):
    return Job(1, kind, key, "demo", payload or {}, "leased", 0, 1, 3, "", "")


@pytest.fixture
def told(world):
    """Gives commands, and tells how they ended."""
    given = []

    def give(command, actor="cli:op", source="cli", on=world):
        given.append(command)
        event = CommandIssued("demo", "branch/one", actor, command, source=source)
        run_command(on, job("command", f"c{len(given)}", to_payload(event)))
        return read(on.store, f"c{len(given)}")

    return give


def settle(world):
    """The clock's sweep, and every command that it brought."""
    reconcile(world, job("tick"))
    dispatch(world)
    ended = []
    while (found := world.store.jobs.lease("w", 60, kinds=["command"])) is not None:
        run_command(world, found)
        world.store.jobs.complete(found.id, "w")
        ended.append(read(world.store, found.key))
    return ended


def live(world):
    found = world.store.deployments.current("demo", "one")
    return found.version if found else ""


def test_deploy_lands_by_itself_once_the_report_is_there_and_only_once(stage, world, told):
    push(stage, "one", "one")
    waits = told(READY)
    assert (waits.ok, waits.code) == (True, "when_ready")
    assert "its checks are not done" in waits.message
    assert settle(world) == []
    reported(world, "one")
    assert [outcome.code for outcome in settle(world)] == ["deployed"]
    assert live(world) == "1.0.0"
    assert settle(world) == []


def test_what_is_ready_already_is_deployed_at_once(stage, world, told):
    push(stage, "one", "one")
    reported(world, "one")
    assert told(READY).code == "deployed"


def test_push_ends_it_and_says_so_where_it_was_asked_for(stage, world, told):
    push(stage, "one", "one")
    assert told(READY, "ann", "comment").code == "when_ready"
    head = push(stage, "one", "one", extra={"evil.py": "E = 1\n"})
    reported(world, "one")
    assert settle(world) == []
    assert live(world) == ""
    said = read_note(world.repository("demo").where.repository, "refs/notes/algoops-replies", head)
    assert "somebody pushed" in said
    assert settle(world) == []


@pytest.fixture
def on_page(world):
    """What the page of the newest run and its JSON say of the wish; both must agree."""

    def told():
        run = world.store.runs.latest("demo", "branch/one")
        return wish_words(world.store, "demo", run.proposal)

    return told


def rows(stage):
    """What programs read of it, by strategy."""
    told = in_process("status", "--format", "json", "--config", stage.config)
    return {row["name"]: row["deploy_when_ready"] for row in json.loads(told.stdout)}


def test_wish_from_the_command_line_is_shown_and_its_end_is_told_and_recorded(
    stage, world, told, on_page
):
    push(stage, "one", "one", version="0.9.0")
    reported(world, "one")
    first = push(stage, "one", "one")
    assert told(READY).code == "when_ready"
    words = (
        f"one at {first[:12]} is deployed as soon as it is green, approved and not frozen: cli:op"
    )
    assert on_page().startswith(words)
    status = in_process("status", "--config", stage.config).stdout.decode()
    assert f"demo: {words}" in status
    assert rows(stage)["one"].startswith(words)
    assert "is deployed as soon as it is green" in told(Status()).message
    head = push(stage, "one", "one", extra={"more.py": "E = 1\n"})
    settle(world)
    ended = f"has ended and nothing was deployed: somebody pushed {head[:12]}"
    assert ended in on_page()
    assert ended in in_process("status", "--config", stage.config).stdout.decode()
    assert ended in rows(stage)["one"]
    assert (read(world.store, "c1").ok, read(world.store, "c1").code) == (False, "ended")
    said = read_note(world.repository("demo").where.repository, "refs/notes/algoops-replies", head)
    assert f"somebody pushed {head[:12]}" in said
    (row,) = world.store.audit.list(event="deploy.wish_ended", limit=9)
    assert (row.actor, row.strategy, row.details["proposal"]) == ("cli:op", "one", "branch/one")
    story = "\n".join(lifecycle_story(world.store, "demo", "one"))
    assert "cli:op asked for a deploy of branch/one as soon as it is ready" in story
    assert f"branch/one that cli:op asked for has ended: somebody pushed {head[:12]}" in story
    settle(world)
    assert len(world.store.audit.list(event="deploy.wish_ended", limit=9)) == 1
    reported(world, "one")
    assert told(READY).code == "deployed"
    settle(world)
    assert on_page() == ""
    assert rows(stage) == {"one": None}


def test_wished_deploy_that_is_refused_says_why_in_status(stage, world, told, on_page):
    push(stage, "one", "one")
    told(READY)
    reported(world, "one")
    world.store.holds.hold("demo", "one", "1.0.0", "ada", "too slow")
    assert [outcome.code for outcome in settle(world)] == ["held"]
    assert "has ended and nothing was deployed: one 1.0.0 is held (too slow)" in on_page()
    assert read(world.store, "c1").code == "ended"
    assert settle(world) == []


def test_wish_of_a_proposal_that_is_closed_ends_on_record(stage, world, told):
    push(stage, "one", "one")
    world.store.strategies.propose("demo", "one", actor="ada", reason="push", proposal="branch/one")
    told(READY)
    stage.git("update-ref", "-d", "refs/heads/one")
    close_proposal(world, world.repository("demo"), "branch/one")  # its webhook comes first
    settle(world)
    (row,) = world.store.audit.list(event="deploy.wish_ended", limit=9)
    assert row.details["reason"] == "its branch or pull request is gone"
    assert wishes(world.store, "demo") == {}
    story = "\n".join(lifecycle_story(world.store, "demo", "one"))
    assert "that cli:op asked for has ended: its branch or pull request is gone" in story


def test_removal_that_needs_no_check_lands_once_it_is_reported(stage, world, told):
    push(stage, "first", "one")
    reported(world, "first")
    order = DeployOrder("branch/first", "ada")
    assert deploy(world, world.repository("demo"), order).ok
    stage.author.start("one")
    git(stage.author.folder, "rm", "-rq", "strategies/one")
    stage.author.push("one", "Away with it")
    assert "its checks are not done" in told(READY).message
    check_proposal(world, job("check", "one", {"proposal": "branch/one"}))
    assert [outcome.code for outcome in settle(world)] == ["deployed"]
    assert live(world) == ""


def test_wish_for_what_changes_no_strategy_ends_and_says_so(stage, world, told, on_page):
    stage.author.start("one")
    (stage.author.folder / "more.md").write_text("More\n")
    stage.author.push("one", "Say more")
    told(READY)
    check_proposal(world, job("check", "one", {"proposal": "branch/one"}))
    assert [outcome.code for outcome in settle(world)] == ["nothing"]
    assert "there is nothing to deploy" in on_page()


def test_cancel_ends_it(stage, world, told):
    push(stage, "one", "one")
    told(READY)
    told(Cancel())
    reported(world, "one")
    assert settle(world) == []
    assert live(world) == ""


def test_freeze_and_a_missing_approval_hold_it_back_and_their_end_lands_it(stage, world, told):
    push(stage, "one", "one")
    rules = Authors(approvals={AuthorKind.PERSON: 1})
    watched = replace(world.repository("demo"), authors=rules)
    world = replace(world, watched={"demo": watched})
    assert told(Freeze("4h", "maintenance"), on=world).ok
    reported(world, "one")
    assert "maintenance" in told(READY, on=world).message
    assert settle(world) == []
    told(Unfreeze(), on=world)
    assert settle(world) == []
    assert live(world) == ""
    assert told(Approve(), on=world).ok
    assert [outcome.code for outcome in settle(world)] == ["deployed"]


def test_another_commit_than_the_one_that_was_named_is_refused(stage, world, told):
    push(stage, "one", "one")
    refused = told(Deploy(sha="0" * 40, when_ready=True))
    assert (refused.ok, refused.code) == (False, "stale")
    reported(world, "one")
    assert settle(world) == []


def test_whoever_lost_write_access_meanwhile_deploys_nothing(stage, world, told, monkeypatch):
    push(stage, "one", "one")
    told(READY, "ann", "comment")
    reported(world, "one")
    forge = world.repository("demo").forge
    monkeypatch.setattr(forge, "permission", lambda _actor: Permission.READ)
    assert [outcome.code for outcome in settle(world)] == ["forbidden"]
    assert live(world) == ""
