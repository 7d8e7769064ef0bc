"""Deploys and reverts on GitHub: what was tested is what lands, once, whatever happens between."""

import pytest

from components.errors import Moved, TransientError, UserError
from components.forge.github_land import Untested
from components.ports import Landing, StatusState, Tag
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
    desk.github.faults.append(Fault("PUT", 405, body={"message": "Pull Request is not mergeable"}))
    with pytest.raises(UserError, match="refuses to merge #1"):
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
    with pytest.raises(UserError, match="never changes"):
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


def revert(desk, forge=None) -> Landing:
    forge = forge or desk.forge
    base = forge.base()
    commit = desk.git.commit({STRATEGY: b"name: alpha\nversion: 0.9.0\n"}, base, message="revert")
    forge.mirror.fetch(str(desk.git.path), [_stash(desk, commit)], "")
    return Landing(
        commit, base, "Roll back alpha to 0.9.0\n\nbroken", branch="algoops/rollback-alpha"
    )


def _stash(desk, commit) -> str:
    desk.git.move("refs/keep/revert", commit)
    return "+refs/keep/revert:refs/keep/revert"


def test_a_rollback_is_a_revert_pull_request_that_is_merged(desk):
    landing = revert(desk)
    commit = desk.forge.land(landing)
    (pull,) = desk.repo.pulls.values()
    assert (pull.head_ref, pull.head_sha, pull.merge_commit) == (
        "algoops/rollback-alpha",
        landing.commit,
        commit,
    )
    assert desk.git.run("show", f"main:{STRATEGY}") == "name: alpha\nversion: 0.9.0"
    assert list(desk.git.branches()) == ["refs/heads/main"]


def test_a_rollback_whose_base_moved_leaves_nothing_behind(desk):
    landing = revert(desk)
    desk.github.branch(desk.repo, "main", {"x": b"1"}, "ann")
    with pytest.raises(Moved):
        desk.forge.land(landing)
    assert {p.state for p in desk.repo.pulls.values()} == {"closed"}
    assert list(desk.git.branches()) == ["refs/heads/main"]


def test_a_rollback_can_be_offered_as_a_proposal_once(desk):
    landing = revert(desk)
    first = desk.forge.propose("rollback/alpha", landing.commit, "Roll back", "broken")
    assert first == desk.forge.propose("rollback/alpha", landing.commit, "Roll back", "broken")
    assert desk.forge.proposal(first).title == "Roll back"
    with pytest.raises(UserError, match="holds something else"):
        desk.forge.propose("rollback/alpha", desk.forge.base(), "Other", "")


def test_a_rollback_waits_for_its_own_checks_and_opens_no_second_pull_request(desk):
    desk.repo.required = ["algoops"]
    landing = revert(desk)
    for _ in range(2):
        with pytest.raises(TransientError, match="waits for its required checks") as caught:
            desk.forge.land(landing)
        assert caught.value.retry_after_s
    desk.forge.set_status(
        landing.commit,
        "algoops",
        StatusState.SUCCESS,
        "ok",
        "",
    )
    commit = desk.forge.land(landing)
    assert len(desk.repo.pulls) == 1
    assert desk.forge.land(landing) == commit
