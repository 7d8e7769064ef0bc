"""Strategies of several files: helpers are judged with the strategy that uses them."""

import pytest

from components.validator import check_code, local_files

STRATEGY = b"""
from backtesting import Strategy
from .helpers import level
class S(Strategy):
    def init(self):
        self.level = level(self.data.Close)
    def next(self):
        if self.data.Close[-1] > self.level:
            self.buy()
"""
HELPERS = b"import numpy as np\n\ndef level(x):\n    return np.mean(x)\n"


def refused(files, policy, **options):
    findings = check_code(files, policy=policy, **options).findings
    return {(f.file, f.rule) for f in findings if f.severity == "error"}


def test_helper_beside_the_strategy_is_welcome(policy):
    assert refused({"strategy.py": STRATEGY, "helpers.py": HELPERS}, policy) == set()


def test_helper_imported_by_its_plain_name_is_welcome(policy):
    plain = STRATEGY.replace(b"from .helpers", b"from helpers")
    assert refused({"strategy.py": plain, "helpers.py": HELPERS}, policy) == set()


def test_helpers_in_a_folder_may_import_each_other(policy):
    files = {
        "strategy.py": b"from .lib.signals import up\n" + HELPERS,
        "lib/__init__.py": b"",
        "lib/signals.py": b"from .base import LIMIT\nfrom ..helpers import level\nup = LIMIT\n",
        "lib/base.py": b"LIMIT = 3\n_PRIVATE = 4\n",
        "helpers.py": HELPERS,
    }
    assert refused(files, policy) == set()


def test_malicious_helper_is_refused_at_its_own_line(policy):
    files = {"strategy.py": STRATEGY, "helpers.py": HELPERS + b"import os\n"}
    assert refused(files, policy) == {("helpers.py", "import-dangerous")}


@pytest.mark.parametrize(
    ("helper", "use"),
    [
        (b"import numpy as np", b"from .helpers import np\nnp.load('x')"),
        (b"import numpy as np", b"from . import helpers\nhelpers.np.load('x')"),
        (b"import numpy as np", b"import helpers\nhelpers.np.load('x')"),
        (b"import numpy as np", b"import helpers as h\ng = h\ng.np.load('x')"),
        (b"import numpy as np", b"from .helpers import *\nnp.load('x')"),
        (b"import numpy as np", b"from .helpers import np as n\n[n][0].load('x')"),
        (b"from numpy import random as r", b"from .helpers import r\nr.mtrand"),
        # why: it is judged, and never run
        (b"import logging\nlg = logging", b"from .helpers import lg\nlg.os.system('id')"),
        (b"x = 1", b"from . import helpers\nhelpers.__builtins__"),
        (b"x = 1", b"from . import helpers\n[helpers]"),
        (b"import pandas", b"from .helpers import pandas as p\np.read_csv('/etc/passwd')"),
        (b"import math\ndef __getattr__(n):\n    return math", b"import helpers\nhelpers.__dict__"),
    ],
)
def test_module_smuggled_through_a_helper_is_refused(policy, helper, use):
    assert refused({"strategy.py": use, "helpers.py": helper}, policy)


def test_records_and_stores_of_a_helper_module_are_the_strategys_own(policy):
    helpers = b"""
from typing import NamedTuple
class Bar(NamedTuple):
    price: float
class Store:
    def __init__(self):
        self._rows = []
    def query(self, kind):
        return [row for row in self._rows if row == kind]
"""
    strategy = b"""
from backtesting import Strategy
from .helpers import Bar, Store
class S(Strategy):
    def init(self):
        self.store = Store()
    def next(self):
        bar = Bar(self.data.Close[-1])._replace(price=1.0)
        if self.store.query(bar.price):
            self.buy()
"""
    assert refused({"strategy.py": strategy, "helpers.py": helpers}, policy) == set()


def test_import_that_leaves_the_folder_is_refused(policy):
    files = {"strategy.py": b"from ..other import x\n"}
    assert refused(files, policy) == {("strategy.py", "import-relative")}


