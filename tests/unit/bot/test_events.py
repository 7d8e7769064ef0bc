import pytest

from bot.core.event_json import from_payload, key_of, kind_of, to_payload
from bot.core.events import (
    BaseMoved,
    Cancel,
    Check,
    CommandIssued,
    Deploy,
    Freeze,
    Help,
    Hold,
    Promote,
    ProposalChanged,
    ProposalClosed,
    Rollback,
    Status,
    Tick,
    Unfreeze,
    Unhold,
)

COMMANDS = [
    Check(),
    Deploy("abc", name="sma", create_tag=False),
    Rollback("sma", "1.0.0", "because", stage="live"),
    Promote("sma", "1.0.0", "live"),
    Freeze("4h", "because"),
    Unfreeze("over"),
    Hold("sma", "1.0.0", "bad"),
    Unhold("sma", "1.0.0"),
    Cancel(),
    Status(),
    Help("what?"),
]
EVENTS = [
    ProposalChanged("r", "branch/x", "a" * 40),
    ProposalClosed("r", "branch/x"),
    BaseMoved("r", "b" * 40),
    Tick(),
    *(CommandIssued("r", "branch/x", "ada", command) for command in COMMANDS),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: type(e).__name__)
def test_event_is_the_same_after_it_was_stored(event):
    assert from_payload(kind_of(event), to_payload(event)) == event


def test_comment_heard_twice_has_one_key():
    event = CommandIssued("r", "pr/1", "ada", Check(), comment="77")
    assert key_of(event, "delivery-1") == key_of(event)


def test_redelivered_webhook_has_the_same_key():
    event = EVENTS[0]
    assert key_of(event, "d", 0) == key_of(event, "d", 0)
    assert key_of(event, "d", 0) != key_of(event, "d", 1)


def test_branch_that_comes_back_to_an_old_head_is_a_new_event():
    assert key_of(EVENTS[0]) != key_of(EVENTS[0])
