"""Fixes of code: each makes its finding go, and touches nothing else."""

import ast
import importlib
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.checks.code import judge_code
from components.schema.results.fixes import applied, change_of
from components.schema.results.values import Finding
from components.validator import check_source
from components.validator.judges.fixes import HOMES
from components.validator.registry import catalogue

HEAD = "from backtesting import Strategy\n"
TAIL = "\n\nclass S(Strategy):\n    def init(self):\n        pass\n\n    def next(self):\n        pass\n"
SIGNAL = "from backtesting.lib import SignalStrategy\n\n\nclass S(SignalStrategy):\n"

CASES = {
    "import-dangerous": "import os\n",
    "import-unknown": "from typing_extensions import Self\n\n\ndef f(x: Self):\n    return x\n",
    "module-door": "from pandas.core.frame import DataFrame\n\nd = DataFrame()\n",
    "lookahead-shift": "def f(c):\n    return c.shift(-1)\n",
    "lookahead-window": "def f(c):\n    return c.rolling(5, center=True).mean()\n",
    "lookahead-fill": "def f(c):\n    return c.fillna(method='bfill')\n",
    "random-unseeded": "import numpy as np\n\nx = [np.random.rand(), np.random.randn()]\n",
    "super-missing": "class A(Strategy):\n    def __init__(self, *data, **more):\n        self.x = 1\n",
    "lint": "import math\n",
}
MORE = [
    ("import-unknown", "import tulipy\nimport numpy as np\n\nx = np.mean([1])\n"),
    ("module-door", "from collections import Iterable, Mapping\n\nx = (Iterable, Mapping)\n"),
    ("lookahead-shift", "def f(c):\n    return c.diff(periods=-2)\n"),
    ("lookahead-shift", "def f(c):\n    é = 'ü'; return c.shift(-1), é\n"),
    ("lookahead-window", "def f(c):\n    return c.rolling(5, None, True).mean()\n"),
    ("lookahead-fill", "def f(c):\n    return c.bfill(\n    )\n"),
    ("random-unseeded", "import random\n\nx = random.random()\n"),
    ("random-unseeded", "import random\n\nx = random.Random(\n    # none\n)\n"),
    ("random-unseeded", "from numpy.random import default_rng\n\nx = default_rng(\n)\n"),
    ("random-unseeded", "from random import random\n\nx = random()\n"),
    ("random-unseeded", "from random import random as r\n\nx = [r(), r()]\n"),
    ("random-unseeded", "from numpy.random import rand\n\nx = [rand(), rand()]\n"),
    ("random-unseeded", "import random as rd\n\nx = rd.random()\n"),
    ("random-unseeded", "import numpy as np\n\nx = np.random.default_rng(seed=None)\n"),
    ("random-unseeded", "from numpy.random import RandomState as R\n\nx = R(None)\n"),
    ("random-unseeded", "import random\n\nrandom.seed()\n"),
    ("lookahead-shift", "def f(c):\n    return c.shift(- 1)\n"),
    ("lookahead-shift", "def f(c):\n    return c.shift(-(\n        1))\n"),
    (
        "super-missing",
        f"{SIGNAL}    def init(self):\n        '''Doc.'''\n\n        self.x = 1\n\n    def next(self):\n        super().next()\n",
    ),
    (
        "super-missing",
        f"{SIGNAL}    def init(self):\n        super().init()\n\n    def next(self):\n\n        @staticmethod\n        def g():\n            pass\n",
    ),
]


def judged(text, policy):
    return judge_code({"strategy.py": text.encode()}, policy).findings


def fixed(text: str, finding: Finding) -> str:
    change = change_of(finding.fix)
    assert change is not None
    new, made = applied(text, [change])
    assert made == 1
    return new


