"""Freezes: nothing is deployed meanwhile, what was begun is not doubled, and rollbacks go."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.config.settings import RepositorySettings
from bot.core.event_json import to_payload
from bot.core.events import CommandIssued, Freeze, Rollback, Unfreeze
from bot.core.orders import DeployOrder
from bot.daemon.commands import run_command
from bot.deploy.deploys import deploy
from bot.landing import land as landing
from bot.landing.freezing import freeze_of, freeze_words
from bot.landing.outcomes import read
from bot.landing.unfinished import finish_open
from components.state.tables.records import Job
from components.windows import Cron, CronWindow
from tests.deploy_support import push, reported

ALWAYS = CronWindow(
    Cron.read("* * * * *"), timedelta(days=1), ZoneInfo("UTC"), "end of the quarter"
)


def command(world, order):
    event = CommandIssued("demo", "", "cli:ada", order, source="cli")
    key = f"{type(order).__name__}:{len(world.store.audit.list(limit=1000))}"
    run_command(world, Job(1, "command", key, "demo", to_payload(event), "leased", 0, 1, 3, "", ""))
    return read(world.store, key)


def ready(stage, world, branch, version="1.0.0"):
    push(stage, branch, "one", version=version)
    reported(world, branch)
    return DeployOrder(f"branch/{branch}", "ada", key=branch)


def frozen_by_configuration(world):
    watched = replace(world.repository("demo"), freezes=(ALWAYS,))
    return replace(world, watched={"demo": watched}), watched


def live(world):
    now = world.store.deployments.current("demo", "one")
    return now.version if now else ""


def test_deploy_while_frozen_by_an_operator_is_refused_with_reason_and_end(stage, world):
    order = ready(stage, world, "first")
    told = command(world, Freeze("4h", "the exchange moves its matching engine"))
    assert told.ok
    before = stage.git("rev-parse", "main")
    refused = deploy(world, world.repository("demo"), order)
    assert (refused.ok, refused.code) == (False, "frozen")
    end = (datetime.now(UTC) + timedelta(hours=4)).strftime("%Y-%m-%d %H")
    for part in ("the exchange moves its matching engine", "cli:ada", f"until {end}"):
        assert part in refused.message
    assert stage.git("rev-parse", "main") == before
    assert world.store.intents.open() == []
    assert command(world, Unfreeze("it has moved")).code == "lifted"
    assert deploy(world, world.repository("demo"), order).code == "deployed"
    events = [row.event for row in world.store.audit.list(event="freeze.", limit=9)]
    assert events == ["freeze.lifted", "freeze.set"]


def test_freeze_without_an_end_lasts_until_somebody_lifts_it(stage, world):
    ready(stage, world, "first")
    command(world, Freeze("", "incident 7"))
    far = datetime.now(UTC) + timedelta(days=3650)
    assert freeze_of(world.store, "demo", (), far).until == ""
    assert "until `algoops unfreeze`" in freeze_of(world.store, "demo", ()).words


def test_freeze_that_has_ended_freezes_nothing(stage, world):
    order = ready(stage, world, "first")
    command(world, Freeze("1m", "short"))
    later = datetime.now(UTC) + timedelta(minutes=2)
    assert freeze_of(world.store, "demo", (), later) is None
    past = {"reason": "short", "by": "ada", "until": "2026-01-01T00:00:00+00:00"}
    world.store.meta.put("freeze:demo", json.dumps(past))
    assert deploy(world, world.repository("demo"), order).code == "deployed"


def test_rollback_goes_while_everything_else_is_frozen(stage, world):
    for branch, version in (("first", "1.0.0"), ("second", "1.1.0")):
        assert deploy(world, world.repository("demo"), ready(stage, world, branch, version)).ok
    frozen, _ = frozen_by_configuration(world)
    command(frozen, Freeze("", "incident"))
    done = command(frozen, Rollback("one", "", "it lost money"))
    assert (done.ok, done.code) == (True, "rolled_back"), done.message
    assert live(world) == "1.0.0"


def test_freeze_of_the_configuration_outlasts_an_operators_and_is_not_lifted(stage, world):
    order = ready(stage, world, "first")
    frozen, watched = frozen_by_configuration(world)
    command(frozen, Freeze("1m", "short"))
    assert "end of the quarter" in freeze_of(world.store, "demo", (ALWAYS,)).words
    lifted = command(frozen, Unfreeze(""))
    assert lifted.ok
    assert "end of the quarter" in lifted.message
    assert command(frozen, Unfreeze("")).code == "not_frozen"
    assert deploy(frozen, watched, order).code == "frozen"


def test_freeze_without_a_reason_or_with_an_unreadable_span_is_refused(stage, world):
    assert command(world, Freeze("", " ")).code == "reason_missing"
    assert command(world, Freeze("4 hours", "x")).code == "refused"
    assert freeze_of(world.store, "demo", ()) is None


def announced_only(stage, world, monkeypatch, point):
    """A deploy whose power went at `point`; its intent is open."""

    def cut(name):
        if name == point:
            raise KeyboardInterrupt

    order = ready(stage, world, "first")
    monkeypatch.setattr(landing, "failpoint", cut)
    with pytest.raises(KeyboardInterrupt):
        landing_of(world, order)
    monkeypatch.undo()
    (intent,) = world.store.intents.open()
    return intent


def landing_of(world, order):
    try:
        deploy(world, world.repository("demo"), order)
    finally:
        world.repository("demo").queue.take()


def test_deploy_that_had_not_landed_when_the_power_went_does_not_land_in_a_freeze(
    stage, world, monkeypatch
):
    announced_only(stage, world, monkeypatch, "deploy.announced")
    before = stage.git("rev-parse", "main")
    frozen, watched = frozen_by_configuration(world)
    finish_open(frozen, watched)
    assert stage.git("rev-parse", "main") == before
    assert world.store.intents.open() == []
    assert live(world) == ""


def test_deploy_that_had_landed_when_the_power_went_is_recorded_in_a_freeze(
    stage, world, monkeypatch
):
    announced_only(stage, world, monkeypatch, "deploy.landed")
    frozen, watched = frozen_by_configuration(world)
    finish_open(frozen, watched)
    assert world.store.intents.open() == []
    assert live(world) == "1.0.0"
    assert stage.git("rev-parse", "one/v1.0.0^{commit}") == stage.git("rev-parse", "main")


def test_people_are_told_of_freezes_where_they_look(world):
    always = {"cron": "* * * * *", "for": "1d", "reason": "end of the quarter"}
    told = freeze_words(world.store, [RepositorySettings(name="demo", freeze=[always])])
    assert len(told) == 1
    assert told[0].startswith("demo: ")
    assert "end of the quarter" in told[0]
    assert freeze_words(world.store, [RepositorySettings(name="demo")]) == []
