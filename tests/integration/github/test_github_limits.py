"""Rate limits, outages and broken connections: wait a little, or say for how long, never hang."""

import time
from email.utils import formatdate

import pytest

from components.errors import TransientError, UserError
from components.forge.github_client import RESERVE
from components.ports import StatusState
from tests.fakes.github.server import Fault


def test_a_server_error_is_tried_again_with_growing_pauses(desk):
    desk.propose()
    desk.github.faults.append(Fault("GET .*/pulls/1", 502, times=2))
    assert desk.forge.proposal("pr/1")
    assert 0 < desk.slept[0] < desk.slept[1] < 5


def test_an_outage_ends_in_a_transient_error_after_a_few_tries(desk):
    desk.github.faults.append(Fault("GET", 500, times=99))
    with pytest.raises(TransientError, match="500"):
        desk.forge.proposals()
    assert len(desk.github.asked()) == 4


def test_a_broken_connection_is_made_again(desk):
    desk.propose()
    desk.github.faults.append(Fault("GET .*/pulls$", times=2))
    assert len(desk.forge.proposals()) == 1


def test_a_comment_whose_answer_was_lost_is_not_posted_twice(desk):
    desk.propose()
    proposal = desk.forge.proposal("pr/1")
    desk.github.faults.append(Fault("POST .*/comments", after=True))
    with pytest.raises(TransientError):
        desk.forge.reply(proposal, "hello")
    assert len(desk.repo.comments) == 1


def test_a_short_retry_after_is_waited_for(desk):
    desk.propose()
    body = {"message": "You have exceeded a secondary rate limit"}
    desk.github.faults.append(Fault("GET", 403, {"Retry-After": "1"}, body))
    client = desk.forge.connection.client
    now = [1000.0]
    client.clock = lambda: now[0]
    client.sleep = lambda seconds: now.__setitem__(0, now[0] + seconds)
    assert desk.forge.proposals()
    assert now == [1001.0]


def test_a_long_retry_after_is_said_at_once_and_the_next_call_is_not_even_made(desk):
    desk.propose()
    desk.github.faults.append(Fault("GET", 429, {"Retry-After": "600"}, {"message": "slow down"}))
    with pytest.raises(TransientError) as caught:
        desk.forge.proposals()
    assert caught.value.retry_after_s == 600
    asked = len(desk.github.asked())
    with pytest.raises(TransientError, match="asked us to wait") as caught:
        desk.forge.set_status("a" * 40, "algoops", StatusState.PENDING, "", "")
    assert 590 < caught.value.retry_after_s <= 600
    assert len(desk.github.asked()) == asked
    assert desk.slept == []


@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_after_that_is_a_date_is_understood(desk, status):
    later = formatdate(time.time() + 600, usegmt=True)
    desk.github.faults.append(Fault("GET", status, {"Retry-After": later}, {"message": "wait"}))
    with pytest.raises(TransientError) as caught:
        desk.forge.proposals()
    assert 590 < caught.value.retry_after_s <= 600
    assert desk.slept == []


@pytest.mark.parametrize("odd", ["soon", "", "-5", "nan", "Mon, 99 Foo 2026 00:00:00 GMT"])
def test_an_odd_retry_after_is_a_wait_of_some_length(desk, odd):
    desk.github.faults.append(Fault("GET", 429, {"Retry-After": odd}, {"message": "wait"}, times=9))
    with pytest.raises(TransientError) as caught:
        desk.forge.proposals()
    assert 0 < caught.value.retry_after_s <= 60


def test_a_secondary_limit_without_a_number_waits_a_minute(desk):
    body = {"message": "You have exceeded a secondary rate limit. Please wait."}
    desk.github.faults.append(Fault("GET", 403, body=body))
    with pytest.raises(TransientError) as caught:
        desk.forge.proposals()
    assert caught.value.retry_after_s == 60


def test_a_spent_quota_waits_for_its_reset(desk):
    desk.github.remaining = 0
    desk.github.limit_reset_s = 1800
    with pytest.raises(TransientError, match="rate limit") as caught:
        desk.forge.proposals()
    assert 1700 < caught.value.retry_after_s <= 1800


def test_polling_leaves_a_reserve_for_answering_people(desk):
    pull = desk.propose()
    desk.github.remaining = RESERVE + 1
    desk.forge.ping()
    with pytest.raises(TransientError, match="nearly spent"):
        desk.forge.proposals()
    desk.forge.set_status(pull.head_sha, "algoops", StatusState.PENDING, "", "")


def test_one_repositorys_limit_does_not_stop_another(desk):
    desk.github.faults.append(Fault("GET", 429, {"Retry-After": "600"}))
    with pytest.raises(TransientError):
        desk.forge.proposals()
    other = desk.connect(token=desk.github.token("ann"))
    assert other.proposals() == ()


def test_repositories_that_share_a_token_share_its_budget(desk):
    desk.github.repo("acme/others", bot="admin")
    other = desk.connect(repository="acme/others", deploy_by="push", budgets=desk.forge.budgets)
    desk.github.faults.append(Fault("GET", 429, {"Retry-After": "600"}))
    with pytest.raises(TransientError):
        desk.forge.proposals()
    asked = len(desk.github.asked())
    with pytest.raises(TransientError, match="again in"):
        other.proposals()
    assert len(desk.github.asked()) == asked
    other.close()
    other.mirror.close()


def test_a_missing_permission_names_what_to_give(desk):
    headers = {"X-Accepted-GitHub-Permissions": "statuses=write"}
    desk.github.faults.append(Fault("POST", 403, headers, {"message": "Resource not accessible"}))
    with pytest.raises(UserError, match="statuses=write"):
        desk.forge.set_status("a" * 40, "algoops", StatusState.PENDING, "", "")


def test_an_address_that_is_no_github_is_said(desk):
    lost = desk.connect(base_url="http://127.0.0.1:9")
    with pytest.raises(TransientError, match="did not answer"):
        lost.ping()
    no_api = desk.connect(base_url=f"{desk.github.url}/git")
    with pytest.raises(TransientError):
        no_api.ping()
