"""Changed settings and policies are taken while the daemon runs; broken ones change nothing."""

import pytest
import yaml

from bot.cli.run import reader
from bot.config.settings import load
from bot.daemon.health import health
from bot.daemon.leases import Leases
from bot.daemon.reload import reread
from bot.demo.repository import make_repository
from components.errors import ConfigError
from components.forge.github_auth import FileToken, GitHubAccess
from components.state.tables.notes import SETTINGS_REFUSED, SETTINGS_TAKEN
from tests.integration.bot.conftest import ENV


def read(stage):
    return load(stage.config, env=ENV)


def settings_of(stage):
    return yaml.safe_load(stage.config.read_text())


def change(stage, **keys):
    document = settings_of(stage) | keys
    stage.config.write_text(yaml.safe_dump(document))


@pytest.fixture
def settings(stage, world):
    return read(stage)


def again(stage, world, settings):
    taken = reread(world, settings, lambda: read(stage))
    return taken, world.store.meta.get(SETTINGS_TAKEN), world.store.meta.get(SETTINGS_REFUSED)


def test_changed_policy_holds_for_jobs_that_begin_afterwards(stage, world, settings):
    risk = stage.folder / "policies/risk.yaml"
    risk.write_text(risk.read_text().replace("symbols: [SPX]", "symbols: [IXIC]"))
    taken, words, refused = again(stage, world, settings)
    assert taken.world.bench.policies.risk.defaults.symbols == ("IXIC",)
    assert world.bench.policies.risk.defaults.symbols == ("SPX",)
    assert taken.world.store is world.store
    assert taken.world.repository("demo") is world.repository("demo")
    assert words == f"1:policies {taken.world.bench.policies.hash[:12]}"
    assert refused == ""


def test_broken_policy_keeps_the_old_one_and_is_told_where_people_look(stage, world, settings):
    risk = stage.folder / "policies/risk.yaml"
    sound = risk.read_text()
    risk.write_text("gates: [{id: x}]\n")
    taken, words, refused = again(stage, world, settings)
    assert taken is None
    assert words == f"1:{refused}"
    assert "risk.yaml:1:9: `gates[0].metric` is missing" in refused
    state = health(world, settings)["settings"]
    assert (state.available, state.vital, state.detail) == (False, False, refused)
    risk.write_text(sound)
    _, words, refused = again(stage, world, settings)
    assert (words, refused) == ("2:nothing has changed", "")
    assert health(world, settings)["settings"].available


def test_repository_is_added_and_taken_away(stage, world, settings):
    make_repository(stage.folder / "second.git", names=())
    change(
        stage,
        repositories=[{"name": "more", "path": "second.git"}],
        schedule={"tick_s": 7},
    )
    taken, words, _ = again(stage, world, settings)
    assert list(taken.world.watched) == ["more"]
    assert taken.settings.schedule.tick_s == 7
    assert words == "1:repositories taken; schedule taken"
    for one in taken.world.watched.values():
        one.close()


def test_missing_repository_refuses_all_of_it(stage, world, settings):
    change(stage, repositories=[{"name": "more", "path": "gone.git"}], schedule={"tick_s": 7})
    taken, _, refused = again(stage, world, settings)
    assert taken is None
    assert "repository more: there is none at" in refused


def test_repository_that_cannot_be_written_is_not_taken_and_ends_no_daemon(stage, world, settings):
    leases = Leases(stage.state)
    leases.use(world)
    second = stage.folder / "second.git"
    make_repository(second, names=())
    (second / "config.lock").touch()  # as a git that was killed leaves it
    change(
        stage,
        repositories=[*settings_of(stage)["repositories"], {"name": "more", "path": str(second)}],
    )
    assert reread(world, settings, lambda: read(stage), leases.use) is None
    assert "config" in world.store.meta.get(SETTINGS_REFUSED)
    leases.renew(world)
    (second / "config.lock").unlink()
    taken = reread(world, settings, lambda: read(stage), leases.use)
    assert list(taken.world.watched) == ["demo", "more"]
    leases.release()
    taken.world.watched["more"].close()


def test_configuration_that_is_gone_keeps_what_held(stage, world, settings):
    stage.config.unlink()
    taken, words, refused = again(stage, world, settings)
    assert taken is None
    assert words == f"1:{refused}"
    assert f"what held before still holds: cannot read {stage.config}: No such file" in refused


def test_configuration_found_by_itself_is_missed_once_it_is_gone(tmp_path, monkeypatch):
    """The defaults would be other repositories and no limits."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "config.yaml"
    file.write_text("schedule: {tick_s: 7}\n")
    read = reader(None)
    assert read().schedule.tick_s == 7
    file.unlink()
    with pytest.raises(ConfigError, match=r"cannot read config\.yaml"):
        read()


def test_emptied_configuration_keeps_what_held(stage, world, settings):
    """A disk that was full, or an editor that has only begun to write."""
    make_repository(stage.folder / "data/strategies.git", names=())  # where the defaults look
    stage.config.write_text("")
    taken, _, refused = again(stage, world, settings)
    assert taken is None
    assert "the configuration file is empty" in refused


def test_emptied_policy_keeps_the_old_one(stage, world, settings):
    """Without gates all would pass."""
    risk = stage.folder / "policies/risk.yaml"
    risk.write_text("")
    taken, _, refused = again(stage, world, settings)
    assert taken is None
    assert f"{risk} is empty" in refused


@pytest.mark.parametrize("file", ["config.yaml", "policies/risk.yaml"])
def test_files_that_change_while_they_are_read_are_not_taken(stage, world, settings, file):
    """Half a file may be settings too: fewer repositories, fewer gates."""
    written = stage.folder / file
    whole = written.read_text()
    written.write_text(whole.replace("symbols: [SPX]", "symbols: [IXIC]") + "# half")
    readings = []

    def slowly():
        if readings:
            written.write_text(whole)
        readings.append(read(stage))
        return readings[-1]

    assert reread(world, settings, slowly) is None
    refused = world.store.meta.get(SETTINGS_REFUSED)
    assert "the files changed while they were read" in refused
    assert reread(world, settings, slowly) is not None
    assert world.store.meta.get(SETTINGS_REFUSED) == ""


def test_key_that_needs_a_restart_is_named_and_keeps_its_value(stage, world, settings):
    change(stage, executor={"workers": 7}, engine={"causality": "audited"})
    taken, words, _ = again(stage, world, settings)
    assert words == "1:engine: needs a restart of the daemon"  # the environment sets the other
    assert taken.settings.engine == settings.engine


def test_changed_isolation_of_the_sandbox_needs_a_restart(stage, world, settings):
    sandbox = stage.folder / "policies/sandbox.yaml"
    document = yaml.safe_load(sandbox.read_text())
    other = "job" if document.get("isolation", "strategy") == "strategy" else "strategy"
    sandbox.write_text(yaml.safe_dump(document | {"isolation": other}))
    taken, _, refused = again(stage, world, settings)
    assert taken is None
    assert "`isolation` needs a restart" in refused


def test_token_file_is_read_again_when_it_changes(tmp_path):
    file = tmp_path / "token"
    file.write_text("first\n")
    auth = FileToken(GitHubAccess("a/b", token="first", token_file=file))
    assert auth.token == "first"
    (tmp_path / "new").write_text("second\n")
    (tmp_path / "new").replace(file)
    assert auth.token == "second"
    file.write_text("")
    assert auth.token == "second"
    file.unlink()
    assert auth.token == "second"
