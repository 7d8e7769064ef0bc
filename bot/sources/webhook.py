"""GitHub webhook deliveries -> events. Pure: no I/O, nothing is asked of GitHub.

The caller caps the body, calls `verify` on its raw bytes before anything else, stores the events
under the delivery's id, and then answers.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import parse_qs

from bot.core import commands
from bot.core.authors import account, is_heard
from bot.core.events import (
    BaseMoved,
    Check,
    CommandIssued,
    Event,
    GroupFormed,
    ProposalChanged,
    ProposalClosed,
)
from bot.report.board import BOARD_MARKER
from components.errors import UserError
from components.forge.github_values import REVIEW, REVIEW_COMMENT

MAX_BODY = 25 * 1024 * 1024
"""GitHub sends no larger payloads."""

FORM = "application/x-www-form-urlencoded"
FORM_FIELDS = 8
"""GitHub sends one."""

Payload = Mapping[str, Any]

_CHANGED = frozenset(
    {
        "opened",
        "reopened",
        "synchronize",
        "edited",
        "ready_for_review",
        "converted_to_draft",
        "labeled",
        "unlabeled",
    }
)


def signature(secret: str, body: bytes) -> str:
    """What GitHub's `X-Hub-Signature-256`, and our own messages, carry: `sha256=<hex>`."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def verify(secret: str, body: bytes, signature_header: str) -> bool:
    """Whether `X-Hub-Signature-256` belongs to `body`; compared in constant time.

    Args:
        secret: the shared secret; an empty one never verifies.
        body: the raw bytes of the request.
        signature_header: `sha256=<hex>`.
    """
    if not secret:
        return False
    wanted = signature(secret, body).encode()
    return hmac.compare_digest(wanted, signature_header.encode("utf-8", "replace"))


def payload_of(content_type: str, body: bytes) -> bytes:
    """The JSON document of a delivery: the body, or the form field that GitHub may wrap it in."""
    if content_type.partition(";")[0].strip().lower() != FORM:
        return body
    try:
        fields = parse_qs(body, max_num_fields=FORM_FIELDS)
    except ValueError:
        return b""
    return fields.get(b"payload", [b""])[0]


def parse(
    event_name: str,
    delivery_id: str,
    body: bytes,
    bases: Mapping[str, str] | None = None,
    bots: Collection[str] = (),
) -> tuple[Event, ...]:
    """The events of one verified delivery; `repository` is GitHub's `owner/name`.

    Args:
        event_name: `X-GitHub-Event`.
        delivery_id: `X-GitHub-Delivery`, named in errors.
        body: the JSON payload.
        bases: repository -> base branch, where that is not the repository's default branch.
        bots: accounts of bots whose commands are heard; all others' are not.

    Returns:
        No events for what does not concern us, unknown event names included.

    Raises:
        UserError: the body is not the JSON object that GitHub documents for `event_name`.
    """
    reader = _READERS.get(event_name)
    if reader is None:
        return ()
    try:
        payload = json.loads(body)
        found = reader(payload, bases or {})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(
            f"delivery {delivery_id[:64]!r} is not a {event_name} payload: {type(error).__name__}",
            hint="it was sent by somebody who knows the secret, and is not GitHub",
        ) from error
    return tuple(e for e in found if not isinstance(e, CommandIssued) or is_heard(e.actor, bots))


def repository_of(body: bytes) -> str:
    """`owner/name` that a payload is about, or "" (installation events have none).

    Raises:
        UserError: the body is not a JSON object.
    """
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UserError(f"the payload is not valid JSON: {type(error).__name__}") from error
    if not isinstance(payload, dict):
        raise UserError("the payload is not a JSON object")
    repository = payload.get("repository")
    return str(repository.get("full_name", "")) if isinstance(repository, dict) else ""


