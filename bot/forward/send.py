"""Tells the outside what deployed strategies want: a note on the commit, and a signed message."""

from typing import Protocol, runtime_checkable

import requests

from bot.core.failpoints import failpoint
from bot.landing.context import World
from bot.report.orders import order_lines
from bot.sources.webhook import signature
from components.errors import TransientError
from components.state.orders import sheet_document
from components.state.tables.records import Job

ID = "X-AlgoOps-Delivery"
"""Header with the message's id: the same however often it is sent."""

SIGNATURE = "X-AlgoOps-Signature-256"
"""Header with the HMAC-SHA-256 of the body, as GitHub signs what it sends."""

TIMEOUT_S = 10.0
OK = range(200, 300)


@runtime_checkable
class Noting(Protocol):
    """A forge that keeps notes on commits."""

    def note_orders(self, commit: str, text: str) -> None:
        """Set the note with the orders of what landed with a commit."""


def write_note(world: World, job: Job) -> None:
    """Have the note on a deployed commit say what stands now; doing it again is harmless."""
    forge = world.repository(job.repository).forge
    if not isinstance(forge, Noting):
        return
    standing = world.store.forward.at_commit(job.repository, job.key)
    lines = [line for one in standing for line in order_lines(sheet_document(world.store, one))]
    forge.note_orders(job.key, "\n".join(lines or ["not deployed any more"]) + "\n")


def send(world: World, job: Job) -> None:
    """Send one message; its id lets the receiver know one that was sent twice.

    Raises:
        TransientError: the receiver did not take it; the queue tries again later.
    """
    hook = world.webhook
    if hook is None:
        return  # nobody waits for it any more
    body = str(job.payload["body"]).encode()
    headers = {
        "Content-Type": "application/json",
        ID: str(job.payload["id"]),
        SIGNATURE: signature(hook.secret, body),
    }
    try:
        with requests.post(
            hook.url,
            data=body,
            headers=headers,
            timeout=TIMEOUT_S,
            allow_redirects=False,
            stream=True,  # what the answer says beside its status is not read: it may never end
        ) as answer:
            status = answer.status_code
    except requests.RequestException as error:
        raise TransientError(f"the receiver of orders can't be reached: {error}") from error
    failpoint("webhook.sent")
    if status not in OK:
        raise TransientError(f"the receiver of orders answered {status}")
