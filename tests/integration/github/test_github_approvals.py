"""Approvals by reviews: whose count, and of which commit."""

from dataclasses import replace

import pytest

from bot.core.authors import AuthorKind, Authors
from bot.deploy.approvals import approve, not_approved
from components.ports import Proposal
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


WRITERS = [
    ("Robot <robot@example.test>", ""),
    ("Ann <49699333+helper[bot]@users.noreply.github.com>", ""),
    ("robot", "Co-authored-by: Robot <noreply@agents.example>"),
    ("ann", "Co-authored-by: Helper <1+helper[bot]@users.noreply.github.com>"),
    ("mia <mia@agents.invalid>", ""),
]


@pytest.mark.parametrize(("by", "trailer"), WRITERS)
@pytest.mark.parametrize("last", ["the agent's", "a person's"])
def test_commit_of_an_agent_on_a_persons_branch_makes_it_an_agents(
    github, world, by, trailer, last
):
    watched = replace(world.repository("team"), authors=AUTHORS)
    repo = github.state.repos["acme/strategies"]
    repo.collaborators |= {"ann": "write", "zoe": "write"}
    branch = f"mixed-{len(repo.pulls)}"

    def commit(author, message, text):
        file = {"strategies/x/strategy.yaml": definition(text, "x")}
        github.branch(repo, branch, file, "ann")
        name, _, mail = author.partition(" <")
        tip = repo.git.run("rev-parse", f"refs/heads/{branch}")
        made = repo.git.run(
            *("commit-tree", f"{tip}^{{tree}}", "-p", tip, "-m", f"Change\n\n{message}"),
            GIT_AUTHOR_NAME=name,
            GIT_AUTHOR_EMAIL=mail.rstrip(">") or f"{name}@example.test",
        )
        repo.git.move(f"refs/heads/{branch}", made)

    commit(by, trailer, "1.0.0")
    if last == "a person's":
        commit("Ann <ann@example.test>", "", "1.0.1")
    pull = github.state.open_pull(repo, branch, "ann")

    def missing():
        return not_approved(world, watched, watched.forge.proposal(f"pr/{pull.number}"))

    assert "an agent wrote a part of it: 1 approval" in missing()
    github.state.review(pull, "ann", "APPROVED")
    assert "0 given" in missing(), "its own author's is none"
    github.state.review(pull, "zoe", "APPROVED")
    assert missing() == ""


def test_persons_commits_need_none_also_on_a_base_that_an_agent_wrote(github, world):
    watched = replace(world.repository("team"), authors=AUTHORS)
    repo = github.state.repos["acme/strategies"]
    github.branch(repo, "main", {"strategies/y/strategy.yaml": definition("1.0.0", "y")}, "robot")
    github.branch(repo, "plain", {"strategies/x/strategy.yaml": definition("1.0.0", "x")}, "ann")
    pull = github.state.open_pull(repo, "plain", "ann")
    proposal = watched.forge.proposal(f"pr/{pull.number}")
    assert not_approved(world, watched, proposal) == ""


def test_strictest_rule_wins_where_persons_need_more_approvals_than_agents():
    rules = replace(AUTHORS, approvals={AuthorKind.AGENT: 1, AuthorKind.PERSON: 2})
    mixed = Proposal("pr/1", "x", "", author="ann", actor="ann")
    assert rules.kind_of(mixed, {"robot", "Ann"}) is AuthorKind.PERSON
    assert AUTHORS.kind_of(mixed, {"robot", "Ann"}) is AuthorKind.AGENT
    assert AUTHORS.kind_of(mixed, {"Ann"}) is AuthorKind.PERSON


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
