"""Deploys and reverts on GitHub: what was tested is what lands, once, whatever happens between."""

import pytest

from components.errors import Moved, TransientError, UserError, Waiting
from components.forge.github_answers import Refused
from components.forge.github_land import Untested
from components.forge.github_merge import why_not_merged
from components.ports import Landing, Proposal, StatusState, Tag
from tests.fakes.github.server import Fault
from tests.integration.github.conftest import STRATEGY


def prepared(desk, proposal, *, forge=None, **changed) -> Landing:
    """The merge commit that the bot tested, made in the mirror."""
    forge = forge or desk.forge
    forge.fetch()
    base = forge.base()
    repository = forge.mirror.repository
    tree = repository.merge(base, proposal.head).tree
    message = "Deploy alpha 1.1.0\n\nAlgoOps-Run: run-1"
    commit = repository.git.run(
        "commit-tree",
        tree,
        "-p",
        base,
        "-p",
        proposal.head,
        stdin=message.encode(),
        env={
            "GIT_AUTHOR_NAME": "b",
            "GIT_AUTHOR_EMAIL": "b@x",
            "GIT_COMMITTER_NAME": "b",
            "GIT_COMMITTER_EMAIL": "b@x",
        },
    ).text
    known = {
        "commit": commit,
        "expected_base": base,
        "message": message,
        "proposal": proposal,
        "expected_head": proposal.head,
        "tags": (Tag("alpha/1.1.0", "alpha 1.1.0"),),
    }
    return Landing(**(known | changed))


def test_deploy_is_the_merge_of_the_pull_request_with_its_tag(desk):
    pull = desk.propose()
    landing = prepared(desk, desk.forge.proposal("pr/1"))
    commit = desk.forge.land(landing)
    assert desk.git.tip("refs/heads/main") == commit
    assert desk.git.run("rev-parse", f"{commit}^2") == pull.head_sha
    assert (pull.state, pull.merge_commit) == ("closed", commit)
    assert desk.git.tip("refs/tags/alpha/1.1.0") == commit
    assert desk.git.run("cat-file", "-t", "refs/tags/alpha/1.1.0") == "tag"
    (merge,) = desk.github.asked("PUT .*/merge")
    assert merge.body["sha"] == pull.head_sha
    assert desk.git.run("log", "-1", "--format=%s", commit) == "Deploy alpha 1.1.0"


def test_a_landing_told_twice_lands_once(desk):
    desk.propose()
    landing = prepared(desk, desk.forge.proposal("pr/1"))
    first = desk.forge.land(landing)
    assert desk.connect().land(landing) == first
    assert len(desk.github.asked("PUT .*/merge")) == 1
    assert len(desk.github.asked("POST .*/git/refs")) == 1


def test_a_connection_lost_after_the_merge_is_healed_by_telling_it_again(desk):
    desk.propose()
    landing = prepared(desk, desk.forge.proposal("pr/1"))
    desk.github.faults.append(Fault("PUT .*/merge", after=True))
    with pytest.raises(TransientError):
        desk.forge.land(landing)
    commit = desk.forge.land(landing)
    assert desk.git.tip("refs/heads/main") == commit
    assert desk.git.tip("refs/tags/alpha/1.1.0") == commit


def test_a_head_that_moved_is_not_merged(desk):
    desk.propose()
    landing = prepared(desk, desk.forge.proposal("pr/1"))
    main = desk.git.tip("refs/heads/main")
    desk.github.branch(desk.repo, "feature", {"late.py": b"boom"}, "ann")
    with pytest.raises(Moved, match="expected"):
        desk.forge.land(landing)
    assert desk.git.tip("refs/heads/main") == main


def test_a_head_that_moves_at_the_last_moment_is_refused_by_the_sha_guard(desk):
    desk.propose()
    landing = prepared(desk, desk.forge.proposal("pr/1"))
    desk.repo.before_merge = lambda: desk.github.branch(
        desk.repo, "feature", {"late.py": b"boom"}, "ann"
    )
    with pytest.raises(Moved):
        desk.forge.land(landing)
    assert desk.git.run("ls-tree", "-r", "--name-only", "main") == STRATEGY


def test_a_base_that_moved_is_not_merged_onto(desk):
    desk.propose()
    landing = prepared(desk, desk.forge.proposal("pr/1"))
    desk.github.branch(desk.repo, "main", {"other": b"1"}, "ann")
    with pytest.raises(Moved, match="main is at"):
        desk.forge.land(landing)
    assert desk.github.asked("PUT") == []


def test_a_base_that_moves_at_the_last_moment_is_noticed_and_said(desk):
    desk.propose()
    landing = prepared(desk, desk.forge.proposal("pr/1"))
    desk.repo.before_merge = lambda: desk.github.branch(desk.repo, "main", {"x": b"1"}, "ann")
    with pytest.raises(Untested, match="moved during the merge") as caught:
        desk.forge.land(landing)
    assert caught.value.commit == desk.git.tip("refs/heads/main")
    assert desk.git.tip("refs/tags/alpha/1.1.0") == ""


