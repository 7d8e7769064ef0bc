"""The GitHub forge against the fake: real HTTP, real git, answers checked against GitHub's own."""

import pytest

from components.errors import TransientError, UserError
from components.forge.github import MARKER
from components.forge.github_values import Reaction
from components.ports import Permission, StatusState
from tests.fakes.github.server import Fault
from tests.github_support import report_of


def test_an_open_pull_request_is_a_proposal_with_its_head_fetched(desk):
    pull = desk.propose(title="Better", draft=True)
    (proposal,) = desk.forge.proposals()
    assert (proposal.id, proposal.ref, proposal.head) == ("pr/1", "feature", pull.head_sha)
    assert (proposal.title, proposal.author, proposal.draft, proposal.fork) == (
        "Better",
        "ann",
        True,
        False,
    )
    assert proposal.url.endswith("/acme/strategies/pull/1")
    desk.forge.fetch()
    assert desk.forge.mirror.resolve("refs/pull/1/head") == pull.head_sha
    assert desk.forge.base() == desk.git.tip("refs/heads/main")


def test_a_fork_is_named_as_one_and_its_head_is_fetched(desk):
    fork = desk.github.repo("eve/strategies", {"x": b"1"}, eve="admin")
    fork.git.copy_objects(desk.git, "refs/heads/main", "refs/heads/main")
    desk.github.branch(fork, "evil", {"strategies/alpha/strategy.py": b"import os\n"}, "eve")
    desk.github.state.open_pull(desk.repo, "evil", "eve", head_repo=fork)
    (proposal,) = desk.forge.proposals()
    desk.forge.fetch()
    assert proposal.fork
    assert desk.forge.mirror.resolve("refs/pull/1/head") == proposal.head


def test_a_pull_request_to_another_branch_is_none_of_ours(desk):
    desk.github.branch(desk.repo, "dev", {"a": b"1"}, "ann")
    desk.propose(base="dev")
    assert desk.forge.proposals() == ()
    assert desk.forge.proposal("pr/1") is None


def test_a_closed_or_missing_pull_request_is_gone(desk):
    pull = desk.propose()
    desk.github.state.close(desk.repo, pull, "ann")
    assert desk.forge.proposal("pr/1") is None
    assert desk.forge.proposal("pr/99") is None
    assert desk.forge.proposal("branch/x") is None


def test_a_thousand_pull_requests_are_read_page_by_page(desk):
    desk.github.branch(desk.repo, "one", {"a": b"1"}, "ann")
    for _ in range(120):
        desk.github.state.open_pull(desk.repo, "one", "ann")
    assert len(desk.forge.proposals()) == 120
    assert len(desk.github.asked("GET .*/pulls$")) == 2


def test_calls_are_counted_by_how_they_ended(desk):
    assert desk.forge.calls_left is None
    desk.forge.ping()
    before = desk.forge.outcomes
    assert desk.forge.calls_left == desk.github.remaining
    assert not desk.forge.is_proposal("pr/77")
    desk.github.faults.append(Fault("GET .*/pulls/78$", 500, times=4))
    with pytest.raises(TransientError):
        desk.forge.is_proposal("pr/78")
    after = desk.forge.outcomes
    counted = {name: after[name] - before.get(name, 0) for name in after}
    assert counted == {"ok": 0, "refused": 1, "failed": 4}


def test_an_idle_poll_costs_no_quota(desk):
    desk.propose()
    desk.forge.ping()
    desk.forge.proposals()
    desk.forge.comments_since("2026-01-01T00:00:00Z")
    before = desk.github.remaining
    for _ in range(5):
        desk.forge.proposals()
        desk.forge.comments_since("2026-01-01T00:00:00Z")
        desk.forge.base()
    assert desk.github.remaining == before


def test_a_run_with_one_strategy_takes_four_calls(desk):
    desk.propose()
    desk.forge.ping()
    already = len(desk.github.asked())
    proposal = desk.forge.proposal("pr/1")
    desk.forge.fetch()
    desk.forge.set_status(proposal.head, "algoops", StatusState.PENDING, "running", "")
    desk.forge.publish(proposal, report_of(head=proposal.head), f"{MARKER}\nhi", "")
    desk.forge.set_status(proposal.head, "algoops", StatusState.SUCCESS, "passed", "")
    assert len(desk.github.asked()) - already <= 4
    assert desk.repo.status_of(proposal.head) == {"algoops": "success"}


def test_one_report_comment_is_edited_in_place(desk):
    desk.propose()
    proposal = desk.forge.proposal("pr/1")
    first = desk.forge.publish(proposal, report_of(), f"{MARKER}\nfirst", "")
    again = desk.forge.publish(proposal, report_of(), f"{MARKER}\nsecond", first)
    assert first == again
    assert [c.body for c in desk.repo.comments.values()] == [f"{MARKER}\nsecond"]


