import shutil
import subprocess
import sys
from contextlib import closing

import pytest

from bot.config.settings import PROJECT, load
from bot.core.events import CommandIssued, Deploy
from bot.daemon.client import carry_out
from bot.daemon.doctor import (
    _data,
    _database,
    _libraries,
    _policies,
    _report_key,
    _repositories,
    examine,
)
from bot.daemon.opening import open_watched
from bot.daemon.settings_looks import defaults, gates, start, strategies_folder
from bot.daemon.start import refusals, refuse
from bot.demo.author import Author
from bot.demo.repository import make_repository
from bot.server.reach import listen
from components.errors import ConfigError
from components.git_patch import Repository
from components.git_patch.lease import Lease, LeaseOwner
from components.state import DATABASE, Store
from components.state.db.errors import StateUnreadable


def symptoms(tmp_path, text):
    file = tmp_path / "config.yaml"
    file.write_text(f"policies: {PROJECT}/policies\nsandbox: {{backend: bubblewrap}}\n{text}")
    return {s.what: s for s in examine(load(file, env={}))}


def test_doctor_looks_at_every_data_file_though_the_first_is_broken(tmp_path):
    (tmp_path / "A_1d.csv").write_bytes(bytes(range(256)))
    good = "Date,Open,High,Low,Close\n2020-01-01,1,1,1,1\n2020-01-02,1,1,1,1\n"
    (tmp_path / "B_1d.csv").write_text(good)
    found = symptoms(tmp_path, f"data: {{dir: {tmp_path}}}\n")
    assert not found["data A 1d"].well
    assert "\n" not in found["data A 1d"].seen
    assert found["data B 1d"].seen == "2 bars to 2020-01-02"
    assert found["disk"].well
    assert sorted(p.name for p in tmp_path.iterdir()) == ["A_1d.csv", "B_1d.csv", "config.yaml"]


def test_doctor_lists_skipped_files_and_suspicious_bars(tmp_path):
    rows = [f"2020-01-{day:02},10,10.1,9.9,10" for day in range(1, 25)]
    rows[10] = "2020-01-11,10,100,9.9,10"
    (tmp_path / "BTC_USDT_1D.csv").write_text("\n".join(["Date,Open,High,Low,Close", *rows, ""]))
    (tmp_path / "prices.csv").write_text("")
    (tmp_path / "notes.md").write_text("")
    file = tmp_path / "config.yaml"
    file.write_text(f"policies: {PROJECT}/policies\ndata: {{dir: {tmp_path}}}\n")
    found = [s for s in _data(load(file, env={})) if s.what != "data file config.yaml"]
    assert [(s.what, s.well, s.warning) for s in found] == [
        ("data BTC_USDT 1d", True, False),
        ("data BTC_USDT 1d", True, True),
        ("data BTC_USDT 1d", True, True),
        ("data file notes.md", True, False),
        ("data file prices.csv", False, False),
    ]
    assert "BTC_USDT_1D.csv, line 12 (2020-01-11 00:00:00): High 100 is +900.0%" in found[1].seen
    assert "its name has no _INTERVAL" in found[4].seen


def test_doctor_survives_a_state_folder_that_is_a_file(tmp_path):
    (tmp_path / "taken").touch()
    found = symptoms(tmp_path, "state: {dir: taken}\n")
    assert not found["state"].well
    assert found["state"].advice == "check `state.dir`"
    assert "disk" not in found  # it says the same


def test_doctor_warns_of_a_wall_clock_limit_that_a_busy_machine_would_reach(tmp_path):
    shutil.copytree(PROJECT / "policies", tmp_path / "policies")
    file = tmp_path / "config.yaml"
    file.write_text("policies: policies\n")
    assert [s.what for s in _policies(load(file, env={}))] == ["policies"]
    (tmp_path / "policies/sandbox.yaml").write_text(
        "schema_version: '1'\nlimits: {wall_s: 60, cpu_s: 60}\nsmoke: {wall_s: 30, cpu_s: 30}\n"
    )
    _, backtest, smoke = _policies(load(file, env={}))
    assert (backtest.well, backtest.warning) == (True, True)
    assert backtest.seen.startswith("limits.wall_s is 60 s for 60 s of cpu_s")
    assert "set limits.wall_s to 300" in backtest.advice
    assert "set smoke.wall_s to 150" in smoke.advice


