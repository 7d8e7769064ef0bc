"""A portfolio from its proposal to the stage `live` and back, on real checks and real records."""

from dataclasses import replace

import pytest
import yaml

from bot.core.orders import DeployOrder, PromoteOrder, RollbackOrder
from bot.daemon.reconcile import reconcile
from bot.deploy.deploys import deploy
from bot.deploy.promotions import promote
from bot.deploy.rollbacks import rollback
from bot.proposals.check import check_proposal
from components.schema.policies.risk import Gate
from components.state.tables.records import Job
from tests.integration.bot.test_portfolio_orders import CODE, NAME, PAIR
from tests.orders_support import DEFINITION, Ground, bars

AFTER = {"bars": 3, "integrity": "clean"}
STAGES = [{"name": "paper"}, {"name": "live", "branch": "live", "by": "auto", "after": AFTER}]


def job(kind, **payload):
    return Job(1, kind, "demo", "demo", payload, "leased", 0, 1, 3, "", "")


@pytest.fixture
def ground(stage, world_on, tmp_path):
    document = yaml.safe_load(stage.config.read_text())
    document["repositories"][0]["stages"] = STAGES
    stage.config.write_text(yaml.safe_dump(document))
    made = Ground(stage, world_on(stage.config), tmp_path / "data")
    bench, gate = made.world.bench, Gate(id="some", metric="trades", op=">=", value=1)
    risk = bench.policies.risk
    recheck = risk.recheck.model_copy(update={"action": "rollback"})
    risk = risk.model_copy(update={"recheck": recheck, "gates": (gate,), "holdout": None})
    bench = replace(bench, policies=replace(bench.policies, risk=risk))
    made.world = replace(made.world, bench=bench)
    made.whole, made.other = bars(61), bars(61, seed=8)
    return made


def grow(ground, count):
    for symbol, frame in (("AAA", ground.whole), ("BBB", ground.other)):
        ground.write(frame.iloc[:count], symbol)
    ground.look()
    reconcile(ground.world, job("tick"))


def land(ground, version, code):
    """Proposed, checked and deployed as the bot does it."""
    author = ground.stage.author
    author.start(version)
    folder = author.folder / "strategies" / "one"
    folder.mkdir(parents=True, exist_ok=True)
    text = DEFINITION.replace("NAME", "one").replace("SYMBOLS", PAIR).replace("1.0.0", version)
    (folder / "strategy.yaml").write_text(text)
    (folder / "strategy.py").write_text(code)
    author.push(version, version)
    check_proposal(ground.world, job("check", proposal=f"branch/{version}"))
    done = deploy(
        ground.world, ground.world.repository("demo"), DeployOrder(f"branch/{version}", "ada")
    )
    assert done.ok, done.message


def on(ground, stage=""):
    now = ground.world.store.deployments.current("demo", "one", stage)
    return now.version if now else ""


def go_live(ground):
    order = PromoteOrder("one", "ada", "live")
    return promote(ground.world, ground.world.repository("demo"), order).message


def test_portfolio_goes_live_by_its_record_and_is_rolled_back_by_its_integrity(ground):
    grow(ground, 40)
    land(ground, "1.0.0", CODE)
    grow(ground, 50)
    land(ground, "1.1.0", CODE.replace("rolling(5)", "rolling(8)"))
    grow(ground, 58)
    grow(ground, 60)
    assert on(ground, "live") == ""
    assert "2 are on record" in go_live(ground)
    grow(ground, 61)
    assert (on(ground), on(ground, "live")) == ("1.1.0", "1.1.0"), go_live(ground)
    sheet = ground.sheet("one")
    assert (sheet["symbol"], sheet["version"], sheet["reason"]) == (NAME, "1.1.0", "")
    ground.other.iloc[59, :4] *= 3
    grow(ground, 61)
    assert on(ground) == "1.0.0", "sealed orders differ, and the policy says rollback"
    assert ground.world.store.deployments.current("demo", "one").kind == "rollback"
    watched = ground.world.repository("demo")
    done = rollback(
        ground.world, watched, RollbackOrder("one", "ada", "as paper", stage="live", whole=True)
    )
    assert done.ok, done.message
    assert on(ground, "live") == ""
    grow(ground, 61)
    assert (ground.sheet("one")["version"], ground.sheet("one")["reason"]) == ("1.0.0", "")