@pytest.mark.parametrize(("rule", "body"), [*CASES.items(), *MORE])
def test_a_fix_makes_its_finding_go(rule, body, policy):
    text = HEAD + body + TAIL
    found = [f for f in judged(text, policy) if f.rule == rule]
    assert found
    for finding in found:
        assert finding.fix
        after = judged(fixed(text, finding), policy)
        assert (rule, finding.message) not in {(f.rule, f.message) for f in after}
        assert len(after) < len(judged(text, policy))


@pytest.mark.parametrize(("rule", "body"), CASES.items())
@pytest.mark.parametrize(("mark", "end"), [("\ufeff", "\n"), ("", "\r\n"), ("\ufeff", "\r\n")])
def test_a_file_of_another_editor_has_the_same_fixes(rule, body, mark, end, policy):
    text = (body + HEAD + TAIL).replace("\n", end)  # what is mended stands at the very beginning
    for finding in [f for f in judged(mark + text, policy) if f.rule == rule]:
        assert finding.fix
        after = judged(mark + fixed(text, finding), policy)
        assert (rule, finding.message) not in {(f.rule, f.message) for f in after}
        assert fixed(text, finding).count("\n") == fixed(text, finding).count(end)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("import numpy as np\n\ndef f(c):\n    return np.roll(c, -1)\n", "to the first bars"),
        ("def f(c, n):\n    return c.shift(-n)\n", "not just a number"),
        ("def f(c, m):\n    m.fit(c.shift(-1))\n", "a model is trained"),
        ("import numpy as np\n\ndraw = np.random.rand\nx = draw()\n", "no place was found"),
        ("from random import random\n\nseed = 1\nx = random()\n", "no place was found"),
    ],
)
def test_where_no_fix_is_sure_to_be_right_none_is_offered_and_it_is_said_why(body, why, policy):
    found = [f for f in judged(HEAD + body + TAIL, policy) if "No fix is offered" in f.hint]
    assert [f.fix for f in found] == [""]
    assert why in found[0].hint


@pytest.mark.parametrize(
    "body",
    [
        "import numpy as np\n\nnp.random.seed(7)\nx = np.random.rand()\n",
        "from random import random, seed\n\nseed(7)\nx = random()\n",
        "import numpy as np\n\nx = np.random.default_rng(seed=7)\n",
        "def random():\n    return 4\n\n\nx = random()\n",
    ],
)
def test_numbers_that_are_seeded_or_no_chance_at_all_are_no_finding(body, policy):
    assert "random-unseeded" not in {f.rule for f in judged(HEAD + body + TAIL, policy)}


def test_a_seed_of_one_generator_is_none_of_the_other(policy):
    body = "import random\n\nimport numpy as np\n\nrandom.seed(0)\nx = np.random.rand()\n"
    assert "random-unseeded" in {f.rule for f in judged(HEAD + body + TAIL, policy)}


def test_git_applies_a_fix_where_the_file_stands_in_the_repository(tmp_path, policy):
    text = f"{HEAD}import random\n\nx = random.random()"
    (tmp_path / "strategies" / "X").mkdir(parents=True)
    file = tmp_path / "strategies" / "X" / "strategy.py"
    file.write_text(text)
    found = judge_code({"strategy.py": text.encode()}, policy, prefix="strategies/X/").findings
    fix = next(f.fix for f in found if f.rule == "random-unseeded")
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=fix.encode(), check=True)
    assert file.read_text() == f"{HEAD}import random\nrandom.seed(0)\n\nx = random.random()"


