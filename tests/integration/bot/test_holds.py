"""A hold follows the content: another number, another name or an upgrade does not shake it off."""

import pytest

from bot.agents import looks
from bot.core.event_json import to_payload
from bot.core.events import CommandIssued, Hold, Unhold
from bot.core.orders import DeployOrder, RollbackOrder
from bot.daemon.commands import run_command
from bot.deploy.deploys import deploy
from bot.deploy.rollbacks import rollback
from bot.landing.outcomes import read
from bot.proposals.deploy_warnings import with_deploy_warnings
from bot.report import markdown
from components.errors import UserError
from tests.deploy_support import push, reported
from tests.github_support import report_of, strategy_of


def order(world, branch):
    return deploy(world, world.repository("demo"), DeployOrder(f"branch/{branch}", "ada"))


def land(stage, world, version, **more):
    push(stage, "feature", "fine", version=version, **more)
    reported(world, "feature")
    assert order(world, "feature").ok


def command(world, what):
    event = CommandIssued("demo", "", "ada", what, source="cli")
    key = f"{type(what).__name__}{what.version}{what.name}"
    world.store.jobs.enqueue("command", key, "demo", to_payload(event))
    job = world.store.jobs.lease("w", 60, kinds=["command"])
    run_command(world, job)
    world.store.jobs.complete(job.id, "w")
    return read(world.store, key)


def hold(stage, world):
    """1.0.0 is live; 1.1.0, with other code, was rolled back."""
    land(stage, world, "1.0.0")
    land(stage, world, "1.1.0", extra={"notes.py": "LOSES = True\n"})
    back = rollback(world, world.repository("demo"), RollbackOrder("fine", "ada", "lost money"))
    assert back.ok, back.message


PASTS = {"held": hold}


@pytest.fixture
def held(stage):
    """See `hold`."""


def warnings(world, branch, version):
    """The rules of what a passed report of this branch warns of."""
    return [f.rule for f in warned(world, branch, version)]


def warned(world, branch, version):
    watched = world.repository("demo")
    head = watched.forge.proposal(f"branch/{branch}").head
    tree = watched.where.repository.tree_at(head, "strategies/fine")
    found = report_of(strategies=[strategy_of("fine", tree=tree, version=version)])
    return with_deploy_warnings(world, watched, found).findings


def same_again(stage, name="fine", version="1.2.0"):
    push(stage, "again", name, version=version, extra={"notes.py": "LOSES = True\n"})


@pytest.mark.parametrize("name", ["fine", "finer"])
def test_rolled_back_content_under_the_next_number_or_another_name_is_refused(
    stage, world, held, name
):
    same_again(stage, name)
    reported(world, "again")
    refused = order(world, "again")
    assert (refused.ok, refused.code) == (False, "held")
    assert f"{name} 1.2.0 is the content of fine 1.1.0" in refused.message
    assert "lost money" in refused.message
    assert "unhold fine 1.1.0" in refused.message


def test_report_warns_that_a_deploy_would_meet_the_hold(stage, world, held):
    same_again(stage)
    assert "held" in warnings(world, "again", "1.2.0")


def test_mended_content_under_the_next_number_lands(stage, world, held):
    push(stage, "again", "fine", version="1.2.0", extra={"notes.py": "LOSES = False\n"})
    reported(world, "again")
    assert order(world, "again").ok


def test_lifted_hold_lets_the_same_content_land(stage, world, held):
    assert command(world, Unhold("fine", "v1.1.0", "it was the data")).ok
    same_again(stage)
    reported(world, "again")
    assert order(world, "again").ok


def test_hold_of_before_the_upgrade_follows_what_landed_under_it(stage, world, held):
    with world.store.transaction():
        world.store._db.execute("UPDATE holds SET content = ''")
    same_again(stage)
    reported(world, "again")
    assert order(world, "again").code == "held"


