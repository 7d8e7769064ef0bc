import os
from pathlib import Path

import pytest

from bot.checks.folders import folder_subject, strategy_folders
from components.errors import UserError


def strategy(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "strategy.yaml").touch()
    return folder


def test_a_folder_of_strategies_stands_for_each_of_them(tmp_path):
    two, one = strategy(tmp_path / "two"), strategy(tmp_path / "one")
    (tmp_path / "notes").mkdir()
    assert strategy_folders(tmp_path) == (one, two)


def test_a_strategy_with_folders_of_its_own_is_one_strategy(tmp_path):
    outer = strategy(tmp_path / "outer")
    strategy(outer / "inner")
    assert strategy_folders(outer) == (outer,)


def test_a_folder_without_any_is_checked_as_it_is_and_a_file_is_refused(tmp_path):
    assert strategy_folders(tmp_path) == (tmp_path,)
    (tmp_path / "x.py").touch()
    with pytest.raises(UserError, match="is not a folder"):
        strategy_folders(tmp_path / "x.py")


def rules(subject):
    return [finding.rule for finding in subject.findings]


@pytest.mark.parametrize("leftover", ["__pycache__", ".ipynb_checkpoints", ".git", ".mypy_cache"])
def test_what_tools_leave_behind_is_no_part_of_a_strategy(tmp_path, leftover):
    clean = folder_subject(strategy(tmp_path / "one"))
    strategy(tmp_path / "one" / leftover)
    strategy(tmp_path / leftover)
    assert strategy_folders(tmp_path) == (tmp_path / "one",)
    assert folder_subject(tmp_path / "one") == clean


def test_a_pipe_or_a_link_is_a_finding_of_its_strategy_alone(tmp_path):
    pipe, link, sound = (strategy(tmp_path / name) for name in ("pipe", "link", "sound"))
    os.mkfifo(pipe / "strategy.py")
    (link / "strategy.py").symlink_to("/etc/passwd")
    found = {folder.name: folder_subject(folder) for folder in strategy_folders(tmp_path)}
    assert {name: rules(subject) for name, subject in found.items()} == {
        "link": ["tree-symlink"],
        "pipe": ["tree-mode"],
        "sound": [],
    }
    assert found["link"].findings[0].file == f"{link}/strategy.py"
    assert found["sound"].path == str(sound)


def test_a_refused_file_never_shares_a_verdict_with_the_folder_without_it(tmp_path):
    folder = strategy(tmp_path / "one")
    clean = folder_subject(folder).tree
    (folder / "notes.txt").symlink_to("strategy.yaml")
    assert folder_subject(folder).tree != clean


def test_a_strategy_that_consists_of_links_is_not_passed_over(tmp_path):
    strategy(tmp_path / "sound")
    (tmp_path / "linked").symlink_to(strategy(tmp_path.parent / f"{tmp_path.name}-else"))
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "strategy.yaml").symlink_to("/nowhere")
    found = {folder.name: folder_subject(folder) for folder in strategy_folders(tmp_path)}
    assert rules(found["inside"]) == rules(found["linked"]) == ["tree-symlink"]
    assert found["linked"].files == {}


def test_a_link_that_the_user_names_is_followed(tmp_path):
    real = strategy(tmp_path / "real")
    (tmp_path / "linked").symlink_to(real)
    assert strategy_folders(tmp_path / "linked") == (real.resolve(),)


def test_a_git_lfs_pointer_is_named_as_such_in_a_folder_on_disk(tmp_path):
    folder = strategy(tmp_path / "one")
    (folder / "strategy.py").write_bytes(
        b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 9\n" % (b"1" * 64)
    )
    subject = folder_subject(folder)
    assert rules(subject) == ["tree-lfs"]
    assert "Git LFS pointer" in subject.findings[0].message
    assert "strategy.py" not in subject.files
