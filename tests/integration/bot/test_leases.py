"""Daemons with two state folders on one repository."""

import pytest
import yaml

from bot.config.settings import load
from bot.daemon.app import Daemon
from bot.daemon.leases import Leases
from bot.daemon.start import refusals
from components.errors import ConfigError
from components.git_patch.lease import LEASE, LeaseHeld
from components.state import DATABASE
from tests.git_support import damaged


def settings_of(stage, state):
    config = yaml.safe_load(stage.config.read_text())
    config["state"]["dir"] = str(stage.folder / state)
    file = stage.folder / f"{state}.yaml"
    file.write_text(yaml.safe_dump(config))
    (stage.folder / state).mkdir(exist_ok=True)
    return load(file, env={})


def test_daemon_with_another_state_folder_is_refused_before_it_makes_anything(stage, world):
    mine = Leases(stage.state)
    mine.use(world)
    other = settings_of(stage, "other")
    with pytest.raises(ConfigError, match=f"state folder {stage.state}"):
        Daemon(other).run()
    assert not (other.state.dir / DATABASE).exists()
    assert [what for what, _ in refusals(other)] == ["repository demo"]
    assert list(refusals(settings_of(stage, "state"))) == []
    mine.release()
    assert list(refusals(other)) == []


def test_lease_that_another_daemon_took_ends_this_one(stage, world):
    mine = Leases(stage.state)
    mine.use(world)
    stage.git("update-ref", "-d", LEASE)
    Leases(settings_of(stage, "other").state.dir).use(world)
    with pytest.raises(LeaseHeld):
        mine.renew(world)
    mine.release()


def test_repository_that_cannot_be_written_for_a_moment_keeps_its_daemon(stage, world):
    mine = Leases(stage.state)
    mine.use(world)
    away = stage.repository.with_name("away.git")
    stage.repository.rename(away)
    mine.renew(world)
    assert any("lease of demo" in told for told in world.troubles.lately())
    away.rename(stage.repository)
    mine.renew(world)
    assert world.troubles.lately() == ()
    with damaged(stage.repository, stage.git("rev-parse", LEASE)):
        mine.renew(world)