def number_of(body: bytes) -> int | None:
    """GitHub's id of the repository that a payload is about; it outlives the name."""
    try:
        return _number(json.loads(body)["repository"]["id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _repository(payload: Payload) -> str:
    return _text(payload["repository"]["full_name"])


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise TypeError("not a number")
    return value


def _pull_request(payload: Payload, _: Mapping[str, str]) -> tuple[Event, ...]:
    repository = _repository(payload)
    proposal = f"pr/{_number(payload['number'])}"
    action = _text(payload["action"])
    if action == "closed":
        return (ProposalClosed(repository, proposal),)
    if action == "dequeued":  # merged, or taken out: whoever waits for it looks again
        return (BaseMoved(repository, _text(payload["pull_request"]["base"]["sha"])),)
    if action not in _CHANGED:
        return ()
    request = payload["pull_request"]
    return (ProposalChanged(repository, proposal, _text(request["head"]["sha"]), _login(request)),)


def _login(request: Payload) -> str:
    """Who opened a pull request; "" where the account is gone."""
    return str((request.get("user") or {}).get("login", ""))


def _push(payload: Payload, bases: Mapping[str, str]) -> tuple[Event, ...]:
    repository = _repository(payload)
    base = bases.get(repository) or _text(payload["repository"]["default_branch"])
    if _text(payload["ref"]) != f"refs/heads/{base}" or payload.get("deleted"):
        return ()
    return (BaseMoved(repository, _text(payload["after"])),)


def _issue_comment(payload: Payload, _: Mapping[str, str]) -> tuple[Event, ...]:
    issue, comment = payload["issue"], payload["comment"]
    is_board = str(issue.get("body") or "").startswith(BOARD_MARKER)
    if payload["action"] != "created" or not ("pull_request" in issue or is_board):
        return ()  # who may command is asked of the forge, so a false dashboard gains nothing
    return _said(payload, issue, comment, str(_number(comment["id"])), "created_at")


def _review_comment(payload: Payload, _: Mapping[str, str]) -> tuple[Event, ...]:
    if payload["action"] != "created":
        return ()
    comment = payload["comment"]
    where = f"{REVIEW_COMMENT}{_number(comment['id'])}"
    return _said(payload, payload["pull_request"], comment, where, "created_at")


def _review(payload: Payload, _: Mapping[str, str]) -> tuple[Event, ...]:
    """A review may hold a command; an approval may be what a rollback waits for."""
    if payload["action"] != "submitted":
        return ()
    review, request = payload["review"], payload["pull_request"]
    said = _said(payload, request, review, f"{REVIEW}{_number(review['id'])}", "submitted_at")
    if review.get("state") != "approved":
        return said
    proposal = f"pr/{_number(request['number'])}"
    head = _text(request["head"]["sha"])
    return (*said, ProposalChanged(_repository(payload), proposal, head, _login(request)))


def _said(
    payload: Payload, subject: Payload, words: Payload, where: str, when: str
) -> tuple[Event, ...]:
    """The command in what somebody said, if there is one; a review may come without words."""
    author = words["user"] or {}
    if not author.get("login") or words["body"] is None:
        return ()
    command = commands.parse(_text(words["body"]))
    if command is None:
        return ()
    return (
        CommandIssued(
            repository=_repository(payload),
            proposal=f"pr/{_number(subject['number'])}",
            actor=account(_text(author["login"]), is_bot=author.get("type") == "Bot"),
            command=command,
            comment=where,
            said_at=str(words.get(when) or ""),
        ),
    )


def _merge_group(payload: Payload, bases: Mapping[str, str]) -> tuple[Event, ...]:
    group, repository = payload["merge_group"], _repository(payload)
    base = bases.get(repository) or _text(payload["repository"]["default_branch"])
    if payload["action"] != "checks_requested" or group["base_ref"] != f"refs/heads/{base}":
        return ()
    ref = _text(group["head_ref"]).removeprefix("refs/heads/")
    return (GroupFormed(repository, ref, _text(group["head_sha"])),)


def _check_run(payload: Payload, _: Mapping[str, str]) -> tuple[Event, ...]:
    return _rerequested(payload, payload["check_run"])


def _check_suite(payload: Payload, _: Mapping[str, str]) -> tuple[Event, ...]:
    return _rerequested(payload, payload["check_suite"])


def _rerequested(payload: Payload, subject: Payload) -> tuple[Event, ...]:
    if payload["action"] != "rerequested":
        return ()
    # GitHub lists no pull requests of forks here, and may list some of other repositories:
    # the head alone tells which proposals are meant.
    return (
        CommandIssued(
            repository=_repository(payload),
            proposal="",
            actor=_text(payload["sender"]["login"]),
            command=Check(),
            head=_text(subject["head_sha"]),
            source="check_run",
        ),
    )


def _nothing(_: Payload, __: Mapping[str, str]) -> tuple[Event, ...]:
    return ()


_READERS: Mapping[str, Callable[[Payload, Mapping[str, str]], tuple[Event, ...]]] = {
    "ping": _nothing,
    "installation": _nothing,
    "installation_repositories": _nothing,
    "push": _push,
    "pull_request": _pull_request,
    "merge_group": _merge_group,
    "issue_comment": _issue_comment,
    "pull_request_review": _review,
    "pull_request_review_comment": _review_comment,
    "check_run": _check_run,
    "check_suite": _check_suite,
}
KNOWN_EVENTS = frozenset(_READERS)
"""What the webhook should be subscribed to."""
