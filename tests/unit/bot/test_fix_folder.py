"""`algoops check --fix`: fixes of a folder on disk."""

import shutil
import subprocess
from pathlib import Path

import pytest

from bot.checks.fixing import fix_folder
from bot.checks.folders import folder_subject
from bot.checks.policies import load_policies
from bot.checks.releases import taken_on_disk
from components.errors import UserError
from tests.cli_support import in_process

ROOT = Path(__file__).parents[3]
CODE = """\
import os
import numpy as np
from backtesting import Strategy


class Cross(Strategy):
    n = 5

    def init(self):
        self.noise = [np.random.rand(), np.random.default_rng(), np.random.default_rng()]

    def next(self):
        pass
"""
DEFINITION = (
    "name: cross\ndescription: x\nsymbl: SPX\nparameters: {n: {default: 5, mni: 1, mxa: 9}}\n"
)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "strategies" / "cross"
    made.mkdir(parents=True)
    (made / "strategy.py").write_text(CODE)
    (made / "strategy.yaml").write_text(DEFINITION)
    return made


@pytest.fixture(scope="module")
def policies():
    return load_policies(ROOT / "policies")


def test_all_fixes_of_a_folder_are_made_also_two_on_one_line(folder, policies):
    diff = fix_folder(folder, policies)
    code, definition = (folder / "strategy.py").read_text(), (folder / "strategy.yaml").read_text()
    assert "import os" not in code
    assert code.count("np.random.seed(0)") == 1
    assert code.count("default_rng(0)") == 2
    assert definition == DEFINITION.replace("symbl", "symbol").replace("mni", "min").replace(
        "mxa", "max"
    )
    assert "\n-symbl: SPX\n" in diff
    assert "\n+symbol: SPX\n" in diff
    assert fix_folder(folder, policies) == ""
    assert sorted(p.name for p in folder.iterdir()) == ["strategy.py", "strategy.yaml"]


def test_a_file_that_is_a_link_is_left_as_it_is(folder, policies, tmp_path):
    outside = tmp_path / "outside.py"
    shutil.move(folder / "strategy.py", outside)
    (folder / "strategy.py").symlink_to(outside)
    (tmp_path / "helpers").mkdir()
    (tmp_path / "helpers" / "more.py").write_text("import os\nx = 1\n")
    (folder / "helpers").symlink_to(tmp_path / "helpers")
    fix_folder(folder, policies)
    assert outside.read_text() == CODE
    assert (folder / "strategy.py").is_symlink()
    assert (tmp_path / "helpers" / "more.py").read_text() == "import os\nx = 1\n"


def test_a_file_that_is_saved_meanwhile_is_not_overwritten(folder, policies, monkeypatch):
    from bot.checks import fixing

    real = fixing.judge_folder

    def saved_meanwhile(*given):
        (folder / "strategy.py").write_text("# what the author has just written\n")
        return real(*given)

    monkeypatch.setattr(fixing, "judge_folder", saved_meanwhile)
    with pytest.raises(UserError, match="changed meanwhile"):
        fix_folder(folder, policies)
    assert (folder / "strategy.py").read_text() == "# what the author has just written\n"


def test_a_byte_order_mark_and_windows_line_ends_stay(folder, policies):
    text = "\ufeff" + DEFINITION.replace("\n", "\r\n")
    (folder / "strategy.yaml").write_bytes(text.encode())
    fix_folder(folder, policies)
    fixed = (folder / "strategy.yaml").read_bytes().decode()
    assert fixed == text.replace("symbl", "symbol").replace("mni", "min").replace("mxa", "max")


def test_fix_without_a_folder_says_what_to_name():
    done = in_process("check", "--fix", "--config", ROOT / "config.yaml")
    assert done.returncode == 2
    assert b"algoops check --fix strategies/NAME" in done.stderr


def test_the_diff_of_a_file_of_another_editor_is_readable_and_its_line_ends_stay(folder, policies):
    code = f"\ufeff{CODE}".replace("\n", "\r\n").encode()
    (folder / "strategy.py").write_bytes(code)
    diff = fix_folder(folder, policies)
    assert "\n-import os\n" in diff
    assert diff.isascii()
    fixed = (folder / "strategy.py").read_bytes()
    assert fixed.startswith(b"\xef\xbb\xbfimport numpy as np\r\n")
    assert fixed.count(b"\n") == fixed.count(b"\r\n")


def git(folder, *words):
    command = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b", *words]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def released(tmp_path, folder):
    """A working copy where 1.0.0 and 1.0.1 of the folder's strategy were released."""
    text = "name: cross\ndescription: x\nversion: 1.0.0\nsymbol: SPX\n"
    (folder / "strategy.yaml").write_text(text)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "one")
    git(tmp_path, "tag", "-am", "x", "cross/v1.0.0")
    git(tmp_path, "tag", "cross/v1.0.1")
    return folder


def test_changed_code_under_a_released_version_is_told_and_gets_the_next_free_number(
    released, policies
):
    assert taken_on_disk(released, folder_subject(released), "git") == ()  # the released content
    (released / "notes.md").write_text("Something new.")
    (found,) = taken_on_disk(released, folder_subject(released), "git")
    assert (found.rule, found.line) == ("version-taken", 3)
    assert "\n-version: 1.0.0\n+version: 1.0.2\n" in found.fix
    assert "\n+version: 1.0.2\n" in fix_folder(released, policies)
    assert taken_on_disk(released, folder_subject(released), "git") == ()
    assert folder_subject(released).change == "not compared"


def test_a_copy_whose_history_can_not_be_read_keeps_no_folder_from_its_check(released):
    shutil.rmtree(released.parents[1] / ".git" / "objects")
    assert taken_on_disk(released, folder_subject(released), "git") == ()


def test_check_of_a_folder_makes_no_state(folder, tmp_path):
    """A state folder may be a disk that is mounted late; and an author's machine needs none."""
    config = tmp_path / "config.yaml"
    config.write_text(f"policies: {ROOT}/policies\nstate: {{dir: state}}\n")
    done = in_process("check", folder, "--config", config, cwd=tmp_path)
    assert done.returncode == 1
    assert b"symbl" in done.stdout
    assert sorted(p.name for p in tmp_path.iterdir()) == ["config.yaml", "strategies"]
