"""Stages: what was tested goes on exactly as it is, once, and only when it may."""

import signal
import threading
from dataclasses import replace

import pytest
import yaml

from bot.config.settings import load
from bot.config.stages import AfterSettings
from bot.core.event_json import to_payload
from bot.core.events import CommandIssued, Freeze, Hold, Promote, Rollback
from bot.core.failpoints import ENV as FAILPOINT
from bot.core.failpoints import NAMES
from bot.core.orders import DeployOrder, PromoteOrder
from bot.daemon.commands import run_command
from bot.daemon.reconcile import reconcile
from bot.demo.author import git
from bot.deploy.deploys import deploy
from bot.deploy.drift import base_moved
from bot.deploy.promotions import promote
from bot.landing import promotions
from bot.landing.outcomes import read
from bot.landing.stages import on_stages
from bot.landing.unfinished import finish_open
from bot.proposals.check import known_verdict
from components.errors import Moved, UserError
from components.schema.results.report import Report
from components.schema.results.values import ExecutionResult, Status, Verdict
from components.state import Lifecycle
from components.state.tables.forward import ForwardTrack, OrderState, Sealed
from components.state.tables.records import Job
from tests.deploy_support import push, reported
from tests.warm_support import Command

STAGES = [{"name": "paper"}, {"name": "live", "branch": "live"}]


def configured(stage, stages):
    document = yaml.safe_load(stage.config.read_text())
    document["repositories"][0]["stages"] = stages
    stage.config.write_text(yaml.safe_dump(document))
    return stage.config


@pytest.fixture
def world(stage, world_on):
    return world_on(configured(stage, STAGES))


def land(stage, world, branch, *names, version="1.0.0"):
    push(stage, branch, *(names or ("one",)), version=version)
    reported(world, branch)
    done = deploy(world, world.repository("demo"), DeployOrder(f"branch/{branch}", "ada"))
    assert done.ok, done.message


def go(world, name="one", to="", **more):
    return promote(world, world.repository("demo"), PromoteOrder(name, "ada", to, **more))


def command(world, order, at="", attempt=1):
    event = CommandIssued("demo", "", "cli:ada", order, source="cli")
    key = f"{order}"
    job = Job(1, "command", key, "demo", to_payload(event), "leased", 0, attempt, 3, "", at)
    run_command(world, job)
    return read(world.store, key)


def job(kind, payload=None):
    return Job(1, kind, "demo", "demo", payload or {}, "leased", 0, 1, 3, "", "")


def on(world, name="one", stage="live"):
    now = world.store.deployments.current("demo", name, stage)
    return now.version if now else ""


def tree(stage, ref, name="one"):
    return stage.git("rev-parse", f"{ref}:strategies/{name}")


def by_hand(stage, world, branch, *names, version="1.0.0"):
    """A person makes a commit with these strategies at `branch`, past the bot."""
    push(stage, "by-hand", *names, version=version)
    stage.git("update-ref", f"refs/heads/{branch}", stage.git("rev-parse", "by-hand"))
    stage.git("update-ref", "-d", "refs/heads/by-hand")


def edit(stage, branch, *commands):
    """A person's commit on top of a branch; each command is one of git's."""
    git(stage.author.folder, "fetch", "-q", "origin")
    git(stage.author.folder, "switch", "-q", "-C", branch, f"origin/{branch}")
    for words in commands:
        git(stage.author.folder, *words)
    git(stage.author.folder, "commit", "-qm", "By hand")
    git(stage.author.folder, "push", "-q", "origin", branch)