def test_a_conflict_is_refused_in_words(desk):
    desk.propose()
    landing = prepared(desk, desk.forge.proposal("pr/1"))
    desk.repo.required = ["algoops"]
    with pytest.raises(TransientError, match="waits for its required checks"):
        desk.forge.land(landing)
    desk.repo.required = []
    desk.repo.pulls[1].conflicts = True
    with pytest.raises(UserError, match="#1 conflicts with its base"):
        desk.forge.land(landing)


def test_a_closed_pull_request_is_not_deployed(desk):
    pull = desk.propose()
    landing = prepared(desk, desk.forge.proposal("pr/1"))
    desk.github.state.close(desk.repo, pull, "ann")
    with pytest.raises(UserError, match="closed"):
        desk.forge.land(landing)


def test_a_tag_that_is_elsewhere_is_never_moved(desk):
    desk.propose()
    old = desk.git.tip("refs/heads/main")
    desk.git.move("refs/tags/alpha/1.1.0", old)
    landing = prepared(desk, desk.forge.proposal("pr/1"))
    with pytest.raises(UserError, match="made by hand: delete it"):
        desk.forge.land(landing)
    assert desk.git.tip("refs/tags/alpha/1.1.0") == old
    assert desk.github.asked("PUT .*/merge") == []


def test_deploy_by_push_publishes_the_very_commit_that_was_tested(desk):
    pull = desk.propose()
    forge = desk.connect(deploy_by="push")
    landing = prepared(desk, forge.proposal("pr/1"), forge=forge)
    assert forge.land(landing) == landing.commit
    assert desk.git.tip("refs/heads/main") == landing.commit
    assert desk.git.tip("refs/tags/alpha/1.1.0") == landing.commit
    assert pull.state == "closed"
    assert forge.land(landing) == landing.commit
    forge.mirror.close()


def test_deploy_by_push_cannot_race_with_the_base(desk):
    desk.propose()
    forge = desk.connect(deploy_by="push")
    landing = prepared(desk, forge.proposal("pr/1"), forge=forge)
    desk.github.branch(desk.repo, "main", {"x": b"1"}, "ann")
    with pytest.raises(Moved):
        forge.land(landing)
    assert desk.git.tip("refs/tags/alpha/1.1.0") == ""
    forge.mirror.close()


BRANCH = "algoops/revert-alpha-1.0.0-to-0.9.0"


def revert(desk) -> Landing:
    """A rollback of alpha, and its pull request."""
    forge = desk.forge
    base = forge.base()
    commit = desk.git.commit({STRATEGY: b"name: alpha\nversion: 0.9.0\n"}, base, message="revert")
    desk.git.move("refs/keep/revert", commit)
    forge.mirror.fetch(str(desk.git.path), ["+refs/keep/revert:refs/keep/revert"], "")
    number = forge.propose(BRANCH, commit, "Roll back alpha to 0.9.0", "broken")
    return Landing(
        commit,
        base,
        "Roll back alpha to 0.9.0\n\nbroken",
        proposal=Proposal(number, BRANCH, commit),
        expected_head=commit,
        folders=("strategies/alpha",),
        own=True,
    )


def test_a_rollback_is_a_revert_pull_request_that_is_merged(desk):
    landing = revert(desk)
    commit = desk.forge.land(landing)
    (pull,) = desk.repo.pulls.values()
    assert (pull.head_ref, pull.head_sha, pull.merge_commit) == (BRANCH, landing.commit, commit)
    assert desk.git.run("show", f"main:{STRATEGY}") == "name: alpha\nversion: 0.9.0"
    assert list(desk.git.branches()) == ["refs/heads/main"]


def test_a_rollback_lands_although_the_base_moved_elsewhere(desk):
    landing = revert(desk)
    desk.github.branch(desk.repo, "main", {"x": b"1"}, "ann")
    commit = desk.forge.land(landing)
    assert desk.git.run("show", f"{commit}:{STRATEGY}") == "name: alpha\nversion: 0.9.0"
    assert desk.git.run("show", f"{commit}:x") == "1"


def test_a_rollback_does_not_undo_what_came_since_on_the_same_strategy(desk):
    landing = revert(desk)
    desk.github.branch(desk.repo, "main", {STRATEGY: b"name: alpha\nversion: 1.2.0\n"}, "ann")
    with pytest.raises(Moved, match="strategies/alpha changed on main"):
        desk.forge.land(landing)


