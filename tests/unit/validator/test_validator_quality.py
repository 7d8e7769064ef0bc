"""Warnings that a person would want, and none that they wouldn't."""

import pytest

from components.validator import check_code

HEAD = "import random\nfrom datetime import datetime\nimport numpy as np\nimport pandas as pd\nfrom backtesting import Strategy\n"


def found(check, body):
    return {f.rule for f in check(HEAD + body).findings}


def strategy(init="pass", attributes="n = 1", after="pass"):
    return f"class S(Strategy):\n    {attributes}\n    def init(self):\n        {init}\n    def next(self):\n        {after}\n"


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("x = 1\n", "strategy-missing"),
        (strategy() + strategy().replace("class S", "class T"), "strategy-several"),
        ("class S(Strategy):\n    def init(self): pass\n", "method-missing"),
        (strategy("self.x = self.data.Close.s.shift(-1)"), "lookahead-shift"),
        (strategy("self.x = self.data.Close.s.shift(periods=-n)"), "lookahead-shift"),
        (strategy("self.x = np.roll(self.data.Close, -1)"), "lookahead-shift"),
        (strategy("self.x = self.data.df.pct_change(-1)"), "lookahead-shift"),
        (strategy("self.x = self.data.df.rolling(5, center=True).mean()"), "lookahead-window"),
        (strategy("self.x = self.data.df.bfill()"), "lookahead-fill"),
        (strategy("self.x = self.data.df.fillna(method='bfill')"), "lookahead-fill"),
        (strategy("self.x = np.random.rand()"), "random-unseeded"),
        (strategy("self.x = random.random()"), "random-unseeded"),
        (strategy("self.x = np.random.default_rng()"), "random-unseeded"),
        (strategy("self.x = datetime.now()"), "wall-clock"),
        (strategy("self.x = pd.Timestamp.now()"), "wall-clock"),
        (strategy(after="print(1)"), "print-in-next"),
        (strategy(attributes="entries = []"), "mutable-class-state"),
        (strategy("self.x = undefined_name"), "name-undefined"),
        (
            "from backtesting.lib import TrailingStrategy\nclass S(TrailingStrategy):\n    def next(self): pass\n",
            "super-missing",
        ),
        (strategy().replace("init(self)", "__init__(self, *given)"), "super-missing"),
    ],
)
def test_doubtful_code_is_warned_of_but_not_refused(check, body, rule):
    checked = check(HEAD + body)
    assert rule in {f.rule for f in checked.findings}
    assert checked.safe


@pytest.mark.parametrize(
    "body",
    [
        strategy(),
        strategy("self.x = self.data.Close.s.shift(1)"),
        strategy("self.x = np.random.default_rng(7).normal()"),
        strategy("np.random.seed(1); self.x = np.random.rand()"),
        strategy("self.x = random.Random(7).random()"),
        strategy("self.x = datetime(2020, 1, 1)"),
        "class Base(Strategy):\n    def init(self): pass\n    def next(self): pass\nclass S(Base):\n    n = 1\n",
        "from backtesting.lib import SignalStrategy\nclass S(SignalStrategy):\n    def init(self): super().init()\n",
    ],
)
def test_sound_code_is_not_warned_of(check, body):
    assert found(check, body) == set()


def test_column_kept_by_init_for_next_is_named_with_what_to_read_instead(policy):
    body = (
        "from backtesting import Strategy\nclass A(Strategy):\n    def init(self):\n"
        "        self.price = self.data.Close\n        {}\n"
        "    def next(self):\n        {}\n"
    )

    def found(init, next_):
        source = body.format(init, next_).encode()
        findings = check_code({"strategy.py": source}, policy=policy).findings
        return [f for f in findings if f.rule == "column-kept"]

    (one,) = found("pass", "self.price[-1]")
    assert (one.line, one.severity) == (4, "warning")
    assert "self.data.Close" in one.hint
    assert not found("self.ma = self.I(lambda x: x, self.price)", "self.ma[-1]")
