"""Policies that live on the base branch: today's hold, a proposal's do not, broken ones are said."""

import threading

import pytest
import yaml

from bot.checks.base_policies import bench_at
from bot.checks.run import run_checks, take_snapshot
from bot.checks.strategy import Asked
from bot.config.settings import load
from bot.core.orders import DeployOrder
from bot.core.requests import BacktestRequest
from bot.daemon.backtests import backtest_tasks
from bot.daemon.doctor import examine
from bot.daemon.lookup import find_subject
from bot.demo.stage import EXAMPLES
from bot.deploy.deploys import deploy
from bot.deploy.drift import base_moved
from bot.proposals.check import _settled_already
from components.errors import ConfigError
from components.schema.results.values import CheckName, Outcome, Verdict
from components.state.tables.records import Job
from tests.deploy_support import deploy_at_once, push, reported
from tests.stage_support import new_stage

STRICT = "gates:\n  - {id: many-trades, metric: trades, op: '>=', value: 100000}\n"
LENIENT = "gates: []\n"


@pytest.fixture
def stage(tmp_path):
    stage = new_stage(tmp_path / "stage")
    settings = yaml.safe_load(stage.config.read_text())
    settings["repositories"][0]["policies"] = "rules"
    stage.config.write_text(yaml.safe_dump(settings))
    return stage


@pytest.fixture
def world(stage, world_on):
    return world_on(stage.config)


def put_policy(stage, branch, text, name="risk.yaml"):
    stage.author.start(branch)
    place = stage.author.folder / "rules" / name
    place.parent.mkdir(exist_ok=True)
    place.write_text(text)
    return stage.author.push(branch, f"{name}: what holds here")


def check(world, branch, known=lambda _key: None):
    watched = world.repository("demo")
    proposal = watched.forge.proposal(f"branch/{branch}")
    snapshot = take_snapshot(watched.where, proposal, watched.forge.base())
    asked = Asked(known=known, tell=lambda *_: None, cancelled=threading.Event())
    return run_checks(watched.where, snapshot, world.bench, watched.proposals, asked)[1]


def test_gate_of_the_base_branch_judges_a_proposal(stage, world):
    put_policy(stage, "main", STRICT)
    push(stage, "feature", "alpha")
    report = check(world, "feature")
    assert report.verdict is Verdict.FAILED
    assert {gate.id for gate in report.strategies[0].gates} == {"many-trades"}


def test_gate_that_a_proposal_loosens_holds_until_it_has_landed(stage, world):
    put_policy(stage, "main", STRICT)
    push(stage, "feature", "alpha")
    rules = stage.author.folder / "rules" / "risk.yaml"
    rules.write_text(LENIENT)
    stage.author.push("feature", "and no gates, please")
    assert check(world, "feature").verdict is Verdict.FAILED
    put_policy(stage, "main", LENIENT)
    assert check(world, "feature").verdict is Verdict.PASSED


def test_changed_policy_gives_the_same_content_another_key(stage, world):
    push(stage, "feature", "alpha")
    before = check(world, "feature").strategies[0]
    put_policy(stage, "main", STRICT)
    after = check(world, "feature", known=lambda key: before if key == before.content_key else None)
    assert before.verdict is Verdict.PASSED
    assert after.strategies[0].content_key != before.content_key
    assert after.verdict is Verdict.FAILED


def test_repository_without_policy_files_is_under_the_operators(stage, world):
    where = world.repository("demo").where
    base = world.repository("demo").forge.base()
    assert bench_at(where, world.bench, base).policies == world.bench.policies


def test_policy_that_is_broken_on_the_base_gives_no_verdict_and_names_the_key(stage, world):
    put_policy(stage, "main", "gates:\n  - {id: x, metric: luck, op: '>=', value: 1}\n")
    push(stage, "feature", "alpha")
    report = check(world, "feature")
    assert report.verdict is Verdict.ERROR
    (only,) = report.strategies[0].checks
    assert (only.name, only.outcome) == (CheckName.POLICY, Outcome.ERROR)
    assert "rules/risk.yaml" in only.summary
    assert "metric" in only.summary


def test_proposal_that_would_break_the_policies_fails(stage, world):
    put_policy(stage, "tighter", "gates: {not: a list}\n")
    report = check(world, "tighter")
    assert report.verdict is Verdict.FAILED
    assert report.findings[0].rule == "policies-broken"
    assert "rules/risk.yaml" in report.findings[0].message


def deployed(world, branch):
    return deploy(world, world.repository("demo"), DeployOrder(f"branch/{branch}", "ada"))


def test_verdict_under_older_policies_lands_nothing(stage, world):
    push(stage, "feature", "alpha")
    reported(world, "feature")
    put_policy(stage, "main", STRICT)
    refused = deployed(world, "feature")
    assert not refused.ok
    assert stage.git("ls-tree", "--name-only", "main", "strategies/") == "strategies/.gitkeep"


def test_policies_that_are_broken_on_the_base_land_nothing(stage, world):
    push(stage, "feature", "alpha")
    reported(world, "feature")
    put_policy(stage, "main", "gates: {not: a list}\n")
    with pytest.raises(ConfigError, match=r"rules/risk\.yaml"):
        deployed(world, "feature")
    assert stage.git("ls-tree", "--name-only", "main", "strategies/") == "strategies/.gitkeep"


