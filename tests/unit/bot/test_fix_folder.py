"""`algoops check --fix`: fixes of a folder on disk."""

import shutil
from pathlib import Path

import pytest

from bot.checks.fixing import fix_folder
from bot.checks.policies import load_policies
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
