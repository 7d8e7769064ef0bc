"""The hint of a refused import names the one thing to do."""

import pytest

from components.validator import check_code

STRATEGY = b"from backtesting import Strategy\nclass S(Strategy):\n    x = "


def hint(head, use, policy):
    found = check_code({"strategy.py": head + b"\n" + STRATEGY + use + b"\n"}, policy=policy)
    (one,) = [f for f in found.findings if f.rule.startswith("import")]
    return one.hint


@pytest.mark.parametrize(
    ("head", "use", "words"),
    [
        (b"import pandas_ta as ta", b"ta.rsi", 'pandas_ta: {why: "..."}'),
        (b"from scipy.stats import norm", b"norm", 'scipy.stats: {why: "..."}'),
        (b"from vectorbt import x", b"x", 'vectorbt: {why: "..."}'),
        (b"from utils.helpers import level", b"level", "strategies/NAME/utils/helpers.py"),
        (b"import config", b"config.N", "strategies/NAME/config.py"),
        (b"from ..shared import level", b"level", "strategies/NAME/shared.py"),
        (b"import sys", b"1", "remove the line"),
        (b"import pandas_ta", b"1", "remove the line"),
        (b"import yfinance as yf", b"yf.download('SPY')", 'if __name__ == "__main__":'),
        (b"import matplotlib.pyplot as plt", b"plt.plot()", 'if __name__ == "__main__":'),
    ],
)
def test_refused_import_says_the_one_thing_to_do(policy, head, use, words):
    assert words in hint(head, use, policy)


def test_dangerous_module_in_use_keeps_the_rule_s_own_hint(policy):
    assert "self.data" in hint(b"import os", b"os.getcwd()", policy)
