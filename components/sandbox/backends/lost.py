"""Containers of which the engine's last word is missing: tried again until they are gone."""

import threading
import time
from collections import deque
from typing import Any

import docker.errors
import requests
import structlog

ENGINE_ERRORS = (docker.errors.DockerException, requests.exceptions.RequestException, OSError)

LATE_S = 20.0
"""How long an engine that did not answer may still be making a container."""

PAUSE_S = 0.2

MOST_ANSWERED = 200
"""Removals that are remembered, to tell a removal that failed from one that was never asked for."""

log = structlog.get_logger(__name__)


class LostContainers:
    """Remembers containers by name or id, and removes them when the engine can.

    Safe from any thread.

    Args:
        client: Docker's low-level client.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._lost: dict[str, float] = {}
        self._answered: deque[str] = deque(maxlen=MOST_ANSWERED)

    def made_unheard(self, name: str) -> None:
        """The engine was asked to make a container and did not answer: it may make it yet."""
        with self._lock:
            self._lost[name] = time.monotonic() + LATE_S

    def remove(self, container: str) -> bool:
        """Remove a container now, or remember it. Whether it was there and is gone."""
        try:
            self._client.remove_container(container, force=True, v=True)
        except docker.errors.NotFound as error:
            if self._is_there(container):  # it is the container's process that was not found
                self._remember(container, error)
            else:
                self._not_found(container)
            return False
        except ENGINE_ERRORS as error:
            self._remember(container, error)
            return False
        with self._lock:
            self._lost.pop(container, None)
            self._answered.append(container)
        return True

    def remove_again(self, container: str, status: str) -> None:
        """Remove a container that is still listed when nothing uses it any more, and say so."""
        with self._lock:
            answered = container in self._answered
        log.warning(
            "container-left-at-close", container=container[:12], status=status, answered=answered
        )
        self.remove(container)

    def retry(self) -> int:
        """Try each that is remembered once more; how many are still to be removed."""
        with self._lock:
            lost = list(self._lost)
        for container in lost:
            self.remove(container)
        with self._lock:
            return len(self._lost)

    def settle(self, timeout_s: float = LATE_S) -> None:
        """Try until none is left or the time is over; those that stay are the reaper's."""
        deadline = time.monotonic() + timeout_s
        while self.retry() and time.monotonic() < deadline and self._engine_answers():
            time.sleep(PAUSE_S)  # why: no event tells that the engine made it at last
        with self._lock:
            left = sorted(self._lost)
        if left:
            log.warning("containers-left-to-the-reaper", containers=left)

    def _remember(self, container: str, error: Exception) -> None:
        log.warning("container-not-removed", container=container[:12], reason=str(error))
        with self._lock:
            self._lost.setdefault(container, 0.0)

    def _is_there(self, container: str) -> bool:
        try:
            self._client.inspect_container(container)
        except docker.errors.NotFound:
            return False
        except ENGINE_ERRORS:
            return True  # nobody knows: it is asked for again
        return True

    def _not_found(self, container: str) -> None:
        with self._lock:
            if self._lost.get(container, 0.0) <= time.monotonic():
                self._lost.pop(container, None)

    def _engine_answers(self) -> bool:
        try:
            self._client.ping()
        except ENGINE_ERRORS:
            return False
        return True
