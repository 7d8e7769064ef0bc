"""One daemon, two repositories: each is served, and a busy one does not starve the other."""

import yaml

from bot.demo.author import Author
from bot.demo.repository import make_repository
from bot.demo.stage import EXAMPLES
from components.schema.results.values import Verdict
from tests.e2e.conftest import wait_for

FLOOD = 20


def flood(world, author, number):
    """An endless loop whose content is another one each time: no verdict is reused."""
    author.put(EXAMPLES / "proposals" / "endless-loop", ".")
    world.write("strategies/patient_trader/notes.txt", f"number {number}\n")


def test_second_repository_is_answered_while_the_first_is_flooded(world):
    stage = world.stage
    second = stage.folder / "second.git"
    make_repository(second)
    config = yaml.safe_load(stage.config.read_text())
    config["repositories"].append({"name": "second", "path": "second.git"})
    stage.config.write_text(yaml.safe_dump(config))
    policy = stage.folder / "policies" / "sandbox.yaml"
    limits = yaml.safe_load(policy.read_text())
    limits["smoke"]["cpu_s"] = 1.0  # each endless loop may take all of it twice
    policy.write_text(yaml.safe_dump(limits))
    for number in range(FLOOD):
        world.push(f"endless-{number}", lambda author, n=number: flood(world, author, n))
    author = Author(stage.folder / "author-2", second)
    author.start("add-sma")
    author.put(EXAMPLES / "strategies" / "sma_cross", "strategies/sma_cross")
    head = author.push("add-sma", "Add")
    world.start()

    def answered():
        return world.store.runs.latest("second", "branch/add-sma", head=head, finished=True)

    # The order of the answers is what counts here.
    run = wait_for(answered, "a verdict in the second repository", seconds=200)
    assert run.verdict is Verdict.PASSED
    open_in_first = world.store.runs.list(repository="demo", status="finished")
    assert len(open_in_first) < FLOOD
    unnamed = world.algoops("deploy", "sma_cross", "--ref", "add-sma")
    assert unnamed.returncode == 2
    assert "--repository" in unnamed.stderr
    done = world.algoops("deploy", "sma_cross", "--ref", "add-sma", "--repository", "second")
    assert done.returncode == 0, done.stderr
