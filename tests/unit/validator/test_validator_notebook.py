"""One file for notebook and bot: what only the notebook needs is neither judged nor run."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.validator import check_code, cut_folder, runnable

STRATEGY = """
from backtesting import Backtest, Strategy
from backtesting.lib import crossover
from backtesting.test import GOOG, SMA
class Cross(Strategy):
    n = 10
    def init(self):
        self.a = self.I(SMA, self.data.Close, self.n)
    def next(self):
        if crossover(self.data.Close, self.a):
            self.buy()
"""


def findings(text, policy, **others):
    files = {"strategy.py": text.encode(), **{f"{n}.py": c.encode() for n, c in others.items()}}
    return check_code(files, policy=policy).findings


def errors(text, policy, **others):
    return {f.rule for f in findings(text, policy, **others) if f.severity == "error"}


def rules(text, policy):
    return {f.rule for f in findings(text, policy)}


def left(text):
    """The names that what is run of a file still mentions."""
    tree = ast.parse(runnable({"strategy.py": text.encode()})["strategy.py"])
    attributes = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    return attributes | {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}


@pytest.mark.parametrize("test", ['__name__ == "__main__"', "'__main__' == __name__"])
def test_main_block_is_neither_judged_nor_run(policy, test):
    text = STRATEGY + f"if {test}:\n    import os\n    os.system('id')\n    open('x')\n"
    assert errors(text, policy) == set()
    assert "notebook-code" not in rules(text, policy)
    assert "system" not in left(text)


@pytest.mark.parametrize(
    "block",
    [
        'if __name__ != "__main__":\n    import os\n',
        'if __name__ == "__main__" or True:\n    import os\n',
        'if __name__ == "__main__":\n    pass\nelse:\n    import os\n',
        'if __name__ == "__main__":\n    pass\nelif True:\n    import os\n',
        'if not __name__ == "__main__":\n    import os\n',
        'if __name__ == "__main__" == "__main__":\n    import os\n',
        'if (__name__ == "__main__") in [False]:\n    import os\n',
        'if __name__ == "__main__ ":\n    import os\n',
        'if __name__ == b"__main__":\n    import os\n',
        'while __name__ == "__main__":\n    import os\n',
        'import os if __name__ == "__main__" else 1\n'.replace("import os if", "eval('1') if"),
        'for x in [1]:\n    if __name__ == "__main__":\n        import os\n',
        'try:\n    pass\nfinally:\n    import os\nif __name__ == "__main__":\n    pass\n',
        'x = 1 if __name__ == "__main__" else eval("1")\n',
        'def f(__name__="__main__"):\n    if __name__ == "__main__":\n        import os\nf()\n',
    ],
)
def test_whatever_is_not_exactly_the_main_block_is_judged(policy, block):
    assert errors(STRATEGY + block, policy)


def test_rebinding_the_name_before_the_block_does_not_run_it(policy):
    text = STRATEGY + '__name__ = "__main__"\nif __name__ == "__main__":\n    import os\n'
    assert "os" not in left(text)
    assert "import os" not in runnable({"strategy.py": text.encode()})["strategy.py"].decode()


def test_the_else_of_a_main_block_runs_and_the_block_does_not(policy):
    text = STRATEGY + 'if __name__ == "__main__":\n    import os\nelse:\n    SIZE = 3\n'
    assert errors(text, policy) == set()
    module = {"__name__": "strategy"}
    exec(runnable({"strategy.py": text.encode()})["strategy.py"], module)
    assert module["SIZE"] == 3


def test_code_after_and_on_the_line_of_a_block_is_still_judged(policy):
    assert errors(STRATEGY + 'if __name__ == "__main__": pass\nimport os\n', policy)
    assert errors(STRATEGY + "bt = Backtest(GOOG, Cross); import os\n", policy)


def test_backtest_at_module_level_is_not_run_and_said_once(policy):
    text = STRATEGY + (
        "bt = Backtest(GOOG, Cross, cash=10_000)\n"
        "stats = bt.optimize(n=range(5, 30))\n"
        "print(stats)\n"
        "bt.plot(filename='x.html')\n"
        "out = open('result.txt', 'w')\nout.write(str(stats))\nout.close()\n"
    )
    found = findings(text, policy)
    assert [f.rule for f in found if f.rule.startswith("notebook")] == ["notebook-code"]
    assert not {f.rule for f in found if f.severity == "error"}
    assert not left(text) & {"bt", "stats", "out", "optimize", "open"}


@pytest.mark.parametrize(
    "text",
    [
        "import matplotlib.pyplot as plt\n",
        "import seaborn as sns, plotly.express as px\n",
        "from bokeh.plotting import show\n",
        "import yfinance as yf\ndata = yf.download('SPY')\ndata['x'] = data.Close\nprint(data)\n",
        "import yfinance as yf\nif __name__ == '__main__':\n    yf.download('SPY')\n",
        "import requests\ndef load():\n    return requests.get('x')\nbars = load()\n",
        "import matplotlib.pyplot as plt\nplt.style.use('ggplot')\nplt.show()\n",
    ],
)
def test_imports_for_plots_and_downloads_that_the_class_does_not_use_only_warn(policy, text):
    found = findings(text + STRATEGY, policy)
    assert not {f.rule for f in found if f.severity == "error"}
    assert "notebook-import" in {f.rule for f in found}


def test_download_in_the_class_is_still_refused(policy):
    text = STRATEGY.replace("        self.a =", "        yf.download('SPY')\n        self.a =", 1)
    assert "import-unknown" in errors("import yfinance as yf\n" + text, policy)


def test_helper_function_of_the_class_that_loads_data_is_still_refused(policy):
    text = "import pandas as pd\ndef load():\n    return pd.read_csv('x.csv')\n" + STRATEGY
    text = text.replace("        self.a =", "        self.b = load()\n        self.a =", 1)
    assert "module-door" in errors(text, policy)


def test_functions_and_imports_that_only_the_notebook_part_uses_go_with_it(policy):
    text = "import os\nimport pandas as pd\ndef load():\n    return pd.read_csv(os.getcwd())\n"
    text += STRATEGY + "if __name__ == '__main__':\n    Backtest(load(), Cross).run()\n"
    assert errors(text, policy) == set()
    assert not left(text) & {"os", "load", "read_csv"}


def test_dead_code_that_no_notebook_part_uses_is_judged(policy):
    assert errors(STRATEGY + "def f():\n    import os\n", policy) == {"import-dangerous"}
    assert errors(STRATEGY + "import os\n", policy) == {"import-dangerous"}


def test_strategy_that_reads_a_downloaded_frame_is_told_to_use_prepare(policy):
    text = "import pandas as pd\ndf = pd.read_csv('x.csv')\ndef signal():\n    return df.Signal\n"
    text += STRATEGY.replace(
        "        self.a =", "        self.s = self.I(signal)\n        self.a =", 1
    )
    (found,) = [f for f in findings(text, policy) if f.severity == "error"]
    assert (found.rule, found.line) == ("notebook-value", 4)
    assert "prepare" in found.hint


def test_local_variable_named_like_a_notebook_s_is_the_strategy_s_own(policy):
    text = STRATEGY.replace(
        "        self.a =",
        "        data = self.data\n        self.b = data.Close\n        self.a =",
        1,
    )
    text += "data = GOOG\nbt = Backtest(data, Cross)\n"
    assert errors(text, policy) == set()


def test_model_set_on_the_class_by_a_notebook_is_refused_with_the_way_out(policy):
    text = STRATEGY + "import pandas as pd\nCross.level = pd.read_csv('x.csv')\n"
    assert "notebook-set" in errors(text, policy)


def test_function_that_another_file_takes_stays(policy):
    text = STRATEGY + "def level():\n    return 3\nif __name__ == '__main__':\n    level()\n"
    files = {"strategy.py": text.encode(), "more.py": b"from strategy import level\n"}
    assert b"def level" in runnable(files)["strategy.py"]
    assert b"def level" not in runnable({"strategy.py": text.encode()})["strategy.py"]


def test_helper_keeps_what_its_own_main_block_uses(policy):
    helper = "def level():\n    return 3\nif __name__ == '__main__':\n    print(level())\n"
    kept = runnable({"strategy.py": STRATEGY.encode(), "helper.py": helper.encode()})["helper.py"]
    assert b"def level" in kept
    assert b"print" not in kept


def test_author_s_tests_are_left_whole(policy):
    test = b"import strategy\nif __name__ == '__main__':\n    import os\n"
    assert runnable({"test_a.py": test, "strategy.py": b""})["test_a.py"] == test
    assert any(
        f.file == "test_a.py" and f.severity == "error"
        for f in check_code(
            {"test_a.py": test, "strategy.py": STRATEGY.encode()}, policy=policy
        ).findings
    )


def test_library_changed_at_module_level_is_judged_not_left_out(policy):
    text = STRATEGY + "Backtest.run = lambda self: {}\nbt = Backtest(GOOG, Cross)\n"
    assert "module-patched" in errors(text, policy)
    assert errors(STRATEGY + "GOOG.columns = list('OHLCV')\nGOOG['x'] = 1\n", policy) == set()


def test_file_without_a_strategy_is_judged_whole(policy):
    assert "module-door" in errors("import pandas as pd\npd.read_csv('/etc/passwd')\n", policy)
    assert errors("import requests\n", policy)


SNIPPETS = (
    "x = 1", "import os", "import yfinance as yf", "bt = Backtest(GOOG, S)", "é = 'ü'; bt.run()",
    "if __name__ == '__main__': y = 2", "if __name__ == '__main__':\n    z = 3\nelse:\n    w = 4",
    "def f():\n    return yf.download('é')", "f(); x", "@f\ndef g(): pass", "s = '''a\nb''' ; bt.plot()",
    "class S(Strategy): pass", "print(x, \\\n  bt)", "with open('x') as h: h.write(bt)", "g()",
)  # fmt: skip


@given(st.lists(st.sampled_from(SNIPPETS), max_size=10))
def test_what_is_run_is_the_file_less_whole_statements_at_their_places(parts):
    text = "from backtesting import *\n" + "\n".join(parts)
    cut = cut_folder({"strategy.py": text.encode()})["strategy.py"]
    before = {ast.dump(n, include_attributes=True) for n in ast.parse(text).body}
    for node in ast.parse(cut.content).body:
        fresh = ast.dump(node, include_attributes=True) not in before
        assert not fresh or ast.unparse(node) in {"pass", "0"} or isinstance(node, ast.If)
    assert len(cut.content) == len(text.encode())
    assert cut.content.count(b"\n") == text.count("\n")
