"""Tells the outside what deployed strategies want: notes on commits, and signed messages."""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import requests

from bot.core.failpoints import failpoint
from bot.forward.in_time import EndsInTime
from bot.landing.context import Webhook, World
from bot.report.orders import order_lines
from bot.sources.webhook import signature
from components.errors import TransientError
from components.state import Store
from components.state.db import clock
from components.state.orders import sheet_document
from components.state.tables.records import Job

ID = "X-AlgoOps-Delivery"
"""Header with the message's id: the same however often it is sent."""

SIGNATURE = "X-AlgoOps-Signature-256"
"""Header with the HMAC-SHA-256 of the body, as GitHub signs what it sends."""

TIMEOUT_S = 10.0
WHOLE_S = 20.0
"""For all of a message and its answer: `TIMEOUT_S` is for each single read."""

OK = range(200, 300)
TRIES = 1_000
"""Of a note and of a message: with the runner's pauses more than three days."""

NOTES_EVERY_S = 5.0
"""Notes are written so often at most: those of many strategies on one new bar go together."""


@runtime_checkable
class Noting(Protocol):
    """A forge that keeps notes on commits."""

    def note_orders(self, texts: Mapping[str, str]) -> None:
        """Set the notes with the orders of what landed, by commit."""


def queue_notes(store: Store, repository: str, commits: Sequence[str]) -> None:
    """Have the notes on commits say what stands by then; to be called where that changes."""
    last, now = store.meta.get(_noted_at(repository)), store.now()
    wait = clock.later(clock.parse(last), NOTES_EVERY_S) if last and last <= now else None
    payload = {"commits": dict.fromkeys(commits, True)}
    store.jobs.enqueue("note", "orders", repository, payload, 0, TRIES, wait)


def write_notes(world: World, job: Job) -> None:
    """Have the notes on deployed commits say what stands now; doing it again is harmless."""
    forge = world.repository(job.repository).forge
    if not isinstance(forge, Noting):
        return
    world.store.meta.put(_noted_at(job.repository), world.store.now())
    commits = job.payload.get("commits", {job.key: True})  # or an older version's: of one
    forge.note_orders({commit: _note(world, job.repository, commit) for commit in commits})


def _noted_at(repository: str) -> str:
    return f"orders.noted_at:{repository}"


def _note(world: World, repository: str, commit: str) -> str:
    standing = world.store.forward.at_commit(repository, commit)
    lines = [line for one in standing for line in order_lines(sheet_document(world.store, one))]
    return "\n".join(lines or ["not deployed any more"]) + "\n"


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
        status = _status(hook, body, headers)
    except requests.RequestException as error:
        raise TransientError(f"the receiver of orders can't be reached: {_why(error)}") from error
    failpoint("webhook.sent")
    if status not in OK:
        raise TransientError(f"the receiver of orders answered {status}")


def _why(error: requests.RequestException) -> str:
    """Without the address' path, which may hold a secret and goes into the log."""
    inner = error.args[0] if error.args else type(error).__name__
    return str(getattr(inner, "reason", inner))


def _status(hook: Webhook, body: bytes, headers: Mapping[str, str]) -> int:
    """What it answers. All beside the status is not read: it may never end."""
    with requests.Session() as session, EndsInTime(WHOLE_S) as way:
        session.mount("http://", way)
        session.mount("https://", way)
        with session.post(
            hook.url,
            data=body,
            headers=dict(headers),
            timeout=TIMEOUT_S,
            allow_redirects=False,
            stream=True,
        ) as answer:
            return answer.status_code