def configured(tmp_path, text, policies=f"policies: {PROJECT}/policies\n"):
    """Settings of this text, with a repository that there is where the text names it."""
    make_repository(tmp_path / "repo.git", names=("sma_cross",))
    file = tmp_path / "config.yaml"
    file.write_text(f"{policies}{text}")
    return load(file, env={})


LOCAL = "repositories: [{name: team, path: repo.git}]\n"
REFUSED = {
    "a public host without a token": (LOCAL + "server: {host: 0.0.0.0}\n", ":3: server: refusing"),
    "a public address without a token": (
        LOCAL + "server:\n  public_url: https://bot.example.com\n",
        ":4: server: refusing to listen for https://bot.example.com without a token",
    ),
    "GitHub without a token": (
        "repositories:\n  - forge: github\n    github: {repository: owner/name}\n",
        ":4: repository local: no token",
    ),
    "an App without its key": (
        "repositories:\n  - forge: github\n    github: {repository: owner/name, app_id: '1'}\n",
        "a GitHub App needs private_key_file",
    ),
    "a missing repository": (
        "repositories: [{name: team, path: gone.git}]\n",
        ":2: repository team",
    ),
    "a policy folder that is not there": (LOCAL, "lacks schema.yaml"),
    "a token that can be guessed": (
        LOCAL + "api_token: short\nserver: {host: 0.0.0.0}\n",
        ":4: server: a token of less than 16 characters",
    ),
    "a port that is taken": (LOCAL + "server: {port: TAKEN}\n", ":3: server: cannot listen on"),
    "a state folder that is a file": (LOCAL + "state: {dir: config.yaml}\n", ":3: cannot use"),
    "a database of a newer version": (LOCAL, "was written by a newer AlgoOps"),
    "a database that is none": (LOCAL, "is not a database"),
    "packages that are not built": (LOCAL, "algoops sandbox build"),
    "another daemon's repository": (LOCAL, "another daemon watches"),
    "agents without the SDK": (
        LOCAL
        + f"server:\n  tokens: [{{name: ada, role: author, sha256: {'a' * 64}}}]\n"
        + "schedule: {tick_s: 5}\n",
        ":4: server: a token has the role author, and the package mcp is not installed",
    ),
    "dask that is not installed": (
        LOCAL + "executor:\n  kind: dask\n  address: tcp://127.0.0.1:8786\n",
        ":4: executor: dask is not installed (pip install 'algoops[dask]')",
    ),
    "an address that is no scheduler's": (
        LOCAL + "executor:\n  kind: dask\n  address: here\n",
        ":5: executor: 'here' is no scheduler's address",
    ),
}
NOT_INSTALLED = {"agents without the SDK": "mcp", "dask that is not installed": "distributed"}


def make_so(tmp_path, what):
    """What the settings alone don't say."""
    database = tmp_path / "data" / DATABASE
    if "newer" in what:
        with Store(database) as store, store.transaction():
            store._db.execute(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
                " VALUES ('algoops', 'm9999_later', '')"
            )
    if "none" in what:
        database.parent.mkdir()
        database.write_bytes(b"no database")
    if "built" in what:
        shutil.copytree(PROJECT / "policies", tmp_path / "policies")
        (tmp_path / "policies/sandbox.yaml").write_text("packages: wanted.txt\n")
        (tmp_path / "policies/wanted.txt").write_text(f"tabulate==0.9.0 --hash=sha256:{'0' * 64}\n")
    if "another" in what:
        repository = Repository(tmp_path / "repo.git")
        Lease(repository, LeaseOwner("/elsewhere", "other")).take()
        repository.close()


