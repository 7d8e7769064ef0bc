"""Webhook deliveries: verified before they are read, understood or left alone, never a crash."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.events import (
    BaseMoved,
    Check,
    CommandIssued,
    Deploy,
    GroupFormed,
    Help,
    ProposalChanged,
    ProposalClosed,
)
from bot.sources import webhook
from components.errors import UserError

EXAMPLES = json.loads(
    gzip.decompress((Path(__file__).parents[2] / "data/github/webhooks.json.gz").read_bytes())
)
REPOSITORY = {"full_name": "acme/strategies", "default_branch": "main"}


def parsed(event, payload, **more):
    return webhook.parse(
        event, "guid", json.dumps({"repository": REPOSITORY, **payload}).encode(), **more
    )


def test_githubs_own_example_signature_is_accepted():
    # https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert webhook.verify("It's a Secret to Everybody", b"Hello, World!", signature)


@pytest.mark.parametrize(
    ("secret", "signature"),
    [
        ("", "sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("secret", ""),
        ("secret", "sha256="),
        ("secret", "sha1=757107ea0eb2509fc211221cce984b8a37570b6d"),
        ("secret", "sha256=ünïcode"),
        ("secret", "sha256=\udcff"),
    ],
)
def test_a_missing_or_odd_signature_is_refused(secret, signature):
    assert not webhook.verify(secret, b"", signature)


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_a_signature_holds_for_its_body_alone(body, other):
    import hashlib
    import hmac

    signature = "sha256=" + hmac.new(b"k", body, hashlib.sha256).hexdigest()
    assert webhook.verify("k", body, signature)
    assert webhook.verify("k", other, signature) == (body == other)


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda e: e["name"])
def test_every_published_example_is_parsed(event):
    for payload in event["examples"]:
        found = webhook.parse(event["name"], "guid", json.dumps(payload).encode())
        assert isinstance(found, tuple)
        if event["name"] not in webhook.KNOWN_EVENTS:
            assert found == ()


def test_published_pull_request_examples_become_events():
    (examples,) = [e["examples"] for e in EXAMPLES if e["name"] == "pull_request"]
    events = [
        e for p in examples for e in webhook.parse("pull_request", "guid", json.dumps(p).encode())
    ]
    kinds = {type(e) for e in events}
    assert kinds == {ProposalChanged, ProposalClosed}
    assert all(e.proposal.startswith("pr/") for e in events)


@pytest.mark.parametrize(
    "action", ["opened", "synchronize", "reopened", "labeled", "ready_for_review"]
)
def test_a_changed_pull_request_is_a_changed_proposal(action):
    payload = {"action": action, "number": 7, "pull_request": {"head": {"sha": "a" * 40}}}
    assert parsed("pull_request", payload) == (
        ProposalChanged("acme/strategies", "pr/7", "a" * 40),
    )


def test_assigning_somebody_changes_nothing():
    payload = {"action": "assigned", "number": 7, "pull_request": {"head": {"sha": "a" * 40}}}
    assert parsed("pull_request", payload) == ()


@pytest.mark.parametrize(
    ("ref", "bases", "found"),
    [
        ("refs/heads/main", {}, True),
        ("refs/heads/dev", {}, False),
        ("refs/tags/main", {}, False),
        ("refs/heads/live", {"acme/strategies": "live"}, True),
        ("refs/heads/main", {"acme/strategies": "live"}, False),
    ],
)
def test_a_push_counts_when_it_moves_the_base(ref, bases, found):
    events = parsed("push", {"ref": ref, "after": "b" * 40, "deleted": False}, bases=bases)
    assert events == ((BaseMoved("acme/strategies", "b" * 40),) if found else ())


def comment(**changed):
    known = {
        "action": "created",
        "issue": {"number": 7, "pull_request": {}},
        "comment": {"id": 11, "body": "/algoops deploy", "user": {"login": "ann", "type": "User"}},
    }
    return known | changed


def test_a_comment_with_a_command_is_a_command():
    (event,) = parsed("issue_comment", comment())
    assert event == CommandIssued("acme/strategies", "pr/7", "ann", Deploy(), comment="11")


@pytest.mark.parametrize(
    "changed",
    [
        {"action": "edited"},
        {"action": "deleted"},
        {"issue": {"number": 7}},
        {
            "comment": {
                "id": 1,
                "body": "/algoops deploy",
                "user": {"login": "b[bot]", "type": "Bot"},
            }
        },
        {"comment": {"id": 1, "body": "/algoops deploy", "user": None}},
        {"comment": {"id": 1, "body": "thanks", "user": {"login": "ann", "type": "User"}}},
    ],
)
def test_other_comments_are_left_alone(changed):
    assert parsed("issue_comment", comment(**changed)) == ()


@pytest.mark.parametrize("login", ["helper[bot]", "Helper[bot]", "helper"])
def test_command_of_a_bot_is_heard_where_the_bot_is_listed_and_bears_its_name(login):
    said = {"id": 1, "body": "/algoops check", "user": {"login": login, "type": "Bot"}}
    body = comment(comment=said)
    (event,) = parsed("issue_comment", body, bots=["helper[bot]"])
    assert event.actor.casefold() == "helper[bot]"
    for others in ((), ("other[bot]",), ("helper",)):
        assert parsed("issue_comment", body, bots=others) == ()


def test_group_of_a_merge_queue_asks_for_its_checks():
    group = {
        "head_sha": "d" * 40,
        "head_ref": "refs/heads/gh-readonly-queue/main/pr-7-abc",
        "base_ref": "refs/heads/main",
    }
    payload = {"action": "checks_requested", "merge_group": group}
    (event,) = parsed("merge_group", payload)
    assert event == GroupFormed("acme/strategies", "gh-readonly-queue/main/pr-7-abc", "d" * 40)
    assert parsed("merge_group", {**payload, "action": "destroyed"}) == ()


REVIEW = {"id": 5, "user": {"login": "ann", "type": "User"}, "submitted_at": "2026-01-02T00:00:00Z"}
REQUEST = {"number": 7, "head": {"sha": "c" * 40}}


def test_command_in_a_review_is_a_command_and_an_approval_is_looked_at():
    said = {**REVIEW, "body": "Good.\n\n/algoops deploy", "state": "approved"}
    payload = {"action": "submitted", "review": said, "pull_request": REQUEST}
    command, changed = parsed("pull_request_review", payload)
    assert (command.command, command.proposal, command.comment) == (Deploy(), "pr/7", "review-5")
    assert command.said_at == "2026-01-02T00:00:00Z"
    assert changed == ProposalChanged("acme/strategies", "pr/7", "c" * 40)


@pytest.mark.parametrize(
    "changed",
    [{"action": "edited"}, {"action": "dismissed"}, {"review": {**REVIEW, "body": None}}],
)
def test_review_that_is_edited_or_has_no_words_is_no_command(changed):
    payload = {
        "action": "submitted",
        "review": {**REVIEW, "body": "/algoops deploy", "state": "commented"},
        "pull_request": REQUEST,
    }
    assert parsed("pull_request_review", payload | changed) == ()


def test_command_in_a_comment_on_a_line_is_a_command():
    payload = {"action": "created", **{k: v for k, v in comment().items() if k == "comment"}}
    (event,) = parsed("pull_request_review_comment", {**payload, "pull_request": REQUEST})
    assert (event.command, event.comment) == (Deploy(), "review-comment-11")
    assert parsed("pull_request_review_comment", {**payload, "action": "edited"}) == ()


def test_a_misspelt_command_is_answered_with_help():
    said = {"id": 1, "body": "/algoops depoly", "user": {"login": "ann", "type": "User"}}
    (event,) = parsed("issue_comment", comment(comment=said))
    assert isinstance(event.command, Help)


def test_a_rerequested_check_run_checks_again():
    payload = {
        "action": "rerequested",
        "sender": {"login": "ann"},
        "check_run": {"head_sha": "c" * 40, "pull_requests": []},  # as it is for a fork
    }
    (event,) = parsed("check_run", payload)
    assert (event.command, event.head, event.source) == (Check(), "c" * 40, "check_run")
    assert event.proposal == ""


@pytest.mark.parametrize(
    "event", sorted(webhook.KNOWN_EVENTS - {"ping", "installation", "installation_repositories"})
)
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"{}", b"\xff", b"[" * 100_000, b'{"repository": 1}']
)
def test_a_broken_body_is_the_senders_fault(event, body):
    with pytest.raises(UserError, match="is not a"):
        webhook.parse(event, "guid", body)


@given(
    st.sampled_from(sorted(webhook.KNOWN_EVENTS)),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "action",
                        "number",
                        "repository",
                        "full_name",
                        "pull_request",
                        "head",
                        "sha",
                        "issue",
                        "comment",
                        "user",
                        "body",
                        "ref",
                        "default_branch",
                    ]
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=20,
    ),
)
def test_any_json_is_events_or_the_senders_fault(event, payload):
    try:
        found = webhook.parse(event, "guid", json.dumps(payload).encode())
    except UserError:
        return
    assert isinstance(found, tuple)


def test_the_repository_of_a_payload_is_named():
    assert webhook.repository_of(b'{"repository": {"full_name": "a/b"}}') == "a/b"
    assert webhook.repository_of(b'{"repository": []}') == ""


@given(st.binary(max_size=40))
def test_bytes_that_are_no_payload_are_the_senders_mistake(body):
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if isinstance(document, dict):
        assert isinstance(webhook.repository_of(body), str)
    else:
        with pytest.raises(UserError, match="JSON"):
            webhook.repository_of(body)
