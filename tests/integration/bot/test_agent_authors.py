"""Agents as authors: what they may ask for in comments, and whose approval their work needs."""

from dataclasses import replace

import pytest

from bot.core.authors import AuthorKind, Authors
from bot.core.event_json import to_payload
from bot.core.events import (
    Adopt,
    Approve,
    Cancel,
    Check,
    CommandIssued,
    Delegate,
    Deploy,
    Freeze,
    Hold,
    Promote,
    Restore,
    Rollback,
    Status,
    Unfreeze,
    Unhold,
)
from bot.core.orders import DeployOrder
from bot.daemon.commands import run_command
from bot.demo.author import IDENTITY
from bot.deploy.deploys import deploy
from bot.landing.outcomes import read
from bot.proposals.deploy_warnings import with_deploy_warnings
from components.ports import Permission
from components.schema.results.values import Verdict
from components.state.tables.records import Job
from tests.deploy_support import push, reported
from tests.github_support import report_of, strategy_of

BOT = "helper[bot]"


@pytest.fixture
def told(world):
    """The world with rules about authors, and how a command ended."""
    authors = Authors(
        agents=frozenset({"Robot"}),
        bots={BOT: frozenset({"check", "status"})},
        approvals={AuthorKind.AGENT: 1},
    )
    watched = replace(world.repository("demo"), authors=authors)
    world = replace(world, watched={"demo": watched})

    def give(command, actor, proposal="branch/theirs", source="comment"):
        event = CommandIssued("demo", proposal, actor, command, source=source)
        key = f"{len(world.store.audit.list(limit=1000))}:{type(command).__name__}"
        run_command(
            world, Job(1, "command", key, "demo", to_payload(event), "leased", 0, 1, 3, "", "")
        )
        return read(world.store, key)

    give.world, give.watched = world, watched
    return give


@pytest.fixture
def propose(stage, monkeypatch):
    """A branch with one strategy, by an author of this name."""

    def made(branch, author):
        monkeypatch.setitem(IDENTITY, "GIT_AUTHOR_NAME", author)
        push(stage, branch, "one")

    return made


def checks(world, branch):
    """What waits to be checked of a branch."""
    return world.store.jobs.waiting_for("check", f"branch/{branch}", "demo")


FORBIDDEN = [
    Deploy(),
    Rollback("one", "", "because"),
    Promote("one"),
    Adopt("one"),
    Restore("one"),
    Hold("one", "1.0.0", "because"),
    Unhold("one", "1.0.0"),
    Freeze("1h", "because"),
    Unfreeze(),
    Approve(),
    Delegate("robot"),
]


@pytest.mark.parametrize("agent", [BOT, "HELPER[bot]", "other[bot]", "robot"])
def test_agent_that_deploys_lifts_or_approves_is_refused_and_nothing_moves(
    stage, told, propose, agent
):
    propose("theirs", "ann")
    reported(told.world, "theirs")
    before = (stage.git("rev-parse", "main"), stage.git("tag"))
    for command in FORBIDDEN:
        refused = told(command, agent)
        assert (refused.ok, refused.code) == (False, "forbidden")
        assert "is an agent" in refused.message
    assert (stage.git("rev-parse", "main"), stage.git("tag")) == before
    assert told.world.store.holds.list("demo") == []
    assert told.world.store.audit.list(event="freeze.", limit=9) == []


@pytest.mark.parametrize("agent", [BOT, "robot"])
def test_agent_uses_no_other_authors_place_in_the_queue_and_no_other_count_of_tries(
    told, propose, agent
):
    propose("theirs", "ann")
    told.world.store.jobs.enqueue("check", "branch/theirs", "demo", {"proposal": "branch/theirs"})
    before = checks(told.world, "theirs")
    assert before is not None
    for command in (Check(), Cancel()):
        refused = told(command, agent)
        assert (refused.ok, refused.code) == (False, "forbidden")
    assert checks(told.world, "theirs") == before


def test_listed_bot_has_its_own_proposal_checked_again_but_not_as_a_maintainer_would(told, propose):
    propose("own", BOT)
    assert told(Check(), BOT, "branch/own").code == "started"
    job = checks(told.world, "own")
    assert job.payload == {"proposal": "branch/own", "force": True, "asked": False}
    assert told(Status(), BOT, "branch/own").code == "status"
    refused = told(Cancel(), BOT, "branch/own")
    assert "may ask for check, help, status" in refused.message