@pytest.mark.parametrize("what", REFUSED)
def test_whatever_run_refuses_doctor_refuses_with_the_same_words_and_line(
    tmp_path, monkeypatch, what
):
    text, words = REFUSED[what]
    if what in NOT_INSTALLED:
        monkeypatch.setitem(sys.modules, NOT_INSTALLED[what], None)
    ours = {"policy": "none", "built": "policies"}
    policies = next((path for word, path in ours.items() if word in what), f"{PROJECT}/policies")
    with closing(listen("127.0.0.1", 0)) as taken:
        taken.listen()
        text = text.replace("TAKEN", str(taken.getsockname()[1]))
        settings = configured(tmp_path, text, f"policies: {policies}\n")
        make_so(tmp_path, what)
        before = sorted(tmp_path.rglob("*"))
        (said,) = [str(error) for _, error in refusals(settings)]
        assert words in said
        with pytest.raises(ConfigError) as caught:
            refuse(settings)
        assert str(caught.value) == said
        (symptom,) = start(settings)
    assert not symptom.well
    assert said.startswith(symptom.seen)
    assert sorted(tmp_path.rglob("*")) == before


def test_repository_that_is_only_looked_at_stays_as_it_is(tmp_path):
    settings = configured(tmp_path, LOCAL)
    config = tmp_path / "repo.git/config"
    before = config.read_bytes()
    assert list(refusals(settings)) == []
    assert all(symptom.well for symptom in _repositories(settings))
    assert config.read_bytes() == before


def test_database_that_is_only_looked_at_stays_as_it_is(tmp_path):
    settings = configured(tmp_path, LOCAL)
    with Store(settings.state.dir / DATABASE) as store:
        store.audit.append("ada", "noted")

    def files():
        there = (path for path in settings.state.dir.rglob("*") if path.is_file())
        return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in there}

    before = files()
    assert list(refusals(settings)) == []
    assert [(s.what, s.well) for s in _database(settings)] == [
        ("database", True),
        ("audit log", True),
    ]
    assert files() == before


def test_daemon_that_looks_for_refusals_at_a_reload_keeps_its_hold_on_the_database(tmp_path):
    """Another process that opens and closes it must not take it for the last one, and end the log."""
    settings = configured(tmp_path, LOCAL)
    path = settings.state.dir / DATABASE
    code = (
        "import sys, pathlib; from components.state import Store; Store(pathlib.Path(sys.argv[1]))"
    )
    with Store(path) as daemon:
        daemon.audit.append("ada", "noted")
        assert list(refusals(settings)) == []
        subprocess.run([sys.executable, "-c", f"{code}.close()", path], check=True)
        assert path.with_name(f"{path.name}-wal").exists()
        daemon.audit.append("ada", "noted again")
        assert daemon.audit.verify() is None


