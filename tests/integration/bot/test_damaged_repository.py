"""A damaged repository: authors told once, tries bounded, others go on, and it heals by itself."""

import pytest
import yaml

from bot.config.settings import load
from bot.daemon.health import health
from bot.daemon.runner import Runner, Seat
from bot.demo.author import Author
from bot.demo.repository import make_repository
from bot.proposals.check import MOST_TRIES
from bot.server.health import overall
from components.schema.results.values import Verdict
from tests.git_support import CUT, damaged
from tests.state_support import wait_for

BROKEN = "name: [\n"
"""A definition whose checks end without the sandbox."""


@pytest.fixture
def world(stage, world_on):
    make_repository(stage.folder / "second.git")
    config = yaml.safe_load(stage.config.read_text())
    config["repositories"].append({"name": "second", "path": "second.git"})
    stage.config.write_text(yaml.safe_dump(config))
    return world_on(stage.config)


@pytest.fixture
def runner(world, monkeypatch):
    monkeypatch.setattr("bot.daemon.runner.FIRST_RETRY_S", 0.001)
    monkeypatch.setattr("bot.daemon.runner.IDLE_S", 0.02)
    made = Runner(world, (Seat(),) * 1)
    made.start()
    yield made
    made.stop()


def propose(author, branch):
    author.start(branch)
    file = author.folder / "strategies" / branch / "strategy.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(BROKEN)
    return author.push(branch, "A change")


def propose_more(author, branch):
    (author.folder / "strategies" / branch / "notes.md").write_text("more")
    return author.push(branch, "Another change")


def of_proposal(world, branch):
    runs = world.store.runs.list(repository="demo", proposal=f"branch/{branch}")
    return [(run.status, run.verdict) for run in reversed(runs)]


def tick(world, repository="demo"):
    """One look of the clock, and all that comes of it."""
    world.store.jobs.enqueue("tick", repository, repository, {})
    wait_for(lambda: not any(world.store.stats().jobs.values()))


def verdicts(world, repository="demo"):
    runs = world.store.runs.list(repository=repository)
    return [(run.status, run.verdict) for run in reversed(runs)]


@pytest.mark.parametrize("left", [None, CUT])
@pytest.mark.parametrize("what", ["", "/strategy.yaml"])
def test_damage_is_told_with_its_cure_tried_a_few_times_and_heals(stage, world, runner, what, left):
    propose(stage.author, "one")
    second = Author(stage.folder / "author-2", stage.folder / "second.git")
    propose(second, "fine")
    gone = stage.git("rev-parse", f"one:strategies/one{what}")
    with damaged(stage.repository, gone, left):
        for _ in range(MOST_TRIES + 2):
            tick(world)
        tick(world, "second")
        assert verdicts(world) == [("finished", Verdict.ERROR)] * MOST_TRIES
        assert verdicts(world, "second") == [("finished", Verdict.FAILED)]
        told = (stage.state / "reports" / "demo" / "one.md").read_text()
        assert f"strategies.git is damaged: object {gone} is missing" in told
        assert "git fsck" in told
        found = health(world, load(stage.config, env={}))
        assert overall(found) == "degraded"
        assert f"repository demo: the repository strategies.git is damaged: object {gone}" in (
            found["jobs"].detail
        )
    tick(world)
    assert verdicts(world)[-1] == ("finished", Verdict.FAILED)
    assert overall(health(world, load(stage.config, env={}))) == "healthy"
    tick(world)
    assert len(verdicts(world)) == MOST_TRIES + 1


@pytest.mark.parametrize(("what", "left"), [("", None), ("", CUT), ("~1", None)])
def test_branch_whose_commits_are_damaged_keeps_no_other_proposal_waiting(
    stage, world, runner, what, left
):
    propose(stage.author, "one")
    propose_more(stage.author, "one")
    propose(stage.author, "two")
    gone = stage.git("rev-parse", f"one{what}")
    with damaged(stage.repository, gone, left):
        for _ in range(MOST_TRIES + 2):
            tick(world)
        assert of_proposal(world, "one") == [("finished", Verdict.ERROR)] * MOST_TRIES
        assert of_proposal(world, "two") == [("finished", Verdict.FAILED)]
        told = (stage.state / "reports" / "demo" / "one.md").read_text()
        assert "git fsck" in told
        assert overall(health(world, load(stage.config, env={}))) == "degraded"
    tick(world)
    assert of_proposal(world, "one")[-1] == ("finished", Verdict.FAILED)
    assert overall(health(world, load(stage.config, env={}))) == "healthy"
    tick(world)
    assert len(of_proposal(world, "one")) == MOST_TRIES + 1


def test_base_whose_history_is_damaged_makes_no_merged_branch_a_proposal(stage, world, runner):
    gone = stage.git("rev-parse", "main")
    for _ in range(2):
        by = ("-c", "user.name=ada", "-c", "user.email=ada@example.org")
        stage.git("branch", "--force", "merged", "main")
        more = stage.git(*by, "commit-tree", "main^{tree}", "-p", "main", "-m", "more")
        stage.git("update-ref", "refs/heads/main", more)
    with damaged(stage.repository, gone):
        tick(world)
        assert of_proposal(world, "merged") == []


def test_base_that_cannot_be_read_removes_no_strategy_and_leaves_the_other_repository(
    stage, world, runner
):
    gone = stage.git("rev-parse", "main^{tree}")
    with damaged(stage.repository, gone):
        tick(world)
        found = health(world, load(stage.config, env={}))
        assert overall(found) == "degraded"
        assert found["git_manager"].detail.startswith("demo: the repository strategies.git is dam")
    tick(world)
    assert overall(health(world, load(stage.config, env={}))) == "healthy"


def test_run_whose_job_is_over_is_not_shown_as_running(stage, world, runner):
    head = propose(stage.author, "one")
    base = stage.git("rev-parse", "main")
    left = [
        world.store.runs.start("demo", "branch/one", head, base, "deploy"),
        world.store.runs.start("demo", "branch/one", head, base, "check", "job-999"),
    ]
    tick(world)
    assert [world.store.runs.get(run.id).status for run in left] == ["superseded"] * 2
    assert verdicts(world)[-1] == ("finished", Verdict.FAILED)


def test_repository_that_was_moved_away_is_told_as_that_and_used_again_when_it_is_back(
    stage, world, runner
):
    away = stage.repository.with_name("away.git")
    stage.repository.rename(away)
    tick(world)
    found = health(world, load(stage.config, env={}))
    assert overall(found) == "degraded"
    assert found["forge"].detail == "demo: the repository strategies.git is not where it was"
    away.rename(stage.repository)
    propose(stage.author, "one")
    tick(world)
    assert verdicts(world) == [("finished", Verdict.FAILED)]
    assert overall(health(world, load(stage.config, env={}))) == "healthy"
