"""Where a soak plays: a folder with repository, policies and state, and the daemon's process."""

import os
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import replace
from pathlib import Path

from bot.demo.author import Author
from bot.demo.stage import change, set_stage
from components.errors import TransientError
from components.state import DATABASE, Store
from tests.port_support import free_port
from tests.soak.hub import Hub
from tests.soak.processes import MARK, Witness, tell

TICK_S = 2.0
HUB_TICK_S = 10.0
"""On GitHub a look at every pull request takes seconds."""

START_S = 120.0
REPOSITORY = "demo"
BUSY_LOOP_S = 4.0
"""CPU seconds of an endless loop before it is stopped."""


class Stage:
    """Everything of one soak; `close` ends whatever is left."""

    def __init__(self, folder: Path, backend: str, forge: str, seed: int) -> None:
        self.mark = uuid.uuid4().hex
        self.folder = folder
        self.temporary = folder / "t"
        self.temporary.mkdir(parents=True)
        os.environ |= {
            MARK: self.mark,
            "TMPDIR": str(self.temporary),
            "ALGOOPS_SANDBOX__BACKEND": backend,
        }
        self.backend = backend
        self.set = set_stage(folder / "stage", 0, on_base=("rsi_reversion",))
        change(self.set.config, {"schedule": {"tick_s": TICK_S}})
        limits = {"cpu_s": BUSY_LOOP_S}
        change(self.set.folder / "policies/sandbox.yaml", {"smoke": limits})
        self.hub = self._on_github(seed) if forge == "github" else None
        self.witness = Witness(self.mark, folder)
        self.witness.start()
        self.starts = 0

    def _on_github(self, seed: int) -> Hub:
        hub = Hub(self.folder, self.set.repository, seed)
        port = free_port()
        settings = {"name": REPOSITORY, "forge": "github", "github": hub.settings()}
        change(self.set.config, {"server": {"port": port}})
        change(self.set.config, {"repositories": [settings]})
        author = Author(self.folder / "author", hub.path)
        self.set = replace(self.set, repository=hub.path, author=author)
        change(self.set.config, {"schedule": {"tick_s": HUB_TICK_S}})
        hub.start(f"http://127.0.0.1:{port}")
        return hub

    def pushed(self) -> None:
        """Branches have moved."""
        if self.hub is not None:
            self.hub.pushed()

    def proposal(self, branch: str) -> str:
        """The id of a branch's proposal."""
        return self.hub.proposal(branch) if self.hub is not None else f"branch/{branch}"

    @property
    def daemon(self) -> int | None:
        """The daemon's process, None while there is none."""
        process = self.set.daemon._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self, failpoint: str = "") -> None:
        """Start the daemon, again and again like a supervisor: a command may hold the lock.

        Raises:
            TransientError: it did not come up in time.
        """
        deadline = time.monotonic() + START_S
        while True:
            try:
                self._start_once(failpoint)
            except TransientError:
                if failpoint:  # it died where it was told to
                    failpoint = ""
                elif time.monotonic() > deadline:
                    raise
            else:
                return

    def _start_once(self, failpoint: str) -> None:
        os.environ["ALGOOPS_FAILPOINT"] = failpoint
        try:
            self.set.daemon.start(wait=False)
            self.witness.follow(self.daemon)
            self.starts += 1
            self.set.daemon._wait_until_ready(self.set.daemon._process)
        finally:
            del os.environ["ALGOOPS_FAILPOINT"]

    def order(self, *words: str) -> "subprocess.Popen[str]":
        """A command, without waiting for its answer."""
        return subprocess.Popen(
            [sys.executable, "-m", "bot", *words, "--config", str(self.set.config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def store(self) -> Store:
        """The bot's memory, to look at."""
        return Store(self.set.state / DATABASE)

    def stop(self) -> None:
        """End the daemon in order."""
        self.witness.follow(None)
        self.set.daemon.stop()

    def close(self) -> None:
        """Whatever happened: no process of ours goes on."""
        self.stop()
        if self.hub is not None:
            self.hub.stop()
        self.witness.stop()
        for process in self.witness.left():
            tell(process.pid, signal.SIGKILL)