def test_a_rollback_can_be_offered_as_a_proposal_once(desk):
    landing = revert(desk)
    first = desk.forge.propose("rollback/alpha", landing.commit, "Roll back", "broken")
    assert first == desk.forge.propose("rollback/alpha", landing.commit, "Roll back", "broken")
    assert desk.forge.proposal(first).title == "Roll back"
    with pytest.raises(UserError, match="holds something else"):
        desk.forge.propose("rollback/alpha", desk.forge.base(), "Other", "")


def test_a_branch_that_was_pushed_before_the_power_went_gets_its_pull_request(desk):
    base = desk.forge.base()
    desk.github.branch(desk.repo, BRANCH, {"x": b"1"}, "bot", base)
    tip = desk.git.tip(f"refs/heads/{BRANCH}")
    assert desk.forge.tip(BRANCH) == tip
    assert desk.forge.propose(BRANCH, tip, "Roll back", "broken") == "pr/1"


def test_a_rollback_waits_for_its_own_checks_and_opens_no_second_pull_request(desk):
    desk.repo.required = ["algoops"]
    landing = revert(desk)
    for _ in range(2):
        with pytest.raises(Waiting, match="waits for its required checks") as caught:
            desk.forge.land(landing)
        assert caught.value.retry_after_s
    desk.forge.set_status(landing.commit, "algoops", StatusState.SUCCESS, "ok", "")
    commit = desk.forge.land(landing)
    assert len(desk.repo.pulls) == 1
    assert desk.forge.land(landing) == commit


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        ('Required status check "ci" is failing.', Waiting, "is red"),
        ("At least 1 approving review is required by reviewers.", Waiting, "waits for a review"),
        ("Waiting on code owner review from acme/quants.", Waiting, "waits for a review"),
        ("A conversation must be resolved before merging.", Waiting, "conversations"),
        ("Pull Request is still a draft", UserError, "ready for review"),
        ("You're not authorized to push to this branch.", UserError, "allow the bot to merge"),
        ("Commits must have verified signatures.", UserError, "signed commits"),
        ("Something new", UserError, "rules of the base"),
    ],
)
def test_each_refusal_to_merge_says_what_is_to_be_done(desk, words, error, said):
    desk.propose()
    landing = prepared(desk, desk.forge.proposal("pr/1"))
    desk.github.faults.append(Fault("PUT .*/merge", 405, body={"message": words}))
    with pytest.raises(error, match=said) as caught:
        desk.forge.land(landing)
    assert words.rstrip(".") in str(caught.value)
    assert getattr(caught.value, "retry_after_s", None) is None, "people act, no clock"


def test_a_base_that_was_modified_just_before_is_merged_onto_a_moment_later(desk):
    desk.propose()
    landing = prepared(desk, desk.forge.proposal("pr/1"))
    said = {"message": "Base branch was modified. Review and try the merge again."}
    desk.github.faults.append(Fault("PUT .*/merge", 405, body=said, times=2))
    desk.forge.land(landing)
    assert desk.repo.pulls[1].merged_at
    assert len(desk.github.asked("PUT .*/merge")) == 3


def test_a_base_that_was_modified_and_did_move_is_looked_at_anew(desk):
    desk.propose()
    landing = prepared(desk, desk.forge.proposal("pr/1"))
    said = {"message": "Base branch was modified. Review and try the merge again."}
    desk.github.faults.append(Fault("PUT .*/merge", 405, body=said))
    desk.forge.connection.client.sleep = lambda _: desk.github.branch(
        desk.repo, "main", {"x": b"1"}, "ann"
    )
    with pytest.raises(Moved, match="main is at"):
        desk.forge.land(landing)
    assert not desk.repo.pulls[1].merged_at


@pytest.mark.parametrize("methods", [("squash",), ("rebase",), ("squash", "rebase")])
def test_a_repository_without_merge_commits_gets_the_very_tree_that_was_tested(desk, methods):
    desk.repo.methods = methods
    desk.propose()
    landing = prepared(desk, desk.forge.proposal("pr/1"))
    commit = desk.forge.land(landing)
    tree = f"{landing.commit}^{{tree}}"
    assert desk.git.run("rev-parse", f"{commit}^{{tree}}") == (
        desk.forge.mirror.repository.git.run("rev-parse", tree).text
    )
    assert desk.git.tip("refs/tags/alpha/1.1.0") == commit
    assert desk.forge.land(landing) == commit


def test_a_base_with_a_linear_history_is_squashed_onto(desk):
    desk.repo.linear = True
    desk.propose()
    commit = desk.forge.land(prepared(desk, desk.forge.proposal("pr/1")))
    assert desk.git.run("rev-list", "--parents", "-1", commit).count(" ") == 1


def test_a_repository_whose_name_sounds_like_a_refusal_is_not_misread(desk):
    words = "GitHub answered 405 to PUT /repos/acme/signed-review-deploys/pulls/1/merge: odd"
    found = why_not_merged(Refused(words, status=405, said="odd"), 1)
    assert "rules of the base" in str(found)