def test_process_that_is_refused_ends_with_2_and_says_why(tmp_path):
    configured(tmp_path, LOCAL + "server: {host: 0.0.0.0}\nsandbox: {backend: bubblewrap}\n")
    done = subprocess.run(
        [sys.executable, "-m", "bot", "run", "--config", str(tmp_path / "config.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "config.yaml:3: server: refusing to listen" in done.stderr


def test_all_that_keeps_the_daemon_from_starting_is_told_at_once(tmp_path):
    settings = configured(
        tmp_path, "repositories: [{path: gone.git}]\nserver: {host: 0.0.0.0}\n", "policies: none\n"
    )
    assert [what for what, _ in refusals(settings)] == ["server", "policies", "repository local"]


def test_default_symbol_without_data_is_named_with_its_line(tmp_path):
    shutil.copytree(PROJECT / "policies", tmp_path / "policies")
    risk = tmp_path / "policies/risk.yaml"
    risk.write_text(risk.read_text().replace("symbols: [SPX]", "symbols: [SPX, NOPE]"))
    (tmp_path / "SPX_1d.csv").write_text("Date,Open,High,Low,Close\n2020-01-01,1,1,1,1\n")
    settings = configured(tmp_path, f"data: {{dir: {tmp_path}}}\n", "policies: policies\n")
    (found,) = defaults(settings)
    line = risk.read_text().splitlines().index("  symbols: [SPX, NOPE]") + 1
    assert not found.well
    assert f"risk.yaml:{line}: defaults.symbols names NOPE" in found.seen
    assert found.advice.endswith("that are there: SPX")


def test_gates_that_exclude_each_other_are_named_with_the_line_of_the_second(tmp_path):
    shutil.copytree(PROJECT / "policies", tmp_path / "policies")
    (tmp_path / "policies/risk.yaml").write_text(
        "gates:\n"
        "  - {id: high, metric: sharpe, op: '>=', value: 2}\n"
        "  - {id: low, metric: sharpe, op: '<=', value: 1}\n"
    )
    (found,) = gates(configured(tmp_path, "", "policies: policies\n"))
    assert not found.well
    assert "risk.yaml:3: gate low: sharpe <= 1 and sharpe >= 2 (gate high)" in found.seen


@pytest.mark.parametrize("proposed", [False, True])
def test_folder_of_strategies_that_nobody_uses_is_wrong(tmp_path, proposed):
    text = "repositories:\n  - path: repo.git\n    strategies: strats\n"
    settings = configured(tmp_path, text)
    if proposed:  # on the base there is nothing yet
        shutil.rmtree(tmp_path / "repo.git")
        make_repository(tmp_path / "repo.git", names=())
        author = Author(tmp_path / "author", tmp_path / "repo.git")
        author.start("add")
        author.put(PROJECT / "examples/strategies/sma_cross", "strategies/sma_cross")
        author.push("add", "a strategy")
    watched = open_watched(settings, settings.repositories[0])
    found = strategies_folder(settings, 0, watched)
    watched.close()
    assert not found.well
    assert "config.yaml:4: `strategies` is strats" in found.seen
    assert found.advice == "set `strategies: strategies`"


@pytest.mark.parametrize("there", [True, False])
def test_doctor_tries_the_key_that_is_to_sign_reports(tmp_path, there):
    key = tmp_path / "key"
    if there:
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]
        subprocess.run(words, check=True)
    make_repository(tmp_path / "strategies.git", names=())
    config = tmp_path / "config.yaml"
    config.write_text(
        "repositories:\n  - {name: team, path: strategies.git, "
        f"signing: {{key: {key}, reports: true}}}}\n"
    )
    settings = load(config, env={})
    watched = open_watched(settings, settings.repositories[0])
    (found,) = _report_key(watched)
    watched.close()
    assert found.what == "signatures of reports of team"
    assert found.well is there
    assert there or "can't sign" in found.seen
    assert there or "without a passphrase" in found.advice


def test_modules_of_the_shipped_policies_are_all_in_the_sandbox(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text(f"policies: {PROJECT}/policies\n")
    assert [s for s in _libraries(load(file, env={})) if not s.well] == []


def test_command_without_a_database_makes_no_state_folder(tmp_path):
    """It may be a disk that is mounted later, with what is held and deployed."""
    make_repository(tmp_path / "here.git")
    file = tmp_path / "config.yaml"
    repositories = "repositories: [{name: demo, path: here.git}]\n"
    file.write_text(f"policies: {PROJECT}/policies\nstate: {{dir: late}}\n{repositories}")
    command = CommandIssued("demo", "branch/one", "cli:ada", Deploy(name="one"))
    with pytest.raises(StateUnreadable, match="start the bot once"):
        carry_out(load(file, env={}), command)
    assert not (tmp_path / "late").exists()