def test_promotion_brings_exactly_the_tested_folder_and_nothing_else(stage, world):
    land(stage, world, "first", "one", "two")
    base = stage.git("rev-parse", "main")
    done = go(world)
    assert (done.ok, done.code) == (True, "promoted"), done.message
    assert tree(stage, "live") == tree(stage, "one/v1.0.0^{commit}")
    assert stage.git("ls-tree", "-r", "--name-only", "live").split() == [
        "strategies/one/strategy.py",
        "strategies/one/strategy.yaml",
    ]
    assert stage.git("rev-parse", "live/one/v1.0.0^{commit}") == stage.git("rev-parse", "live")
    assert stage.git("rev-parse", "main") == base
    assert on(world) == on(world, stage="") == "1.0.0"
    assert on(world, "two") == ""
    assert world.store.strategies.get("demo", "one").status is Lifecycle.DEPLOYED
    assert world.store.intents.open() == []
    land(stage, world, "second", version="1.1.0")
    assert (on(world), on(world, stage="")) == ("1.0.0", "1.1.0")
    before = stage.git("rev-parse", "live")
    assert go(world, to="live").code == "promoted"
    assert stage.git("rev-parse", "live^") == before
    assert tree(stage, "live") == tree(stage, "main")
    settings = load(stage.config, env={})
    now = on_stages(world.store, settings.repositories)["demo", "one"]
    assert [(o.stage, o.version) for o in now] == [("paper", "1.1.0"), ("live", "1.1.0")]


def test_promotion_of_what_is_there_already_changes_nothing(stage, world):
    land(stage, world, "first")
    go(world)
    before = stage.git("rev-parse", "live")
    again = go(world)
    assert (again.ok, again.code) == (True, "unchanged")
    assert stage.git("rev-parse", "live") == before


def test_unknown_stage_or_strategy_is_named_with_what_there_is(stage, world):
    land(stage, world, "first")
    with pytest.raises(UserError, match="no stage prod; there are: paper, live"):
        go(world, to="prod")
    assert go(world, to="paper").code == "first_stage"
    missing = go(world, "nobody")
    assert (missing.code, missing.message) == ("not_found", "there is no strategy nobody")
    plain = replace(world.repository("demo"), stages=())
    with pytest.raises(UserError, match="only its base branch"):
        promote(world, plain, PromoteOrder("one", "ada"))


def test_held_version_is_not_promoted(stage, world):
    land(stage, world, "first")
    assert command(world, Hold("one", "1.0.0", "look first")).ok
    refused = go(world)
    assert (refused.ok, refused.code) == (False, "held")
    assert "look first" in refused.message
    assert world.store.intents.open() == []


def test_version_that_only_failed_or_was_never_checked_is_not_promoted(stage, world):
    by_hand(stage, world, "main", "one")
    base_moved(world, job("base"))
    refused = go(world)
    assert (refused.ok, refused.code) == (False, "untested")
    assert on(world, stage="") == "1.0.0"


def test_version_that_failed_on_newer_data_is_not_promoted(stage, world):
    land(stage, world, "first")
    head = stage.git("rev-parse", "main")
    run = world.store.runs.start("demo", "base/main", head, head, "recheck")
    report = reported_as(world, Verdict.FAILED)
    world.store.runs.finish(run.id, Verdict.FAILED, report)
    refused = go(world)
    assert refused.code == "untested"
    assert "failed when it was checked again" in refused.message


def reported_as(world, verdict):
    runs = world.store.runs.list(repository="demo", strategy="one")
    report = Report.model_validate_json(world.store.runs.get(runs[-1].id).report)
    strategies = tuple(s.model_copy(update={"verdict": verdict}) for s in report.strategies)
    return report.model_copy(update={"strategies": strategies}).model_dump_json()


def test_soak_time_is_kept_and_says_when_it_is_over(stage, world):
    land(stage, world, "first")
    paper, live = world.repository("demo").stages
    waits = live.model_copy(update={"after": AfterSettings(days=5)})
    watched = replace(world.repository("demo"), stages=(paper, waits))
    refused = promote(world, watched, PromoteOrder("one", "ada"))
    assert (refused.ok, refused.code) == (False, "too_early")
    assert "5 days after it came to paper: from 20" in refused.message
    age(world, days=5)
    assert promote(world, watched, PromoteOrder("one", "ada")).code == "promoted"


def followed(world, bars=0, **state):
    """As if so many new bars had been followed since the deploy, on one of its symbols."""
    landed = world.store.deployments.current("demo", "one")
    known = ("one", landed.version, "SPX", "1d")
    track = ForwardTrack(0, landed.id, "demo", *known, "", "made", "the deploy")
    number = world.store.forward.begin(track)
    rows = [
        Sealed(
            n, f"t{n}", "k", "d", "[]", "[]", "o", 0.0, 1.0, "e", "i", "m", n > 0, published=True
        )
        for n in range(bars + 1)
    ]
    world.store.forward.seal(number, rows)
    state = {"track": number, **state}
    world.store.forward.stand(
        OrderState("demo", "one", "SPX", "1d", landed.id, landed.version, **state)
    )


