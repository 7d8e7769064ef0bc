"""Rollbacks on a protected GitHub repository: an emergency is neither judged nor stuck."""

import threading

import pytest

from bot.core.events import Deploy, Hold
from bot.daemon.intake import close
from bot.daemon.merge_groups import check_group
from bot.proposals.check import check_proposal
from tests.fakes.github.server import Fault
from tests.team_support import Team, definition, job


@pytest.fixture
def team(github, world):
    made = Team(github, world, f"alpha{len(world.store.strategies.list())}")
    yield made
    for intent in world.store.intents.open():
        world.store.intents.settle(intent.id, "abandoned")


def test_rollback_on_a_protected_base_lands_at_once_and_is_judged_by_no_gate(team):
    done = team.roll_back()
    assert (done.ok, done.code) == (True, "rolled_back"), done.message
    assert team.is_rolled_back()
    (pull,) = team.pulls
    assert team.repo.status_of(pull.head_sha) == {"algoops": "success"}
    assert team.world.store.runs.list(repository="team", proposal=team.pr) == []
    assert f"refs/heads/{team.branch}" not in team.git.branches()


def test_rollback_that_github_called_not_mergeable_a_moment_too_early_lands(team):
    said = {"message": "Pull Request is not mergeable"}
    team.github.faults.append(Fault("PUT .*/pulls/[0-9]+/merge", 405, body=said))
    assert team.roll_back().code == "rolled_back"
    assert team.is_rolled_back()
    assert len(team.pulls) == 1


def test_rollback_that_waits_for_a_review_says_so_and_lands_once_it_is_given(team):
    team.repo.reviews = 1
    waits = team.roll_back()
    assert (waits.ok, waits.code) == (True, "waiting")
    assert "waits for a review" in waits.message
    assert "At least 1 approving review" in waits.message
    assert team.live == "1.1.0"
    (pull,) = team.pulls
    check_proposal(team.world, job("check", team.pr, {"proposal": team.pr}))
    assert team.repo.status_of(pull.head_sha) == {"algoops": "success"}, "it is judged all the same"
    team.github.state.approve(team.repo, pull, "ann")
    team.tick()
    assert team.is_rolled_back()
    assert team.outcome().code == "rolled_back"
    team.tick()
    (told,) = [c.body for c in team.repo.comments.values() if f"pr/{c.number}" == team.pr]
    assert "Rolled back" in told


def test_rollback_that_waits_keeps_no_other_command_waiting(team):
    team.repo.reviews = 1
    team.roll_back()
    held = team.command("", Hold(team.name, "1.0.0", "not this one"), "hold")
    assert held.ok, held.message
    team.push("1.0.0", "beta")
    assert team.world.store.strategies.get("team", "beta").deployed_version == "1.0.0"
    refused = team.command("pr/99", Deploy(), "deploy")
    assert refused.code == "not_found"
    team.tick()
    assert len(team.world.store.intents.open()) == 1


def test_rollback_merged_by_a_person_with_squash_on_a_base_that_moved_is_the_rollback(team):
    team.repo.reviews = 1
    team.roll_back()
    team.push("1.0.0", "gamma")
    team.repo.reviews = 0
    (pull,) = team.pulls
    team.github.state.merge(team.repo, pull, pull.head_sha, "By hand", "ann", "squash")
    team.look()
    assert team.is_rolled_back()
    kinds = [d.kind for d in team.world.store.deployments.list(repository="team", name=team.name)]
    assert kinds == ["rollback", "external", "external"]


def test_rollback_whose_pull_request_is_closed_ends_and_can_be_asked_for_again(team):
    team.repo.reviews = 1
    team.roll_back()
    (pull,) = team.pulls
    team.github.state.close(team.repo, pull, "ann")
    close(team.world, "team", team.pr)
    assert team.world.store.intents.open() == []
    assert team.live == "1.1.0"
    assert team.world.store.holds.active("team", team.name, "1.1.0") is None
    ended = team.outcome()
    assert (ended.ok, ended.code) == (False, "given_up")
    assert "closed" in ended.message
    assert f"refs/heads/{team.branch}" not in team.git.branches()
    team.repo.reviews = 0
    assert team.roll_back(key="again").code == "rolled_back"
    assert team.is_rolled_back()


def test_rollback_ends_when_the_strategy_moves_on_and_takes_nothing_of_it_back(team):
    team.repo.reviews = 1
    team.roll_back()
    team.push("1.2.0")
    assert team.world.store.intents.open() == []
    assert [p.state for p in team.pulls] == ["closed"]
    assert team.live == "1.2.0"
    assert team.outcome().code == "given_up"


def test_rollback_asked_for_twice_has_one_pull_request(team):
    team.repo.reviews = 1
    done = []

    def ask(key):
        done.append(team.roll_back(key=key))

    askers = [threading.Thread(target=ask, args=(key,)) for key in ("one", "two")]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(60)
    assert [d.code for d in done] == ["waiting", "waiting"]
    assert len(team.pulls) == 1
    assert team.roll_back(key="three", version="0.9.0").code == "under_way"


