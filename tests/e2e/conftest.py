"""Real parts for end-to-end tests: a bare repository, an author with git, the daemon's process."""

import time

import pytest

from bot.demo.stage import set_stage
from components.schema.report import Report
from components.state import DATABASE, Store

WAIT_S = 90.0


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

    def __init__(self, stage):
        self.stage = stage
        self.store = Store(stage.state / DATABASE)

    def push(self, branch, change, message="A change"):
        self.stage.author.start(branch)
        change(self.stage.author)
        return self.stage.author.push(branch, message)

    def run_of(self, branch, head=None):
        proposal = f"branch/{branch}"

        def found():
            return self.store.runs.latest("demo", proposal, head=head, finished=True)

        return wait_for(found, f"a verdict on {branch}")

    def report_of(self, branch, head=None):
        return Report.model_validate_json(self.run_of(branch, head).report)

    def published(self, branch, head):
        def there():
            done = self.stage.algoops_note(head)
            return done or None

        return wait_for(there, f"the report of {branch}")

    def close(self):
        self.stage.daemon.stop()
        self.store.close()


@pytest.fixture
def make_world(tmp_path):
    worlds = []

    def make(*, start=True):
        stage = set_stage(tmp_path / f"stage-{len(worlds)}", 0)
        if start:
            stage.daemon.start()
        world = World(stage)
        worlds.append(world)
        return world

    yield make
    for world in worlds:
        world.close()
