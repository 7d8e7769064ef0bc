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
        (b"import pandas_ta as ta", b"ta.rsi", "`pandas-ta-openbb==VERSION --hash=sha256:...`"),
        (b"from scipy.stats import norm", b"norm", "policies/sandbox-requirements.txt"),
        (b"from vectorbt import x", b"x", "`algoops sandbox build`"),
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


PACKAGES = ("scipy", "pandas_ta", "joblib")


@pytest.mark.parametrize(
    ("head", "use"),
    [
        (b"import pandas_ta as ta", b"ta.rsi"),
        (b"from scipy.stats import norm", b"norm.cdf(1.0)"),
        (b"import scipy.stats as st", b"st.norm"),
    ],
)
def test_package_that_the_operator_installed_is_open_without_a_line_in_the_policy(
    policy, head, use
):
    files = {"strategy.py": head + b"\n" + STRATEGY + use + b"\n"}
    assert not check_code(files, policy=policy).safe
    assert check_code(files, policy=policy.with_installed(PACKAGES)).safe
    assert not check_code(files, policy=policy).safe


@pytest.mark.parametrize(
    ("head", "rule"),
    [
        (b"import joblib", "import-dangerous"),
        (b"import scipy._lib as x", "import-dangerous"),
        (b"from scipy.io import loadmat as x", "module-door"),
    ],
)
def test_what_the_policy_closes_of_an_installed_package_stays_closed(policy, head, rule):
    closed = type(policy).model_validate(
        {**policy.model_dump(), "modules": {**policy.modules, "scipy.io": {"only": []}}}
    )
    files = {"strategy.py": head + b"\n" + STRATEGY + (head.split()[-1]) + b"\n"}
    found = check_code(files, policy=closed.with_installed(PACKAGES)).findings
    assert rule in {f.rule for f in found}


def test_bans_of_pandas_hold_beside_installed_packages(policy):
    files = {"strategy.py": b"import pandas as pd\n" + STRATEGY + b"pd.read_csv('x')\n"}
    assert not check_code(files, policy=policy.with_installed(PACKAGES)).safe


def test_policy_from_before_portfolios_says_what_the_operator_changes(policy):
    modules = {name: rule for name, rule in policy.modules.items() if name != "algoops"}
    older = policy.model_validate(
        {**policy.model_dump(), "modules": modules, "dangerous": (*policy.dangerous, "algoops")}
    )
    said = hint(b"from algoops import PortfolioStrategy", b"PortfolioStrategy", older)
    assert "algoops: {only: [PortfolioStrategy, backtest, plot]}" in said