def test_report_is_settled_until_the_policies_change(stage, world):
    push(stage, "feature", "alpha")
    reported(world, "feature")
    watched = world.repository("demo")
    proposal = watched.forge.proposal("branch/feature")
    stage.author.start("main")
    (stage.author.folder / "NOTES.md").write_text("not about strategies\n")
    stage.author.push("main", "Notes")
    assert _settled_already(world, watched, proposal, watched.forge.base())
    put_policy(stage, "main", STRICT)
    assert not _settled_already(world, watched, proposal, watched.forge.base())


def test_doctor_names_policies_that_are_broken_on_the_base(stage):
    put_policy(stage, "main", "gates: {not: a list}\n")
    seen = [s for s in examine(load(stage.config, env={})) if "rules/risk.yaml" in s.seen]
    assert [symptom.well for symptom in seen] == [False]


def test_walls_of_the_machine_are_not_a_repositorys_to_set(stage, world):
    put_policy(stage, "main", "isolation: job\n", "sandbox.yaml")
    where = world.repository("demo").where
    with pytest.raises(ConfigError, match=r"rules/sandbox\.yaml"):
        bench_at(where, world.bench, world.repository("demo").forge.base())


def test_policy_file_without_end_is_refused(stage, world):
    put_policy(stage, "main", "# nothing\n" * 40_000)
    where = world.repository("demo").where
    with pytest.raises(ConfigError, match=r"rules/risk\.yaml"):
        bench_at(where, world.bench, world.repository("demo").forge.base())


@pytest.mark.parametrize("folder", ["../rules", "/etc", "strategies/rules", "strategies", "a//b"])
def test_policies_may_not_stand_among_the_strategies_or_elsewhere(stage, folder):
    settings = yaml.safe_load(stage.config.read_text())
    settings["repositories"][0]["policies"] = folder
    stage.config.write_text(yaml.safe_dump(settings))
    with pytest.raises(ConfigError, match="policies"):
        load(stage.config, env={})


def test_proposal_that_would_break_the_policies_is_not_deployed(stage, world):
    push(stage, "feature", "alpha")
    (stage.author.folder / "rules").mkdir()
    (stage.author.folder / "rules" / "risk.yaml").write_text("gates: {not: a list}\n")
    stage.author.push("feature", "and gates that nobody can read")
    reported(world, "feature")
    refused = deploy(world, world.repository("demo"), DeployOrder("branch/feature", "ada"))
    assert (refused.ok, refused.code) == (False, "not_ready")
    assert "rules/risk.yaml" in refused.message
    assert world.store.deployments.list(repository="demo") == []


def test_policies_that_one_of_a_batch_brings_hold_for_the_next(stage, world):
    push(stage, "a", "one")
    (stage.author.folder / "rules").mkdir()
    (stage.author.folder / "rules" / "risk.yaml").write_text(STRICT)
    stage.author.push("a", "and a gate")
    push(stage, "b", "two")
    for branch in "ab":
        reported(world, branch)
    outcomes = dict(deploy_at_once(world, ["a", "b"], source="cli", admin=True))
    assert outcomes["a"].code == "deployed"
    assert outcomes["b"].code == "not_ready"


def test_what_only_the_base_allows_is_on_record_and_backtested_when_asked_for(stage, world_on):
    """The operator allows no rules; the repository's own policy does."""
    (stage.folder / "policies" / "schema.yaml").write_text("frameworks: [backtesting.py]\n")
    put_policy(stage, "main", "frameworks: [rules, backtesting.py]\n", "schema.yaml")
    name = "golden_cross_rules"
    stage.author.put(EXAMPLES / "strategies" / name, f"strategies/{name}")
    stage.author.push("main", "Rules")
    world = world_on(stage.config)
    base_moved(world, Job(1, "base", "demo", "demo", {}, "leased", 0, 1, 3, "", ""))
    assert world.store.strategies.get("demo", name).deployed_version == "1.0.0"
    found = find_subject(world, name)
    tasks, rules = backtest_tasks(world, found, BacktestRequest(name=name, actor="ada"))
    assert tasks
    assert rules


def test_policies_that_change_while_the_bases_cannot_be_read_are_never_green(stage, world):
    put_policy(stage, "main", "gates: {not: a list}\n")
    put_policy(stage, "looser", LENIENT, "more.yaml")
    assert check(world, "looser").verdict is Verdict.NEUTRAL, "no policy is called so"
    put_policy(stage, "still-broken", "gates: {still: none}\n")
    report = check(world, "still-broken")
    assert report.verdict is Verdict.ERROR
    assert "policies of the base cannot be read" in report.checks[0].summary


def test_git_lfs_pointer_in_place_of_a_policy_is_named_as_such(stage, world):
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'1' * 64}\nsize 9\n"
    put_policy(stage, "feature", pointer)
    (finding,) = check(world, "feature").findings
    assert finding.rule == "policies-broken"
    assert "rules/risk.yaml: it is a Git LFS pointer" in finding.message