@pytest.mark.parametrize(
    "body",
    [
        "def f(c, n):\n    return c.shift(-n)\n",
        "import numpy as np\n\n\ndef f(c):\n    return np.roll(c, -1)\n",
        "def f(c, model):\n    return model.fit(c, c.shift(-1))\n",
        "def f(c):\n    return c.interpolate(limit_direction='both')\n",
        "def f():\n    import random\n\n    return random.random()\n",
        "from os import getcwd\n\nx = getcwd()\n",
        "from collections import Iterable, deque\n\nx = (Iterable, deque)\n",
        "x = 1; import os\n",
        "def f():\n    import os\n",
        f"{SIGNAL}    def init(self): self.x = 1\n    def next(self): super().next()\n",
        f"{SIGNAL}    def init(self): \\\n        self.x = 1\n    def next(self): super().next()\n",
    ],
)
def test_what_would_take_a_guess_at_the_authors_meaning_has_no_fix(body, policy):
    found = check_source((HEAD + body + TAIL).encode(), policy=policy).findings
    assert found
    assert not any(f.fix for f in found)


def test_a_line_that_deceives_its_reader_is_in_no_fix(policy):
    text = f"{HEAD}def f(c):\n    return c.shift(-1)  # \u00adsoft\n{TAIL}"
    found = [f for f in judged(text, policy) if f.rule == "lookahead-shift"]
    assert [f.fix for f in found] == [""]


def test_names_of_the_other_home_are_the_very_objects():
    for old, new in HOMES:
        if old != "typing_extensions":  # its newer forms of what typing has are typing's to a user
            here, there = (vars(importlib.import_module(name)) for name in (old, new))
            for name in catalogue.names()[new] & here.keys():
                assert here[name] is there[name], (old, name)


BLOCKS = [
    "import os",
    "import os; x = 1",
    "import random",
    "import numpy as np",
    "import numpy as np; np.seterr(all='ignore')",
    "from collections import (\n    Iterable,\n)\nIterable",
    "x = np.random.rand() ; y = 'ü'.encode()",
    "z = random.random() + random.Random(  ).random()",
    "w = c.shift(-1).bfill().shift( -2).shift(- 1)",
    "v = f'{c.shift(-1)} {c.bfill()}'",
    '"""\n\nimport os\n"""',
    "u = c.rolling(3,\\\n    center=True).bfill(\n)",
    "class A(Strategy):\n    def __init__(self, a, *b):\n        '''Doc'''\n        self.q = np.random.default_rng(\n        )",
    "class A(Strategy):\n    def __init__(self, a, *, b=1):\n\n        # why\n        if a:\n            pass",
    "class B(SignalStrategy):\n\tdef next(self):\n\t\tx = 1; y = 2",
    "class B(SignalStrategy):\n    def init(self): pass",
    "class B(SignalStrategy):\n    def next(self): \\\n        x = 1",
    "class B(SignalStrategy):\n    def next(self):\n        'doc'; x = 1",
    "# ünïcode \U0001f4c8",
    "",
]


@given(st.lists(st.sampled_from(BLOCKS), max_size=8), st.booleans(), st.booleans())
def test_a_fix_changes_no_line_but_its_own_and_leaves_what_parses(policy, blocks, ended, windows):
    text = "\n".join(["from backtesting.lib import *", *blocks]) + "\n" * ended
    text = text.replace("\n", "\r\n") if windows else text
    before = text.split("\n")
    for finding in check_source(text.encode(), policy=policy).findings:
        change = change_of(finding.fix)
        if change is None:
            continue
        after = fixed(text, finding)
        ast.parse(after)
        cut = change.start - 1
        assert after.split("\n")[:cut] == before[:cut]
        rest = len(before) - cut - len(change.old)
        assert after.split("\n")[len(after.split("\n")) - rest :] == before[len(before) - rest :]
        own = _lines_of_statement(text, finding)
        assert set(range(change.start, change.start + len(change.old))) <= own
        assert len(change.new) - len(change.old) <= 1


def _lines_of_statement(text, finding):
    """The lines of the finding, and of the import that it is a part of."""
    imports = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import | ast.ImportFrom)]
    spans = [(n.lineno, n.end_lineno) for n in imports if n.lineno <= finding.line <= n.end_lineno]
    spans += [(finding.line, finding.end_line or finding.line)]
    return {line for first, last in spans for line in range(first, last + 1)}
