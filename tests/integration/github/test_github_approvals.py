"""Approvals by reviews: whose count, and of which commit."""

from dataclasses import replace

import pytest

from bot.core.authors import AuthorKind, Authors
from bot.deploy.approvals import approve, not_approved
from tests.team_support import definition

AUTHORS = Authors(agents=frozenset({"robot"}), approvals={AuthorKind.AGENT: 1})


@pytest.fixture
def proposed(github, world):
    """A pull request of an agent, new for each test."""
    watched = replace(world.repository("team"), authors=AUTHORS)
    repo = github.state.repos["acme/strategies"]
    repo.collaborators |= {"ann": "write", "zoe": "write", "reader": "read", "robot": "write"}
    branch = f"agents-{len(repo.pulls)}"
    github.branch(repo, branch, {"strategies/x/strategy.yaml": definition("1.0.0", "x")}, "robot")
    pull = github.state.open_pull(repo, branch, "robot")

    def missing():
        return not_approved(world, watched, watched.forge.proposal(f"pr/{pull.number}"))

    missing.pull, missing.state, missing.watched = pull, github.state, watched
    return missing


def test_agents_pull_request_waits_for_a_person_with_write_access(proposed):
    assert "approve it with a review" in proposed()
    for name, state in (
        ("reader", "APPROVED"),
        ("robot", "APPROVED"),
        ("helper[bot]", "APPROVED"),
        ("ann", "COMMENTED"),
    ):
        proposed.state.review(proposed.pull, name, state)
    assert "0 given" in proposed()
    proposed.state.review(proposed.pull, "ann", "APPROVED")
    assert proposed() == ""


@pytest.mark.parametrize(("then", "holds"), [("CHANGES_REQUESTED", False), ("COMMENTED", True)])
def test_last_word_of_a_person_counts(proposed, then, holds):
    proposed.state.review(proposed.pull, "ann", "APPROVED")
    proposed.state.review(proposed.pull, "ann", then)
    assert (proposed() == "") is holds


def test_approval_of_an_earlier_commit_is_none_of_this_one(proposed):
    proposed.state.review(proposed.pull, "ann", "APPROVED")
    proposed.pull.reviews[-1]["commit_id"] = "0" * 40
    assert "0 given" in proposed()


def test_command_line_approves_nothing_where_reviews_count(proposed, world):
    proposal = proposed.watched.forge.proposal(f"pr/{proposed.pull.number}")
    refused = approve(world, proposed.watched, proposal, "cli:op", "")
    assert not refused.ok
    assert "a review of the pull request" in refused.message
    assert proposed()
