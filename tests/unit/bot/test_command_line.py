"""What holds for every command: `--debug`, and where the configuration is found."""

import getpass
import importlib
import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from bot.cli import COMMANDS, GROUPS, take_debug
from bot.cli.common import Debug, user_name
from bot.config.settings import PROJECT, load
from tests.cli_support import in_process


@pytest.fixture(autouse=True)
def debug_off():
    yield
    Debug.on = False


def test_account_without_a_name_is_called_by_its_number(monkeypatch):
    """As of a container that is run with a number: a rollback must go there too."""

    def nobody(number):
        raise KeyError(f"getpwuid(): uid not found: {number}")

    assert user_name() == getpass.getuser()
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert user_name() == str(os.getuid())


@pytest.mark.parametrize(
    "words",
    [
        ["--debug", "status", "--config", "none.yaml"],
        ["audit", "--debug", "verify", "--config", "none.yaml"],
        ["status", "--config", "none.yaml", "--debug"],
    ],
)
def test_debug_anywhere_on_the_command_line_shows_the_traceback(tmp_path, words):
    done = in_process(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert b"none.yaml" in done.stderr
    assert b"Traceback" in done.stderr


@given(st.lists(st.sampled_from(["--debug", "--", "check", "--reason", "x"])))
def test_words_after_two_dashes_are_never_taken(words):
    end = words.index("--") if "--" in words else len(words)
    left = take_debug(words)
    assert left == [w for w in words[:end] if w != "--debug"] + words[end:]
    assert Debug.on == ("--debug" in words[:end])


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repository"
    (folder / "strategies/one").mkdir(parents=True)
    (folder / "config.yaml").write_text(f"state: {{dir: ours}}\npolicies: {PROJECT}/policies\n")
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", folder], check=True)
    author = ["-c", "user.name=a", "-c", "user.email=a@example.test"]
    begin = ["git", "-C", folder, *author, "commit", "--quiet", "--allow-empty", "-m", "Begin"]
    subprocess.run(begin, check=True)
    return folder


def test_a_command_from_a_subfolder_reads_the_configuration_of_the_repository(
    repository, monkeypatch
):
    monkeypatch.chdir(repository / "strategies/one")
    assert load(env={}).state.dir == repository / "ours"
    (repository / "strategies/config.yaml").write_text("state: {dir: nearer}\n")
    assert load(env={}).state.dir == repository / "strategies/nearer"


def test_a_configuration_above_the_repository_is_somebody_elses(repository, monkeypatch):
    (repository / "config.yaml").rename(repository.parent / "config.yaml")
    monkeypatch.chdir(repository / "strategies")
    assert load(env={"HOME": "/home/x"}).state.dir == Path("/home/x/.local/state/algoops")


def test_check_from_a_subfolder_checks_the_repository_that_it_is_in(repository):
    done = in_process("check", cwd=repository / "strategies/one")
    assert done.returncode == 0, done.stderr
    assert b"no strategy differs from the base" in done.stdout
    assert not (repository / "ours").exists()


def lines_of_help():
    """Of each command, from its own module: what `algoops --help` would show with all loaded."""
    found = {}
    for name, (modules, _line) in COMMANDS.items():
        app = typer.Typer()
        for module in modules.split():
            importlib.import_module(f"bot.cli.{module}").register(app)
        if name in GROUPS:
            app.add_typer(GROUPS[name], name=name)
        group = typer.main.get_group(app)
        found[name] = " ".join(group.commands[name].help.split("\n\n")[0].split())
    return found


def test_help_names_every_command_with_its_own_first_line():
    assert lines_of_help() == {name: line for name, (_modules, line) in COMMANDS.items()}


HEAVY = {
    *("pandas", "numpy", "git", "github", "fastapi", "docker", "matplotlib", "bokeh", "pyarrow"),
    "mcp",
}
CHECKS = {"pandas", "numpy", "git", "pyarrow"}


NEEDED = [
    (["--help"], set()),
    (["--version"], set()),
    (["validate", "schema", "examples/strategies/sma_cross/strategy.yaml"], set()),
    (["validate", "code", "examples/strategies/sma_cross/strategy.py"], set()),
    (["validate", "code", "examples/strategies/sma_cross"], set()),
    (["status", "--help"], set()),
    (["audit", "--help"], set()),
    (["sandbox", "--help"], set()),
    (["check", "--help"], CHECKS),
    (["doctor", "--help"], CHECKS),
    (["mcp", "--help"], CHECKS),
    (["run", "--help"], {*CHECKS, "fastapi"}),
]
"""What one needs, those below it need too: so one process can run them all, from top to bottom."""

NOT_OF_ONE_FILE = {
    *("components.schema.results.report", "components.schema.migrate.steps", "packaging"),
    *("components.engine.gates", "components.sandbox.image.packages", "components.ports"),
}

LOADED = """
import contextlib, gc, io, json, sys
from algoops_app import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["algoops", *words]
    code, said = 0, io.StringIO()
    with contextlib.redirect_stdout(said):
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
    print(json.dumps([code, bool(said.getvalue()) and gc.isenabled(), sorted(sys.modules)]))
"""


def test_a_command_loads_no_library_that_it_does_not_need():
    """Each of these costs its user between a tenth of a second and two seconds."""
    commands = json.dumps([words for words, _needed in NEEDED])
    done = subprocess.run(
        [sys.executable, "-c", LOADED, commands],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    for (words, needed), (code, spoke, modules) in zip(NEEDED, found, strict=True):
        assert (code, spoke) == (0, True), (words, done.stderr)
        assert HEAVY & set(modules) <= needed, words
        if Path(words[-1]).suffix:
            assert NOT_OF_ONE_FILE.isdisjoint(modules), words