def deployed(told, branch):
    return deploy(told.world, told.watched, DeployOrder(f"branch/{branch}", "cli:op"))


@pytest.mark.parametrize(("branch", "author"), [("own", "ROBOT"), ("agents/mia/own", "mia")])
def test_agents_work_lands_only_once_a_person_has_approved_this_very_commit(
    stage, told, propose, branch, author
):
    propose(branch, author)
    reported(told.world, branch)
    refused = deployed(told, branch)
    assert (refused.ok, refused.code) == (False, "not_approved")
    assert f"`algoops approve {branch}`" in refused.message
    assert told(Approve(), "cli:op", f"branch/{branch}", "cli").code == "approved"
    push(stage, branch, "one", extra={"notes.py": "N = 1\n"})
    reported(told.world, branch)
    assert deployed(told, branch).code == "not_approved"
    assert told(Approve(), "cli:op", f"branch/{branch}", "cli").ok
    assert told(Approve(), "cli:op", f"branch/{branch}", "cli").ok
    assert deployed(told, branch).code == "deployed"


@pytest.mark.parametrize(
    ("actor", "sha", "why"),
    [
        ("cli:Robot", "", "is its author"),
        ("cli:helper[bot]", "", "is an agent"),
        ("cli:op", "0" * 40, "look at it first"),
    ],
)
def test_approval_by_the_author_an_agent_or_of_another_commit_is_refused(
    told, propose, actor, sha, why
):
    propose("own", "Robot")
    reported(told.world, "own")
    refused = told(Approve(sha), actor, "branch/own", "cli")
    assert not refused.ok
    assert why in refused.message
    assert deployed(told, "own").code == "not_approved"


def test_what_nobody_has_a_report_of_cannot_be_approved(told, propose):
    propose("own", "Robot")
    assert "there is no report" in told(Approve(), "cli:op", "branch/own", "cli").message


def test_persons_work_needs_no_approval_where_only_agents_do(told, propose):
    propose("theirs", "ann")
    reported(told.world, "theirs")
    assert deployed(told, "theirs").code == "deployed"


def test_report_says_that_a_person_has_to_approve(told):
    base = told.watched.forge.base()
    failed = report_of(base, strategies=[strategy_of(verdict=Verdict.FAILED)], base_commit=base)
    said = failed.proposal.model_copy(update={"author": "robot"})
    report = with_deploy_warnings(
        told.world, told.watched, failed.model_copy(update={"proposal": said})
    )
    (note,) = [f for f in report.findings if f.rule == "approval-needed"]
    assert (note.severity, note.message) == ("info", "a deploy needs 1 approval by people")


@pytest.fixture
def guest(told, monkeypatch):
    """An account that may only read; all others may write."""
    may = {"guest": Permission.READ}
    monkeypatch.setattr(
        told.watched.forge, "permission", lambda actor: may.get(actor, Permission.WRITE)
    )
    return "guest"


def test_person_to_whom_a_proposal_was_delegated_deploys_it_and_nothing_else(told, propose, guest):
    propose("theirs", "ann")
    reported(told.world, "theirs")
    assert told(Deploy(), guest).code == "forbidden"
    assert told(Delegate(guest), guest).code == "forbidden"
    assert told(Delegate("Guest"), "zoe").code == "delegated"
    for command in (Hold("one", "1.0.0", "x"), Rollback("one", "", "x"), Delegate("eve")):
        assert told(command, guest).code == "forbidden"
    assert told(Check(), guest).code == "started"
    assert told(Deploy("0" * 40), guest).code == "stale"  # it was decided, not forbidden


def test_delegation_is_of_one_proposal_to_a_person_and_replaces_no_approval(told, propose, guest):
    propose("own", "robot")
    reported(told.world, "own")
    assert told(Delegate("Robot"), "zoe", "branch/own").code == "refused"
    assert told(Delegate(guest), "zoe", "branch/own").ok
    assert told(Deploy(), guest, "branch/own").code == "not_approved"
    propose("theirs", "ann")
    reported(told.world, "theirs")
    assert told(Deploy(), guest).code == "forbidden"