def test_proposed_version_that_is_held_stays_held_when_its_branch_moves_on(stage, world):
    push(stage, "feature", "fine", version="2.0.0")
    reported(world, "feature")
    watched = world.repository("demo")
    head = watched.forge.proposal("branch/feature").head
    tree = watched.where.repository.tree_at(head, "strategies/fine")
    world.store.versions.put(
        "demo", "fine", "2.0.0", tree=tree, commit=head, proposal="branch/feature"
    )
    assert command(world, Hold("fine", "2.0.0", "not yet")).ok
    push(stage, "feature", "fine", version="2.1.0")
    reported(world, "feature")
    refused = order(world, "feature")
    assert "fine 2.1.0 is the content of fine 2.0.0" in refused.message


@pytest.mark.parametrize("version", ["9.9.9", "1.0", "v9", "latest"])
def test_hold_of_a_version_that_is_not_there_is_refused_and_names_those_that_are(
    stage, world, version
):
    land(stage, world, "1.0.0")
    refused = command(world, Hold("fine", version, "by mistake"))
    assert not refused.ok
    assert "known: 1.0.0" in refused.message
    assert world.store.holds.list("demo") == []


@pytest.mark.parametrize("version", ["1.0.0", "v1.0.0", " V1.0.0 "])
def test_hold_takes_a_version_however_it_is_written(stage, world, version):
    land(stage, world, "1.0.0")
    assert command(world, Hold("fine", version, "wait")).ok
    assert world.store.holds.active("demo", "fine", "1.0.0").content


def test_tag_that_a_person_made_is_named_as_such_and_nothing_lands(stage, world):
    push(stage, "feature", "fine")
    reported(world, "feature")
    stage.git("tag", "fine/v1.0.0", "main")
    assert "tag-taken" in warnings(world, "feature", "1.0.0")
    before = stage.git("rev-parse", "main")
    with pytest.raises(UserError, match="made by hand: delete it"):
        order(world, "feature")
    assert stage.git("rev-parse", "main") == before
    stage.git("tag", "-d", "fine/v1.0.0")
    assert order(world, "feature").ok


def test_version_that_was_not_raised_comes_with_the_next_free_number_as_its_fix(stage, world):
    land(stage, world, "1.0.0")
    stage.git("tag", "fine/v1.0.1", "main")
    push(stage, "feature", "fine", version="1.0.0", extra={"notes.py": "NEW = True\n"})
    (finding,) = [f for f in warned(world, "feature", "1.0.0") if f.rule == "version-taken"]
    assert finding.file == "strategies/fine/strategy.yaml"
    assert finding.line == finding.end_line
    assert "-version: 1.0.0\n+version: 1.0.2\n" in finding.fix
    push(stage, "feature", "fine", version="1.0.2", extra={"notes.py": "NEW = True\n"})
    assert not warned(world, "feature", "1.0.2")


def test_report_of_what_may_not_be_deployed_yet_says_what_is_missing_and_never_that_it_may(
    stage, world
):
    land(stage, world, "1.0.0")
    push(stage, "feature", "fine", version="1.0.0", extra={"notes.py": "NEW = True\n"})
    watched = world.repository("demo")
    head = watched.forge.proposal("branch/feature").head
    tree = watched.where.repository.tree_at(head, "strategies/fine")
    passed = report_of(strategies=[strategy_of("fine", tree=tree, version="1.0.0")])
    said = markdown.summary(passed.verdict, passed.strategies)
    passed = passed.model_copy(update={"summary": f"{said} It brings more."})
    report = with_deploy_warnings(world, watched, passed)
    assert "may be deployed" not in report.summary
    assert "may not be deployed yet: fine 1.0.0 was deployed before" in report.summary
    assert report.summary.endswith("It brings more.")
    assert "**Next:** raise \\`version\\` in strategy.yaml. After that:" in markdown.markdown(
        report
    )
    assert "may be deployed" not in markdown.plain(report)
    assert "Next: raise `version` in strategy.yaml, then `submit` again." in looks.told(report)
