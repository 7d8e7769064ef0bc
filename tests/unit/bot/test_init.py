"""`algoops init`: the repository that the configuration means, as it means it."""

import subprocess

import pytest

from bot.cli.run import local_repository, make_repository
from bot.config import Settings
from components.errors import UserError


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