def test_a_lost_comment_id_is_found_by_marker_and_own_author(desk):
    desk.propose()
    proposal = desk.forge.proposal("pr/1")
    desk.github.state.comment(desk.repo, 1, f"{MARKER}\nforged", "eve")
    mine = desk.forge.publish(proposal, report_of(), f"{MARKER}\nmine", "")
    forgetful = desk.connect()
    proposal = forgetful.proposal("pr/1")
    assert forgetful.publish(proposal, report_of(), f"{MARKER}\nnew", "") == mine
    assert [c.body for c in desk.repo.comments.values()] == [f"{MARKER}\nforged", f"{MARKER}\nnew"]


def test_a_deleted_report_comment_is_posted_anew(desk):
    desk.propose()
    proposal = desk.forge.proposal("pr/1")
    first = desk.forge.publish(proposal, report_of(), f"{MARKER}\nfirst", "")
    del desk.repo.comments[int(first)]
    second = desk.forge.publish(proposal, report_of(), f"{MARKER}\nsecond", first)
    assert second != first
    assert len(desk.repo.comments) == 1


def test_neutral_is_green_for_a_status_and_long_descriptions_are_cut(desk):
    pull = desk.propose()
    desk.forge.set_status(
        pull.head_sha, "algoops", StatusState.NEUTRAL, "x" * 300, "https://x.test/"
    )
    (mark,) = desk.repo.marks
    assert (mark.state, len(mark.description), mark.url) == ("success", 140, "https://x.test/")


def test_no_commit_found_just_after_a_push_is_tried_again(desk):
    pull = desk.propose()
    missing = {"message": f"No commit found for SHA: {pull.head_sha}"}
    desk.github.faults.append(Fault("POST .*/statuses/", 422, body=missing, times=2))
    desk.forge.set_status(pull.head_sha, "algoops", StatusState.PENDING, "", "")
    assert desk.repo.status_of(pull.head_sha) == {"algoops": "pending"}
    assert len(desk.slept) == 2


def test_a_commit_that_never_comes_is_refused_in_the_end(desk):
    with pytest.raises(UserError, match="No commit found"):
        desk.forge.set_status("a" * 40, "algoops", StatusState.PENDING, "", "")


@pytest.mark.parametrize(
    ("login", "level", "found"),
    [
        ("ann", "write", Permission.WRITE),
        ("ann", "maintain", Permission.WRITE),
        ("ann", "triage", Permission.READ),
        ("bot", "admin", Permission.ADMIN),
        ("reader", "read", Permission.READ),
        ("nobody", None, Permission.NONE),
    ],
)
def test_permission_is_what_github_says_now(desk, login, level, found):
    if level:
        desk.repo.collaborators[login] = level
    assert desk.forge.permission(login) is found


def test_a_login_with_odd_characters_asks_no_other_path(desk):
    assert desk.forge.permission("../../../user") is Permission.NONE
    assert [r.path for r in desk.github.asked()] == [
        "/repos/acme/strategies/collaborators/..%2F..%2F..%2Fuser/permission"
    ]
    desk.github.problems.clear()


def test_a_command_is_answered_with_reactions(desk):
    desk.propose()
    said = desk.github.state.comment(desk.repo, 1, "/algoops check", "ann")
    for reaction in Reaction:
        desk.forge.react(str(said.id), reaction)
    assert [r for _, r in said.reactions] == ["eyes", "+1", "confused"]
    desk.forge.react("999999", Reaction.SEEN)


def test_ping_names_the_repository_and_what_is_left(desk):
    assert desk.forge.ping().startswith("acme/strategies at http")


def test_a_wrong_token_says_what_to_do(desk):
    stranger = desk.connect(token="ghp_wrong")
    with pytest.raises(TransientError, match="does not accept the token"):
        stranger.ping()


def test_doctor_names_what_the_token_lacks(desk):
    assert desk.forge.missing_permissions() == ()
    weak = desk.connect(token=desk.github.token("reader"))
    (said,) = weak.missing_permissions()
    assert "write access" in said


def test_tag_made_by_hand_is_known_before_a_deploy_meets_it(desk):
    desk.propose()
    desk.forge.proposals()
    desk.forge.fetch()
    repository = desk.forge.mirror.repository
    assert repository.commit_of_tag("alpha/v1.1.0") is None
    main = desk.git.tip("refs/heads/main")
    desk.git.run("tag", "-a", "-m", "by hand", "alpha/v1.1.0", main)
    desk.forge.fetch()
    assert repository.commit_of_tag("alpha/v1.1.0") == main
    desk.git.move("refs/tags/alpha/v1.1.0", None)
    desk.forge.fetch()
    assert repository.commit_of_tag("alpha/v1.1.0") is None


def test_broken_tag_keeps_nothing_else_away(desk):
    desk.propose()
    desk.forge.proposals()
    main = desk.git.tip("refs/heads/main")
    broken = f"object {main}\ntype commit\ntag x\ntagger nobody\n\nx\n".encode()
    made = desk.git.run("hash-object", "-t", "tag", "-w", "--stdin", "--literally", stdin=broken)
    (desk.git.path / "refs/tags/x").write_text(made + "\n")
    desk.forge.fetch()
    assert desk.forge.base() == main
    assert desk.forge.proposal("pr/1") is not None
