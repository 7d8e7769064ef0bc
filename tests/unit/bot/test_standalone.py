from pathlib import Path

import pytest

from bot.standalone import strategy_folders
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
