"""What an older version left in the database is carried on after an upgrade, as it was written."""

import json

import pytest

from bot.core.orders import DeployOrder
from bot.daemon.commands import run_command
from bot.daemon.intake import dispatch
from bot.deploy.deploys import deploy
from bot.landing.outcomes import CommandOutcome, keep, read
from bot.landing.unfinished import finish_open
from components.state.db.errors import StateTooNew
from components.state.tables.payloads import FORMAT
from tests.deploy_support import push, reported

AN_EVENT = {  # each as version 0.1.0 wrote it
    "repository": "demo",
    "proposal": "branch/feature",
    "actor": "cli:ada",
    "head": "",
    "source": "cli",
    "comment": "",
    "command": {
        "type": "Deploy",
        "sha": "",
        "name": "fine",
        "message": "",
        "create_tag": True,
        "tag_version": "",
    },
}
AN_ORDER = {
    "proposal": "branch/feature",
    "actor": "ada",
    "key": "k1",
    "name": "",
    "sha": "",
    "message": "",
    "create_tag": True,
    "tag_version": "",
}


def raw(world, sql, *values):
    with world.store.transaction():
        world.store._db.execute(sql, values)


def test_event_that_waited_in_the_inbox_becomes_a_deploy(stage, world):
    push(stage, "feature", "fine")
    reported(world, "feature")
    raw(
        world,
        "INSERT INTO deliveries (key, kind, repository, payload, received_at)"
        " VALUES ('k', 'CommandIssued', 'demo', ?, '2026-01-01T00:00:00.000Z')",
        json.dumps(AN_EVENT),
    )
    assert dispatch(world) == 1
    run_command(world, world.store.jobs.lease("w", 60))
    assert read(world.store, "k").code == "deployed"


def test_job_that_waited_in_the_queue_is_done(stage, world):
    push(stage, "feature", "fine")
    reported(world, "feature")
    raw(
        world,
        "INSERT INTO jobs (kind, key, repository, payload, priority, max_attempts, not_before,"
        " enqueued_at) VALUES ('command', 'k', 'demo', ?, 20, 3, '', '')",
        json.dumps(AN_EVENT),
    )
    job = world.store.jobs.lease("w", 60)
    assert job.format == 0
    run_command(world, job)
    assert read(world.store, "k").ok


def test_landing_that_was_announced_before_the_upgrade_is_completed(stage, world):
    head = push(stage, "feature", "fine")
    watched = world.repository("demo")
    base = watched.forge.base()
    repository = watched.where.repository
    tree = repository.merge(base, head).tree
    commit = repository.commit(tree, (base, head), "Deploy fine 1.0.0\n")
    reported(world, "feature")
    part = {
        "order": AN_ORDER,
        "ref": "feature",
        "head": head,
        "base": base,
        "commit": commit,
        "landed": [
            {
                "name": "fine",
                "version": "1.0.0",
                "tree": repository.tree_at(tree, "strategies/fine"),
                "content_key": "c",
                "tag": "fine/v1.0.0",
            }
        ],
    }
    raw(
        world,
        "INSERT INTO intents (kind, repository, key, details, announced_at)"
        " VALUES ('deploy', 'demo', ?, ?, '')",
        commit,
        json.dumps({"message": "Deploy fine 1.0.0\n", "parts": [part]}),
    )
    finish_open(world, watched)
    assert stage.git("rev-parse", "main") == commit
    assert world.store.deployments.current("demo", "fine").version == "1.0.0"
    assert read(world.store, "k1").code == "deployed"


def test_rollback_that_was_announced_before_the_upgrade_is_completed(stage, world):
    for version in ("1.0.0", "1.1.0"):
        push(stage, "feature", "fine", version=version)
        reported(world, "feature")
        assert deploy(world, world.repository("demo"), DeployOrder("branch/feature", "ada")).ok
    watched = world.repository("demo")
    base = watched.forge.base()
    old = world.store.versions.landed("demo", "fine", "1.0.0").tree
    commit = watched.where.repository.revert_folder(base, "strategies/fine", old, "Back\n")
    revert = {
        "order": {
            "name": "fine",
            "actor": "ada",
            "reason": "losses",
            "version": "",
            "commit": "",
            "key": "k2",
            "whole": False,
            "tree": "",
        },
        "commit": commit,
        "base": base,
        "message": "Back\n",
        "restored": [{"name": "fine", "left": "1.1.0", "to": "1.0.0", "tree": old}],
    }
    raw(
        world,
        "INSERT INTO intents (kind, repository, key, details, announced_at)"
        " VALUES ('rollback', 'demo', ?, ?, '')",
        commit,
        json.dumps(revert),
    )
    finish_open(world, watched)
    assert world.store.deployments.current("demo", "fine").version == "1.0.0"
    assert world.store.holds.active("demo", "fine", "1.1.0").content
    assert read(world.store, "k2").code == "rolled_back"


def test_outcome_that_was_kept_before_the_upgrade_is_read(world):
    old = {"ok": True, "code": "deployed", "message": "done", "data": {"commit": "c"}}
    world.store.meta.put("outcome:k", json.dumps(old))
    assert read(world.store, "k") == CommandOutcome(**old)
    keep(world.store, "k", CommandOutcome(**old))
    assert json.loads(world.store.meta.get("outcome:k"))["format"] == FORMAT
    assert read(world.store, "k") == CommandOutcome(**old)


def test_landing_announced_by_a_newer_version_is_left_to_it(stage, world):
    raw(
        world,
        "INSERT INTO intents (kind, repository, key, details, announced_at)"
        " VALUES ('deploy', 'demo', 'c', ?, '')",
        json.dumps({"format": FORMAT + 1}),
    )
    with pytest.raises(StateTooNew, match="newer AlgoOps"):
        finish_open(world, world.repository("demo"))
    assert len(world.store.intents.open("deploy", "demo")) == 1
    push(stage, "feature", "fine")
    reported(world, "feature")
    with pytest.raises(StateTooNew):
        deploy(world, world.repository("demo"), DeployOrder("branch/feature", "ada"))