def judged_on(world, *symbols):
    """As if the verdict had been made on these symbols."""
    landed = world.store.deployments.current("demo", "one")
    known = known_verdict(world.store, landed.content_key)
    results = tuple(
        ExecutionResult(status=Status.PASSED, symbol=symbol, duration_s=1.0) for symbol in symbols
    )
    report = known.model_copy(update={"results": results}).model_dump_json()
    world.store.verdicts.put(landed.content_key, "one", "1.0.0", Verdict.PASSED, report)


def test_bars_and_integrity_of_the_record_are_waited_for(stage, world_on):
    after = {"bars": 3, "integrity": "clean"}
    auto = {"name": "live", "branch": "live", "by": "auto", "after": after}
    world = world_on(configured(stage, [STAGES[0], auto]))
    land(stage, world, "first")
    assert go(world).message.endswith("after 3 bars on paper: 0 are on record")
    followed(world, 2)
    few = go(world)
    assert (few.ok, few.code) == (False, "too_early")
    assert "2 are on record" in few.message
    followed(world, 3, reason="the data ends early")
    broken = go(world)
    assert (broken.ok, broken.code) == (False, "integrity")
    assert "the data ends early" in broken.message
    followed(world, 3, integrity='{"message": "bar 7 was restated"}')
    assert "bar 7 was restated" in go(world).message
    reconcile(world, job("tick"))
    assert on(world) == ""
    followed(world, 3)
    judged_on(world, "SPX", "IXIC")
    assert "0 are on record" in go(world).message, "of one symbol there is none yet"
    judged_on(world, "SPX")
    reconcile(world, job("tick"))
    assert on(world) == "1.0.0"
    land(stage, world, "second", version="1.1.0")
    assert go(world).code == "too_early", "the record is of the version before"


def test_gates_on_the_record_are_waited_for(stage, world_on):
    after = {"gates": [{"metric": "max_drawdown_pct", "op": ">=", "value": -10, "bars": 3}]}
    auto = {"name": "live", "branch": "live", "by": "auto", "after": after}
    world = world_on(configured(stage, [STAGES[0], auto]))
    land(stage, world, "first")
    assert "there is none yet" in go(world).message
    followed(world, 2)
    few = go(world)
    assert (few.ok, few.code) == (False, "gates")
    assert "max_drawdown_pct >= -10 on its record is asked for; on SPX 2 of 3" in few.message
    reconcile(world, job("tick"))
    assert on(world) == ""
    followed(world, 3)
    reconcile(world, job("tick"))
    assert on(world) == "1.0.0"


def age(world, days):
    """As if everything had landed so many days ago."""
    shift = "UPDATE deployments SET deployed_at = strftime('%Y-%m-%dT%H:%M:%fZ', deployed_at, ?)"
    with world.store.transaction():
        world.store._db.execute(shift, (f"-{days} days",))