def test_import_of_a_helper_that_is_not_there_is_refused(policy):
    assert refused({"strategy.py": STRATEGY}, policy) == {("strategy.py", "import-relative")}


@pytest.mark.parametrize(
    "name", ["numpy.py", "os.py", "backtesting.py", "sitecustomize.py", "talib/__init__.py"]
)
def test_helper_named_like_a_library_is_refused(policy, name):
    assert (name, "file-name") in refused({name: b"x = 1\n"}, policy)


@pytest.mark.parametrize("name", ["helpers.so", "x.pyd", "helpers.cpython-311.pyc", "evil.pth"])
def test_compiled_or_path_files_are_refused(policy, name):
    assert (name, "file-name") in refused({"strategy.py": STRATEGY, name: b"\x7fELF"}, policy)


def test_other_files_are_left_alone(policy):
    files = {"strategy.py": HELPERS, "strategy.yaml": b"name: os.system\n", "README.md": b"\x00"}
    assert refused(files, policy) == set()


def test_pytest_is_for_tests_only(policy):
    test = b"import pytest\n\ndef test_x():\n    assert pytest.approx(1) == 1\n"
    assert refused({"strategy.py": HELPERS, "test_x.py": test}, policy) == set()
    assert ("strategy.py", "import-tests-only") in refused({"strategy.py": test}, policy)


def test_condition_of_a_mark_that_is_text_is_refused(policy):
    test = b"import pytest\n@pytest.mark.skipif('exec(1)')\ndef test_x(): pass\n"
    assert ("test_x.py", "argument-closed") in refused({"test_x.py": test}, policy)


def test_too_many_files_are_refused(policy):
    files = {f"m{i}.py": b"x = 1\n" for i in range(policy.limits.files + 1)}
    assert ("", "source-size") in refused(files, policy)


def test_prefix_stands_before_every_file(policy):
    checked = check_code({"strategy.py": b"import os\n"}, policy=policy, prefix="strategies/X/")
    assert {f.file for f in checked.findings} == {"strategies/X/strategy.py"}


def test_local_files_are_those_that_an_import_may_mean():
    content = b"import numpy, os, helpers\nfrom .a import b\nfrom . import c\nfrom ..d.e import *\n"
    found = local_files(content, "lib/x.py")
    modules = {"helpers", "lib/a", "lib/a/b", "lib/c", "d", "d/e", "lib"}
    assert found == {f"{name}{end}" for name in modules for end in (".py", "/__init__.py")}
    assert local_files(b"from ..out import x\n", "x.py") == frozenset()
    assert local_files(b"def f(:", "x.py") == frozenset()


def test_package_may_import_of_itself_and_of_the_folder_around(policy):
    files = {
        "strategy.py": b"from . import sizes\nfrom .signals import up\n" + HELPERS,
        "signals/__init__.py": b"from .trend import up\nfrom ..sizes import half\n",
        "signals/trend.py": b"from ..sizes import half\nup = half\n",
        "sizes.py": b"half = 0.5\n",
    }
    assert refused(files, policy) == set()


def test_package_that_leaves_the_folder_is_refused(policy):
    files = {"signals/__init__.py": b"from ...other import x\n"}
    assert refused(files, policy) == {("signals/__init__.py", "import-relative")}


@pytest.mark.parametrize(
    "use",
    [
        b"from helpers.deep.levels import level",
        b"import helpers.deep.levels\nx = helpers.deep.levels.level([1])",
        b"from helpers.deep import levels\nx = levels.level([1])",
        b"from .helpers.deep.levels import level",
    ],
)
def test_helpers_in_folders_without_init_are_welcome(policy, use):
    files = {"strategy.py": use + b"\n", "helpers/deep/levels.py": HELPERS}
    assert refused(files, policy) == set()


def test_module_smuggled_through_a_folder_without_init_is_refused(policy):
    files = {"strategy.py": b"import helpers.levels\nhelpers.levels.np.load('x')\n"}
    assert refused(files | {"helpers/levels.py": b"import numpy as np\n"}, policy)
