"""Real parts for end-to-end tests: a bare repository, an author with git, the daemon's process."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.demo.author import git
from bot.demo.stage import EXAMPLES, set_stage
from components.schema.report import Report
from components.state import DATABASE, Store

WAIT_S = 90.0
DEMO = "demo"


def wait_for(condition, what, seconds=WAIT_S):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)  # why: another process is at work; there is a deadline
    raise AssertionError(f"{what}: not within {seconds:.0f} s")


class World:
    """A stage with a daemon, and what tests ask of it."""

    def __init__(self, folder: Path):
        self.stage = set_stage(folder, 0, on_base=())
        self.store = Store(self.stage.state / DATABASE)

    # --- doing ---

    def start(self, failpoint="", *, wait=True):
        os.environ["ALGOOPS_FAILPOINT"] = failpoint
        try:
            self.stage.daemon.start(wait=wait)
        finally:
            del os.environ["ALGOOPS_FAILPOINT"]

    def order(self, *args):
        """Give a command to the daemon without waiting; the returned function waits for it."""
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", *args, "--config", str(self.stage.config)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

        def finish():
            out, err = process.communicate(timeout=WAIT_S)
            return subprocess.CompletedProcess(args, process.returncode, out, err)

        return finish

    def push(self, branch, change, message="A change"):
        self.stage.author.start(branch)
        change(self.stage.author)
        return self.stage.author.push(branch, message)

    def push_example(self, branch, name="sma_cross"):
        source = EXAMPLES / "strategies" / name
        return self.push(branch, lambda author: author.put(source, f"strategies/{name}"))

    def push_proposal(self, branch, folder=""):
        source = EXAMPLES / "proposals" / (folder or branch)
        return self.push(branch, lambda author: author.put(source, "."))

    def write(self, path, text):
        file = self.stage.author.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def algoops(self, *args):
        return self.stage.algoops(*args)

    def close(self):
        self.stage.daemon.stop()
        self.store.close()

    # --- asking ---

    def git(self, *args):
        return self.stage.git(*args)

    def run_of(self, branch, head):
        proposal = f"branch/{branch}"

        def published():
            run = self.store.runs.latest(DEMO, proposal, head=head, finished=True)
            done = self.store.meta.get(f"published:{DEMO}:{proposal}")
            return run if run is not None and done == str(run.id) else None

        return wait_for(published, f"a verdict on {branch}")

    def report_of(self, branch, head):
        return Report.model_validate_json(self.run_of(branch, head).report)

    def settled(self):
        """Nothing waits, nothing is under way."""

        def idle():
            # In the order in which work moves on, so that none is missed between two looks.
            waiting = self.store.inbox.count() or any(self.store.jobs.depth().values())
            return not waiting and not self.store.intents.open()

        wait_for(idle, "nothing more to do")

    def note(self, head):
        return self.git("notes", "--ref=algoops", "show", head)

    def tip(self, ref="main"):
        return self.git("rev-parse", ref)

    def tree(self, name, ref="main"):
        return self.git("rev-parse", f"{ref}:strategies/{name}")

    def parents(self, ref="main"):
        return self.git("rev-list", "--parents", "-n1", ref).split()[1:]

    def landings(self, name="sma_cross"):
        return self.store.deployments.list(repository=DEMO, name=name)

    def sound(self):
        """The repository and the audit log are whole."""
        assert git(self.stage.repository, "fsck", "--full", "--strict", "--no-dangling") == ""
        assert self.store.audit.verify() is None


@pytest.fixture(autouse=True)
def bubblewrap(monkeypatch):
    monkeypatch.setenv("ALGOOPS_SANDBOX__BACKEND", "bubblewrap")


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "stage")
    yield made
    made.close()


@pytest.fixture
def running(world):
    world.start()
    return world
