"""Fixes as suggested changes on the lines of a pull request."""

import pytest

from components.schema.results.fixes import Edit, diff_of
from tests.fakes.github.server import Fault
from tests.github_support import finding, report_of, strategy_of
from tests.integration.github.conftest import STRATEGY

BEFORE = "name: alpha\nversion: 1.0.0\n" + "".join(f"# {n}\n" for n in range(40))
AFTER = BEFORE.replace("# 20\n", "symbl: ````SPX\n# 20\n")


def fix(text, edit):
    return diff_of(text.split("\n"), edit, STRATEGY)


def report(head, *fixes):
    found = [finding(file=STRATEGY, line=1, fix=one, rule="unknown-field") for one in fixes]
    return report_of(head=head, strategies=[strategy_of(findings=found)])


@pytest.fixture
def proposal(desk):
    """A pull request that adds one line in the middle of a file."""
    first = desk.git.commit({STRATEGY: BEFORE.encode()}, desk.git.tip("refs/heads/main"))
    desk.git.move("refs/heads/main", first)
    desk.propose(content=AFTER.encode())
    return desk.forge.proposal("pr/1")


RENAMED = Edit(23, 1, 23, 6, "symbol", "symbl")


def test_a_fix_is_suggested_on_its_line_in_a_fence_that_the_line_cannot_end(desk, proposal):
    desk.forge.suggest(proposal, report(proposal.head, fix(AFTER, RENAMED)))
    (review,) = desk.repo.pulls[1].reviews
    assert (review["state"], review["commit_id"]) == ("COMMENTED", proposal.head)
    (said,) = review["comments"]
    assert (said["path"], said["line"], said["side"]) == (STRATEGY, 23, "RIGHT")
    assert said["body"] == "unknown-field\n\n`````suggestion\nsymbol: ````SPX\n`````"


def test_the_same_commit_gets_its_suggestions_once(desk, proposal):
    found = report(proposal.head, fix(AFTER, RENAMED), fix(AFTER, RENAMED))
    desk.forge.suggest(proposal, found)
    desk.connect().suggest(proposal, found)
    assert [len(r["comments"]) for r in desk.repo.pulls[1].reviews] == [1]


def test_a_line_that_is_put_in_takes_the_next_one_along(desk, proposal):
    put = Edit(23, 1, 23, 1, "period: 5y\n")
    desk.forge.suggest(proposal, report(proposal.head, fix(AFTER, put)))
    (said,) = desk.repo.pulls[1].reviews[0]["comments"]
    assert said["line"] == 23
    assert "suggestion\nperiod: 5y\nsymbl: ````SPX\n`````" in said["body"]


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        (AFTER, Edit(2, 10, 2, 15, "1.1.0", "1.0.0")),  # a line that the diff does not show
        (AFTER.replace("# 20", "# merged"), Edit(24, 1, 24, 2, "", "#")),  # the base moved
        (AFTER.replace("\n", "\r\n"), Edit(23, 1, 23, 6, "symbol", "symbl")),
    ],
)
def test_what_the_pull_request_does_not_show_is_not_suggested(desk, proposal, text, edit):
    desk.forge.suggest(proposal, report(proposal.head, fix(text, edit)))
    assert desk.repo.pulls[1].reviews == []


def test_a_report_without_fixes_costs_no_call(desk, proposal):
    before = len(desk.github.asked())
    desk.forge.suggest(proposal, report(proposal.head, ""))
    assert len(desk.github.asked()) == before


def test_suggestions_that_github_refuses_keep_no_report_away(desk, proposal):
    desk.github.faults.append(Fault("POST .*/reviews$", 403, times=9))
    desk.forge.suggest(proposal, report(proposal.head, fix(AFTER, RENAMED)))
    assert desk.repo.pulls[1].reviews == []
