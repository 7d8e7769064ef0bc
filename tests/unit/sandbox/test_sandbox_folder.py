"""The author's folder in a guest: imports by plain name and relative ones, folder after folder."""

import importlib
import sys

import pytest

from components.sandbox.guest.runtime.folder import close_folder, open_folder

ALPHA = {
    "strategy.py": (
        "from . import sizes\n"
        "from .constants import *\n"
        "from .signals import trend\n"
        "from .signals.trend import Trend as _Trend\n"
        "import constants as plain\n"
        "from signals.trend import Trend as Plain\n"
        "same = (_Trend is Plain, plain.LIST is LIST, trend.up, sizes.half())\n"
    ),
    "sizes.py": "def half():\n    return 0.5\n",
    "constants.py": "__all__ = ['LIST']\nLIST = [1]\n",
    "signals/__init__.py": "from .trend import Trend\nfrom ..sizes import half\nhalved = half()\n",
    "signals/trend.py": "from ..constants import LIST\nclass Trend: kept = LIST\nup = Trend.kept\n",
}


@pytest.fixture
def folder(tmp_path):
    def write(files, name="alpha"):
        for path, text in files.items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_text(text)
        open_folder(tmp_path / name)

    before = list(sys.path)
    yield write
    close_folder()
    assert sys.path == before


def test_relative_and_plain_imports_give_the_same_modules(folder):
    folder(ALPHA)
    module = importlib.import_module("strategy")
    assert module.same == (True, True, [1], 0.5)
    assert importlib.import_module("signals").halved == 0.5
    assert module._Trend.__module__ == "signals.trend"


@pytest.mark.parametrize("first", ["signals", "signals.trend", "constants", "strategy"])
def test_any_module_may_be_imported_first(folder, first):
    folder(ALPHA)
    importlib.import_module(first)
    assert importlib.import_module("strategy").same == (True, True, [1], 0.5)


def test_helper_of_the_same_name_in_the_next_folder_is_its_own(folder):
    folder(ALPHA)
    importlib.import_module("strategy")
    folder({"strategy.py": "from .sizes import half\n", "sizes.py": "half = 'beta'\n"}, "beta")
    assert importlib.import_module("strategy").half == "beta"
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("signals")


def test_helpers_in_a_folder_without_init_are_found(folder):
    helpers = {"helpers/levels.py": "from ..base import N\n", "base.py": "N = 3\n"}
    folder(
        {"strategy.py": "from helpers.levels import N\nfrom .helpers import levels\n", **helpers}
    )
    module = importlib.import_module("strategy")
    assert (module.N, module.levels.N) == (3, 3)


def test_package_of_its_own_name_is_shared_by_all(folder):
    folder({"__init__.py": "N = 4\n", "strategy.py": "from . import N\n"})
    assert importlib.import_module("strategy").N == 4


def test_import_that_leaves_the_folder_fails(folder):
    folder({"strategy.py": "from ..other import x\n"})
    with pytest.raises(ImportError, match="beyond top-level"):
        importlib.import_module("strategy")


def test_library_is_not_looked_for_in_a_folder_of_notes(folder):
    folder({"colorsys/notes.txt": "", "strategy.py": "import colorsys\n"})
    sys.modules.pop("colorsys", None)
    assert importlib.import_module("strategy").colorsys.__file__
