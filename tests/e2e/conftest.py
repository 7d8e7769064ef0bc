"""Real parts for end-to-end tests: a bare repository, an author with git, the daemon's process."""

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from bot.demo.author import Author, git
from bot.demo.stage import EXAMPLES, Stage, set_stage
from components.schema.results.report import Report
from components.state import DATABASE, Store
from tests.bars_support import few_bars
from tests.warm_support import Command
from tests.worker_support import ForkingDaemon

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

    def __init__(self, stage: Stage):
        self.stage = stage
        self.store = Store(stage.state / DATABASE)

    # --- doing ---

    def start(self, failpoint="", *, wait=True):
        os.environ["ALGOOPS_FAILPOINT"] = failpoint
        try:
            self.stage.daemon.start(wait=wait)
        finally:
            del os.environ["ALGOOPS_FAILPOINT"]

    def order(self, *args):
        """Give a command to the daemon without waiting; the returned function waits for it."""
        return Command(*args, "--config", self.stage.config).finish

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
        """Give a command; `stage.algoops` is the same with a real start."""
        return self.order(*args)()

    def close(self):
        self.stage.daemon.stop()
        self.store.close()

    def copy(self, folder: Path):
        """The same past, to go on from in a place of its own; this world must be closed."""
        old = self.stage
        shutil.copytree(old.folder, folder, ignore=shutil.ignore_patterns(old.author.folder.name))
        config, repository, state = (
            folder / path.name for path in (old.config, old.repository, old.state)
        )
        author = Author(folder / old.author.folder.name, repository)
        daemon = ForkingDaemon(config, state)
        return World(Stage(folder, config, repository, state, author, daemon))

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


def new_world(folder: Path):
    stage = set_stage(folder / "stage", 0, on_base=())
    return World(replace(stage, daemon=ForkingDaemon(stage.config, stage.state)))


def brief_world(folder: Path):
    """One whose checks work on three years of bars instead of twenty."""
    made = new_world(folder)
    config = made.stage.config
    config.write_text(yaml.safe_dump(yaml.safe_load(config.read_text()) | few_bars(config.parent)))
    return made


@pytest.fixture(autouse=True, scope="module")
def bubblewrap():
    """One worker for each daemon, and no guest that may never be used: others run meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALGOOPS_SANDBOX__BACKEND", "bubblewrap")
        patch.setenv("ALGOOPS_SANDBOX__WARM", "0")
        patch.setenv("ALGOOPS_EXECUTOR__WORKERS", "1")
        yield


@pytest.fixture
def world(tmp_path):
    """On three years of bars; `shared` has all of them, for what is judged."""
    made = brief_world(tmp_path)
    yield made
    made.close()


@pytest.fixture
def whole_world(tmp_path):
    """On all bars."""
    made = new_world(tmp_path)
    yield made
    made.close()


@pytest.fixture
def running(world):
    world.start()
    return world


@pytest.fixture(scope="module")
def shared(bubblewrap, tmp_path_factory):
    """A running daemon for tests of proposals that leave its base alone."""
    made = new_world(tmp_path_factory.mktemp("shared"))
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ALGOOPS_SANDBOX__WARM", "1")
            made.start()
        yield made
    finally:
        made.close()
