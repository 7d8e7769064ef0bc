"""The daemon's process takes changed settings at a signal, and goes on with the old when broken."""

import urllib.request

import yaml

from bot.demo.author import Author
from bot.demo.repository import make_repository
from bot.demo.stage import EXAMPLES
from components.schema.results.values import Verdict
from tests.e2e.conftest import wait_for


def test_repository_and_policy_are_taken_without_a_restart_and_broken_ones_refused(running):
    world, stage = running, running.stage
    risk = stage.folder / "policies/risk.yaml"
    sound = risk.read_text()
    risk.write_text("nonsense: 1\n")
    done = world.algoops("reload")
    assert done.returncode == 1
    assert "risk.yaml:1:1: `nonsense` is not a field" in done.stderr
    page = urllib.request.urlopen(stage.daemon.url).read().decode()  # our own
    assert "is not a field" in page
    assert str(stage.folder) not in page
    assert "Settings: not taken, what held before still holds" in world.algoops("status").stdout
    metrics = urllib.request.urlopen(f"{stage.daemon.url}/metrics").read().decode()  # our own
    assert "algoops_settings_refused 1.0" in metrics
    doctor = world.algoops("doctor")
    assert doctor.returncode == 2
    assert "running daemon: not taken, what held before still holds" in doctor.stdout

    risk.write_text(sound)
    make_repository(stage.folder / "second.git", names=())
    document = yaml.safe_load(stage.config.read_text())
    document["repositories"].append({"name": "second", "path": "second.git"})
    stage.config.write_text(yaml.safe_dump(document))
    done = world.algoops("reload")
    assert (done.returncode, done.stdout.strip()) == (0, "repositories taken")
    author = Author(stage.folder / "author-2", stage.folder / "second.git")
    author.start("add")
    author.put(EXAMPLES / "strategies/sma_cross", "strategies/sma_cross")
    author.push("add", "a strategy")
    run = wait_for(
        lambda: world.store.runs.list(repository="second", status="finished"), "a verdict"
    )
    assert run[0].verdict is Verdict.PASSED
    world.push_example("add-sma")
    wait_for(
        lambda: world.store.runs.list(repository="demo", status="finished"),
        "a verdict in the old one",
    )