def test_rollback_adopts_what_an_earlier_life_left_behind(team, tmp_path):
    team.repo.reviews = 1
    team.roll_back()
    (intent,) = team.world.store.intents.open()
    team.world.store.intents.settle(intent.id, "abandoned")  # as after a lost state folder
    again = team.roll_back(key="again")
    assert again.code == "waiting"
    assert len(team.pulls) == 1
    team.github.state.approve(team.repo, team.pulls[0], "ann")
    assert team.command(team.pr, Deploy(), "deploy").code == "rolled_back"
    assert team.is_rolled_back()


def test_rollback_leaves_a_branch_that_holds_somebody_elses_work_alone(team):
    theirs = team.github.branch(team.repo, team.branch, {"README.md": b"mine\n"}, "ann")
    assert team.roll_back().code == "rolled_back"
    assert team.is_rolled_back()
    assert team.git.tip(f"refs/heads/{team.branch}") == theirs


def test_rollback_whose_branch_was_deleted_ends(team):
    team.repo.reviews = 1
    team.roll_back()
    team.github.state.push(team.repo, f"refs/heads/{team.branch}", None, "ann")
    team.tick()
    assert team.world.store.intents.open() == []
    assert team.roll_back(key="again").code == "waiting"
    assert [p.state for p in team.pulls] == ["closed", "open"]


def test_rollback_outlives_errors_of_github_in_the_middle(team):
    team.github.faults.append(Fault("PUT .*/merge", after=True))
    with pytest.raises(Exception, match="did not answer"):
        team.roll_back()
    assert team.world.store.intents.open()
    team.look()
    assert team.is_rolled_back()
    kinds = [d.kind for d in team.world.store.deployments.list(repository="team", name=team.name)]
    assert kinds == ["rollback", "external", "external"]


def test_commit_pushed_upon_a_rollback_is_no_rollback_any_more(team):
    team.repo.reviews = 1
    team.roll_back()
    team.github.branch(team.repo, team.branch, {team.file: definition("6.6.6", team.name)}, "ann")
    (pull,) = team.pulls
    assert team.repo.status_of(pull.head_sha) == {}
    team.github.state.approve(team.repo, pull, "zoe")
    team.tick()
    assert team.live == "1.1.0"
    assert team.world.store.intents.open() == []
    assert f"refs/heads/{team.branch}" in team.git.branches(), "their work is not thrown away"


def test_offered_rollback_is_merged_by_nobody_but_a_person(team):
    waits = team.roll_back(offered=True)
    assert (waits.ok, waits.code) == (True, "waiting")
    assert "a person has to deploy it" in waits.message
    (pull,) = team.pulls
    assert team.repo.status_of(pull.head_sha) == {"algoops": "success"}
    check_proposal(team.world, job("check", team.pr, {"proposal": team.pr}))
    team.tick()
    team.push("1.0.0", "delta")
    assert team.live == "1.1.0"
    assert pull.state == "open"
    team.github.state.merge(team.repo, pull, pull.head_sha, "By hand", "ann", "squash")
    team.look()
    assert team.is_rolled_back()


def test_offered_rollback_lands_by_the_command_in_its_pull_request(team):
    team.roll_back(offered=True)
    team.repo.reviews = 1
    waits = team.command(team.pr, Deploy(), "deploy")
    assert (waits.code, "waits for a review" in waits.message) == ("waiting", True)
    team.github.state.approve(team.repo, team.pulls[0], "ann")
    team.tick()
    assert team.is_rolled_back()


def group_of(team, files):
    """A group of the merge queue: its branch, its commit, and the job that checks it."""
    main = team.git.tip("refs/heads/main")
    commit = team.git.commit(files, main, message="a group")
    ref = f"gh-readonly-queue/main/pr-1-{main}"
    team.git.move(f"refs/heads/{ref}", commit)
    check_group(team.world, job("group", commit, {"ref": ref}))
    team.git.move(f"refs/heads/{ref}", None)
    return commit


def test_group_of_the_merge_queue_gets_the_verdict_of_what_it_would_bring(team):
    bad = {f"strategies/{team.name}/strategy.yaml": b"name: 7\n"}
    assert team.repo.status_of(group_of(team, bad)) == {"algoops": "failure"}
    assert team.repo.status_of(group_of(team, {"README.md": b"x\n"})) == {"algoops": "success"}
    assert team.live == "1.1.0"


def test_group_that_holds_a_rollback_is_judged_by_no_gate(team):
    team.repo.reviews = 1
    team.roll_back()
    restored = group_of(team, {team.file: definition("1.0.0", team.name)})
    assert team.repo.status_of(restored) == {"algoops": "success"}
