"""Webhooks of the fake: what changed is delivered, signed, in order, by one thread."""

import hashlib
import hmac
import http.client
import json
import queue
import threading
import uuid
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.github.state import Delivery, Hook, Repo, State
from tests.fakes.github.views import Views


class Deliverer:
    """`paused` collects deliveries without sending them, so that tests may drop or mix them."""

    def __init__(self, state: State, views: Views) -> None:
        self.state = state
        self.views = views
        self.paused = False
        self._queue: queue.Queue[tuple[Hook, Delivery] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def add_hook(self, repo: Repo, url: str, secret: str) -> Hook:
        hook = Hook(next(self.state.ids), url, secret)
        repo.hooks.append(hook)
        return hook

    def notice(self, repo: Repo, event: str, facts: dict[str, Any], by: str) -> None:
        if not repo.hooks:
            return
        payload = self.views.payload(repo, facts, by)
        for hook in repo.hooks:
            made = Delivery(
                next(self.state.ids), str(uuid.uuid4()), event, payload, self.state.now()
            )
            hook.deliveries.append(made)
            if not self.paused:
                self._queue.put((hook, made))

    def again(self, repo: Repo | None, delivery_id: int) -> bool:
        """Send a delivery once more under its old GUID; whether there is such a one."""
        for owner in [repo] if repo else self.state.repos.values():
            for hook in owner.hooks:
                for old in list(hook.deliveries):
                    if old.id == delivery_id:
                        made = replace(
                            old,
                            id=next(self.state.ids),
                            redelivery=True,
                            status=0,
                            delivered_at=self.state.now(),
                        )
                        hook.deliveries.append(made)
                        self._queue.put((hook, made))
                        return True
        return False

    def wait(self) -> None:
        """Until everything queued so far has been sent."""
        self._queue.join()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            try:
                send(*item)
            finally:
                self._queue.task_done()
        self._queue.task_done()


def signed(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def send(hook: Hook, delivery: Delivery) -> int:
    """One POST; its status is noted (599: nobody there)."""
    body = json.dumps(delivery.payload).encode()
    parts = urlsplit(hook.url)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/fake",
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Delivery": delivery.guid,
        "X-GitHub-Hook-ID": str(hook.id),
        "X-Hub-Signature-256": signed(hook.secret, body),
    }
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request("POST", parts.path, body, headers)
        delivery.status = connection.getresponse().status
    except OSError:
        delivery.status = 599
    finally:
        connection.close()
    return delivery.status
