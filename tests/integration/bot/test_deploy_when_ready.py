"""`deploy when ready`: it lands by itself once nothing is missing, and what was pushed later never."""

from dataclasses import replace

import pytest

from bot.core.authors import AuthorKind, Authors
from bot.core.event_json import to_payload
from bot.core.events import Approve, Cancel, CommandIssued, Deploy, Freeze, Unfreeze
from bot.daemon.commands import run_command
from bot.daemon.intake import dispatch
from bot.daemon.reconcile import reconcile
from bot.landing.outcomes import read
from components.git_patch.notes import read_note
from components.ports import Permission
from components.state.tables.records import Job
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
