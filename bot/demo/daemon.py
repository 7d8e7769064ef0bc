"""The real daemon as a process of its own, started and killed as an operator would."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import BinaryIO

from bot.daemon.app import URL_FILE
from components.errors import TransientError

START_S = 60.0
STOP_S = 30.0
POLL_S = 0.05


class DaemonProcess:
    """`algoops run` on a configuration file; its log goes to a file beside it."""

    def __init__(self, config: Path, state: Path) -> None:
        self._config, self._state = config, state
        self._process: subprocess.Popen[bytes] | None = None
        self.log = config.parent / "daemon.log"

    @property
    def url(self) -> str:
        """Where its pages are."""
        return (self._state / URL_FILE).read_text(encoding="utf-8").strip()

    @property
    def pid(self) -> int:
        """Its process; 0 when it was not started."""
        return self._process.pid if self._process is not None else 0

    @property
    def ended(self) -> bool:
        """Whether its process is over, however it ended."""
        return self._process is not None and self._process.poll() is not None

    def start(self, *, wait: bool = True) -> None:
        """Start it and, unless told otherwise, wait until it is ready.

        Raises:
            TransientError: it ended or did not become ready; carries the end of its log.
        """
        (self._state / URL_FILE).unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self._process = self._begin(["run", "--config", str(self._config)], log)
        if wait:
            self._wait_until_ready(self._process)

    def _begin(self, words: list[str], log: BinaryIO) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "algoops_app", *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and process.poll() is None:
            if self._is_ready():
                return
            time.sleep(POLL_S)  # why: waiting for another process, with a deadline
        raise TransientError(f"the daemon did not start; its log ends:\n{self._tail()}")

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:  # noqa: S310  # our own loopback address
                return bool(answer.status == 200)  # noqa: PLR2004  # HTTP's OK
        except (OSError, urllib.error.URLError):
            return False

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])

    def kill(self) -> None:
        """Cut its power: SIGKILL to the daemon alone; what it started must end by itself."""
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """Ask it to end, and make sure that it did. Idempotent."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