def test_two_promotions_at_once_are_one(stage, world):
    land(stage, world, "first")
    outcomes = []
    threads = [threading.Thread(target=lambda: outcomes.append(go(world))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(o.code for o in outcomes) == ["promoted", "unchanged", "unchanged"]
    assert stage.git("rev-list", "--count", "live") == "1"


def test_version_that_was_deployed_after_the_promotion_was_asked_for_is_not_meant(stage, world):
    land(stage, world, "first")
    asked = world.store.deployments.current("demo", "one").deployed_at
    land(stage, world, "second", version="1.1.0")
    refused = command(world, Promote("one"), at=asked)
    assert (refused.ok, refused.code) == (False, "moved_on")
    assert "1.1.0" in refused.message
    assert go(world, version="v1.0.0").code == "moved_on"
    assert go(world, version="1.1.0").code == "promoted"


def test_branch_that_a_person_moved_meanwhile_is_never_overwritten(stage, world, monkeypatch):
    land(stage, world, "first", "one", "two")
    go(world, "two")

    def move(point):
        if point == "promotion.announced":
            monkeypatch.undo()
            edit(stage, "live", ("mv", "strategies/two", "strategies/zwei"))

    monkeypatch.setattr(promotions, "failpoint", move)
    with pytest.raises(Moved):
        go(world)
    assert world.store.intents.open() == []
    assert on(world) == ""
    theirs = stage.git("rev-parse", "live")
    assert go(world).code == "promoted"
    assert stage.git("rev-parse", "live^") == theirs
    assert (on(world, "two"), on(world, "zwei")) == ("", "unreleased")


def test_strategy_that_was_removed_from_the_base_says_so(stage, world):
    base_moved(world, job("base"))
    land(stage, world, "first")
    go(world)
    edit(stage, "main", ("rm", "-rq", "strategies/one"))
    base_moved(world, job("base"))
    refused = go(world)
    assert (refused.ok, refused.code) == (False, "not_deployed")
    assert "its folder was taken away" in refused.message
    assert "remove its folder on the branch live" in refused.message
    assert on(world) == "1.0.0"


def test_strategy_under_a_new_name_does_not_trade_beside_its_old_self(stage, world):
    land(stage, world, "first")
    go(world)
    stage.author.start("rename")
    git(stage.author.folder, "mv", "strategies/one", "strategies/uno")
    file = stage.author.folder / "strategies" / "uno" / "strategy.yaml"
    file.write_text(file.read_text().replace("name: one", "name: uno"))
    stage.author.push("rename", "One is called uno")
    reported(world, "rename")
    assert deploy(world, world.repository("demo"), DeployOrder("branch/rename", "ada")).ok
    refused = go(world, "uno")
    assert (refused.ok, refused.code) == (False, "renamed")
    assert "one is still on live" in refused.message
    edit(stage, "live", ("rm", "-rq", "strategies/one"))
    assert go(world, "uno").code == "promoted"
    assert on(world) == ""
    assert on(world, "uno") == "1.0.0"


def two_on_live(stage, world):
    for branch, version in (("first", "1.0.0"), ("second", "1.1.0")):
        land(stage, world, branch, version=version)
        assert go(world).code == "promoted"


def test_rollback_of_a_stage_leaves_the_base_alone_and_holds_the_version(stage, world):
    two_on_live(stage, world)
    base = stage.git("rev-parse", "main")
    done = command(world, Rollback("one", "", "it lost money", stage="live"))
    assert (done.ok, done.code) == (True, "rolled_back"), done.message
    assert "on `live`" in done.message
    assert tree(stage, "live") == tree(stage, "one/v1.0.0^{commit}")
    assert stage.git("rev-parse", "main") == base
    assert (on(world), on(world, stage="")) == ("1.0.0", "1.1.0")
    assert world.store.strategies.get("demo", "one").deployed_version == "1.1.0"
    assert world.store.holds.active("demo", "one", "1.1.0").reason == "it lost money"
    assert go(world).code == "held"
    world.store.holds.unhold("demo", "one", "1.1.0", "ada", "a mistake")
    assert go(world).code == "promoted"
    tags = stage.git("tag", "--list", "live/*").split()
    assert tags == ["live/one/v1.0.0", "live/one/v1.1.0"]


def test_first_version_on_a_stage_can_be_taken_off_whole(stage, world):
    land(stage, world, "first", "one", "two")
    go(world)
    go(world, "two")
    only = command(world, Rollback("one", "", "bad", stage="live"))
    assert only.code == "no_previous"
    done = command(world, Rollback("one", "", "bad", whole=True, stage="live"))
    assert (done.ok, done.code) == (True, "rolled_back"), done.message
    assert stage.git("ls-tree", "--name-only", "live:strategies").split() == ["two"]
    assert (on(world), on(world, "two"), on(world, stage="")) == ("", "1.0.0", "1.0.0")
    assert command(world, Rollback("one", "", "again", stage="live")).code == "not_deployed"


def test_content_that_somebody_put_on_a_stage_is_seen_and_can_be_rolled_back(stage, world):
    land(stage, world, "first")
    go(world)
    by_hand(stage, world, "live", "one", version="6.6.6")
    base_moved(world, job("base"))
    assert on(world) == "unreleased"
    done = command(world, Rollback("one", "", "who was that", stage="live"))
    assert (done.ok, done.code) == (True, "rolled_back"), done.message
    assert tree(stage, "live") == tree(stage, "main")
    assert on(world) == "1.0.0"


def test_branch_that_was_there_before_the_stage_is_read_as_it_is(stage, world):
    land(stage, world, "first", "one", "two")
    stage.git("branch", "live", "main")
    base_moved(world, job("base"))
    assert (on(world), on(world, "two")) == ("1.0.0", "1.0.0")
    assert [p.id for p in world.repository("demo").forge.proposals()] == []
    assert go(world).code == "unchanged"
    stage.git("update-ref", "-d", "refs/heads/live")
    base_moved(world, job("base"))
    assert (on(world), on(world, "two")) == ("", "")


def test_branch_set_back_by_force_is_seen_each_time(stage, world):
    two_on_live(stage, world)
    newer = stage.git("rev-parse", "live")
    for commit, version in (("live^", "1.0.0"), (newer, "1.1.0"), (f"{newer}^", "1.0.0")):
        stage.git("update-ref", "refs/heads/live", stage.git("rev-parse", commit))
        base_moved(world, job("base"))
        assert on(world) == version


def test_frozen_repository_promotes_nothing_and_rolls_its_stages_back(stage, world):
    two_on_live(stage, world)
    land(stage, world, "third", version="1.2.0")
    command(world, Freeze("4h", "the exchange moves"))
    refused = go(world)
    assert (refused.ok, refused.code) == (False, "frozen")
    assert "the exchange moves" in refused.message
    assert command(world, Rollback("one", "", "it lost money", stage="live")).ok
    assert on(world) == "1.0.0"


def test_without_a_name_the_next_stage_is_meant(stage, world_on):
    stages = [*STAGES[:1], {"name": "shadow", "branch": "shadow"}, STAGES[1]]
    world = world_on(configured(stage, stages))
    land(stage, world, "first")
    skipped = go(world, to="live")
    assert (skipped.ok, skipped.code) == (False, "not_deployed")
    assert "is not on shadow" in skipped.message
    assert go(world).data["branch"] == "shadow"
    assert go(world).data["branch"] == "live"
    assert go(world).code == "unchanged"


def test_stage_that_fills_itself_takes_each_version_once(stage, world_on):
    auto = {"name": "live", "branch": "live", "by": "auto", "after": {"days": 3}}
    world = world_on(configured(stage, [STAGES[0], auto]))
    land(stage, world, "first")
    reconcile(world, job("tick"))
    assert on(world) == ""
    age(world, days=3)
    reconcile(world, job("tick"))
    assert on(world) == "1.0.0"
    assert world.store.deployments.current("demo", "one", "live").actor == "algoops"
    edit(stage, "live", ("rm", "-rq", "strategies/one"))
    for _ in range(2):
        base_moved(world, job("base"))
        reconcile(world, job("tick"))
    assert on(world) == "", "a person took it off"


CUTS = [name for name in NAMES if name.startswith("promotion.")]


@pytest.mark.parametrize("failpoint", CUTS)
def test_power_cut_in_a_promotion_promotes_once(stage, world, monkeypatch, failpoint):
    land(stage, world, "first")
    monkeypatch.setenv(FAILPOINT, failpoint)
    cut = Command("promote", "one", "--config", stage.config).finish()
    monkeypatch.delenv(FAILPOINT)
    assert cut.returncode == -signal.SIGKILL, cut.stdout + cut.stderr
    finish_open(world, world.repository("demo"))
    assert go(world).code in {"promoted", "unchanged"}
    assert world.store.intents.open() == []
    assert stage.git("rev-list", "--count", "live") == "1"
    assert stage.git("rev-parse", "live/one/v1.0.0^{commit}") == stage.git("rev-parse", "live")
    landings = world.store.deployments.list("demo", "one", stage="live")
    assert [(d.kind, d.version) for d in landings] == [("deploy", "1.0.0")]
    assert tree(stage, "live") == tree(stage, "main")
