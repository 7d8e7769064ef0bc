"""`algoops init`: the repository that the configuration means, as it means it."""

import json
import shutil
import subprocess

import pytest
import yaml
from typer.testing import CliRunner

from bot.cli import COMMANDS, app, load
from bot.cli.run import local_repository
from bot.config.settings import PROJECT, Settings
from bot.config.settings import load as load_settings
from bot.demo.repository import make_repository
from components.errors import UserError
from components.schema.catalogue import RULES as SCHEMA_RULES
from components.validator.registry.rules import RULES


def settings(*repositories):
    return Settings.model_validate({"repositories": list(repositories)})


def test_the_repository_at_a_path_is_meant_else_the_first_local_one(tmp_path):
    ours = settings(
        {"name": "one", "path": str(tmp_path / "one.git")},
        {"name": "two", "path": str(tmp_path / "two.git"), "base": "trunk"},
    )
    assert local_repository(ours, None).name == "one"
    assert local_repository(ours, tmp_path / "x" / ".." / "two.git").base == "trunk"
    assert local_repository(ours, tmp_path / "elsewhere.git").name == "one"


def test_without_a_local_repository_a_path_must_be_named(tmp_path):
    block = {"repository": "o/n", "token": "ghp_x"}
    ours = settings({"name": "team", "forge": "github", "github": block})
    with pytest.raises(UserError, match="no local repository"):
        local_repository(ours, None)
    assert local_repository(ours, tmp_path / "any.git").base == "main"


def test_it_begins_with_its_own_base_and_folder(tmp_path):
    target = tmp_path / "one.git"
    make_repository(target, "trunk", root="research/live", names=("sma_cross",))
    done = subprocess.run(
        ["git", "-C", target, "ls-tree", "-r", "--name-only", "trunk"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "research/live/sma_cross/strategy.yaml" in done.stdout.splitlines()
    with pytest.raises(UserError, match="has a branch trunk already"):
        make_repository(target, "trunk")


@pytest.fixture
def init(tmp_path, monkeypatch):
    load(["init"])
    monkeypatch.chdir(tmp_path)

    def run(*words):
        done = CliRunner().invoke(app, ["init", *words])
        assert done.exit_code == 0, done.output
        return done.output

    return run


@pytest.mark.parametrize(
    "path", ["mine.git", "./mine.git", "new/folder/mine.git", "with space.git"]
)
def test_a_relative_path_is_where_the_repository_is_made(tmp_path, init, path):
    said = init(path)
    assert (tmp_path / path / "HEAD").is_file()
    assert f"Made {tmp_path / path}" in said
    clone = next(line for line in said.splitlines() if "git clone" in line)
    (tmp_path / "elsewhere").mkdir()
    # why: people paste the line into a shell
    subprocess.run(clone, shell=True, cwd=tmp_path / "elsewhere", check=True)
    assert (tmp_path / "elsewhere/strategies/README.md").is_file()


def test_what_it_says_to_write_into_the_configuration_is_watched(tmp_path, init):
    said = init("with space.git").splitlines()
    (tmp_path / "config.yaml").write_text(said[-1].strip())
    assert yaml.safe_load(said[-1]) == {"repositories": [{"path": f"{tmp_path}/with space.git"}]}
    assert load_settings().repositories[0].path == tmp_path / "with space.git"


def test_a_repository_that_the_configuration_names_needs_no_further_words(tmp_path, init):
    (tmp_path / "config.yaml").write_text(
        f"repositories: [{{path: mine.git}}]\npolicies: {PROJECT / 'policies'}\n"
    )
    assert "config.yaml" not in init("mine.git")
    assert (tmp_path / "mine.git/HEAD").is_file()


def shown(repository, file):
    """A file of a bare repository's main."""
    return subprocess.run(
        ["git", "-C", repository, "show", f"main:{file}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_a_new_repository_says_to_agents_what_holds_in_few_lines(tmp_path, init):
    shutil.copytree(PROJECT / "policies", tmp_path / "policies")
    risk = tmp_path / "policies" / "risk.yaml"
    risk.write_text(risk.read_text().replace("id: makes-money", "id: pays-rent"))
    (tmp_path / "config.yaml").write_text(
        "repositories: [{path: mine.git, strategies: research/live}]\n"
    )
    init()
    guide = shown(tmp_path / "mine.git", "AGENTS.md")
    assert len(guide.splitlines()) < 300
    for rule in RULES.values():
        assert f"- {rule.id} ({rule.weight}): {rule.title}. {rule.instead}\n" in guide
    for rule, text in SCHEMA_RULES.items():
        assert f"- {rule}: {text.means} Instead: {text.instead}.\n" in guide
    assert "pays-rent (fails)" in guide
    assert "research/live/NAME/strategy.yaml" in guide
    servers = json.loads(shown(tmp_path / "mine.git", ".mcp.json"))["mcpServers"]
    assert servers == {"algoops": {"command": "algoops", "args": ["mcp"]}}
    assert "mcp" in COMMANDS


def test_in_a_working_folder_it_writes_what_is_missing_and_replaces_nothing(tmp_path, init):
    (tmp_path / "config.yaml").write_text(
        f"policies: {PROJECT / 'policies'}\nserver: {{public_url: https://bot.example.com/}}\n"
    )
    (tmp_path / "AGENTS.md").write_text("ours\n")
    said = init("--agents", ".")
    assert "AGENTS.md is there already, and stays as it is." in said
    assert (tmp_path / "AGENTS.md").read_text() == "ours\n"
    servers = json.loads((tmp_path / ".mcp.json").read_text())["mcpServers"]
    assert servers["algoops-bot"]["url"] == "https://bot.example.com/mcp"
    (tmp_path / "AGENTS.md").unlink()
    (tmp_path / "AGENTS.md").symlink_to(tmp_path / "elsewhere")
    init("--agents", ".")
    assert not (tmp_path / "elsewhere").exists()


def test_policies_that_can_not_be_read_leave_out_the_guide_alone(tmp_path, init):
    (tmp_path / "config.yaml").write_text("repositories: [{path: mine.git}]\n")
    init()
    listed = subprocess.run(
        ["git", "-C", tmp_path / "mine.git", "ls-tree", "--name-only", "main"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stdout.split() == ["README.md", "strategies"]
