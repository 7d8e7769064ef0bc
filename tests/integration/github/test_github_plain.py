"""Against a GitHub of the plainest kind: what is documented suffices, the rest is a nicety."""

import pytest

from components.errors import ConfigError, TransientError
from components.ports import Permission
from tests.fakes.github.server import Fault
from tests.integration.github.test_github_landing import prepared

ALWAYS = 10_000


@pytest.fixture
def plain(desk):
    desk.github.plain = True
    desk.git.hide_pulls()
    return desk


def without(desk, *matches):
    desk.github.faults += [Fault(m, 404, times=ALWAYS) for m in matches]


def forked(desk):
    fork = desk.github.repo("eve/strategies", {"x": b"1"}, bot="read", eve="admin")
    fork.git.copy_objects(desk.git, "refs/heads/main", "refs/heads/main")
    desk.github.branch(fork, "evil", {"a": b"1"}, "eve")
    return desk.github.state.open_pull(desk.repo, "evil", "eve", head_repo=fork)


def test_a_head_without_a_ref_of_its_pull_request_is_fetched_from_its_branch(plain):
    pull = plain.propose()
    assert plain.forge.proposal("pr/1").head == pull.head_sha
    assert plain.forge.proposals()[0].head == pull.head_sha
    plain.forge.fetch()
    assert plain.forge.mirror.resolve("refs/pull/1/head") == pull.head_sha


def test_a_forks_head_without_such_a_ref_is_fetched_from_the_fork(desk):
    desk.git.hide_pulls()
    pull = forked(desk)
    proposal = desk.forge.proposal("pr/1")
    assert (proposal.fork, proposal.head) == (True, pull.head_sha)


def test_a_fork_at_another_address_is_never_asked_with_our_token(desk):
    desk.git.hide_pulls()
    forked(desk)
    data = desk.github.views.pull(desk.repo, desk.repo.pulls[1])
    data["head"]["repo"]["clone_url"] = "http://elsewhere.test/eve.git"
    desk.github.faults.append(Fault("GET .*/pulls/1$", 200, body=data))
    with pytest.raises(TransientError, match="cannot be fetched"):
        desk.forge.proposal("pr/1")


def test_closed_pull_requests_in_the_list_are_left_out(desk):
    desk.propose()
    open_one = desk.github.views.pull(desk.repo, desk.repo.pulls[1])
    closed = {**open_one, "number": 9, "state": "closed"}
    desk.github.faults.append(Fault("GET .*/pulls$", 200, body=[open_one, closed]))
    assert [p.id for p in desk.forge.proposals()] == ["pr/1"]


def test_the_next_page_is_asked_at_our_address_whatever_the_link_says(desk):
    link = {"Link": '<https://elsewhere.test/x?state=open&page=2>; rel="next"'}
    desk.github.faults.append(Fault("GET .*/pulls$", 200, link, body=[]))
    assert desk.forge.proposals() == ()
    assert [r.query.get("page") for r in desk.github.asked("/pulls$")] == [None, "2"]


def test_commands_are_heard_where_the_repository_lists_no_comments(plain):
    plain.propose()
    without(plain, "GET .*/issues/comments$")
    said = plain.github.state.comment(plain.repo, 1, "/algoops check", "ann")
    plain.forge.proposals()
    (heard,) = plain.forge.comments_since("2026-01-01T00:00:00Z")
    assert (heard.id, heard.number, heard.author) == (str(said.id), 1, "ann")


def test_a_deploy_lands_and_is_tagged_where_the_api_makes_no_tags(plain):
    plain.propose()
    without(plain, "POST .*/git/tags")
    landing = prepared(plain, plain.forge.proposal("pr/1"))
    commit = plain.forge.land(landing)
    assert plain.git.tip("refs/heads/main") == commit
    assert plain.git.tip("refs/tags/alpha/1.1.0") == commit
    assert plain.forge.land(landing) == commit


def test_an_answer_without_its_id_is_githubs_fault(desk):
    desk.propose()
    proposal = desk.forge.proposal("pr/1")
    desk.github.faults.append(Fault("POST .*/comments", 201, body={"ok": True}))
    with pytest.raises(TransientError, match="lacks id"):
        desk.forge.reply(proposal, "hello")


def test_a_list_that_is_none_is_githubs_fault(desk):
    desk.github.faults.append(Fault("GET .*/pulls$", 200, body={"items": []}))
    with pytest.raises(TransientError, match="no list"):
        desk.forge.proposals()


def test_a_missing_clone_address_says_what_to_set(desk):
    desk.github.faults.append(Fault("GET /repos/acme/strategies$", 200, body={"id": 1}))
    with pytest.raises(ConfigError, match="clone_url"):
        desk.forge.base()


def test_permission_needs_one_word(plain):
    assert plain.forge.permission("ann") is Permission.WRITE
