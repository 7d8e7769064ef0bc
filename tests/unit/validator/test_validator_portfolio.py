"""Strategies on several symbols before the code check: only what is the author's is open."""

import inspect

import pytest

from algoops import PortfolioStrategy
from algoops.indicator import Indicator
from components.validator import check_source

HEAD = "from algoops import PortfolioStrategy\n\n\ndef f(x):\n    return x\n\n\n"
STRATEGY = HEAD + (
    "class S(PortfolioStrategy):\n    def init(self):\n        {init}\n\n"
    "    def next(self):\n        {next}\n"
)


def found(policy, source, **options):
    return check_source(source.encode(), policy=policy, **options).findings


def rules(policy, init="pass", then="pass"):
    """Rule ids, by how much they weigh."""
    return {(f.severity, f.rule) for f in found(policy, STRATEGY.format(init=init, next=then))}


def private_names():
    """What the package keeps under one underscore in its strategies and indicators."""
    named = {n for kind in (PortfolioStrategy, Indicator) for n in vars(kind)}
    text = inspect.getsource(PortfolioStrategy) + inspect.getsource(Indicator)
    named |= {word for word in text.replace("self.", " self.").split() if word.startswith("self._")}
    plain = {name.removeprefix("self.").split("[")[0].split("(")[0].split(".")[0] for name in named}
    words = {name.strip(":,)") for name in plain}
    return sorted(n for n in words if n[0] == "_" and n[1] != "_" and not n.startswith("_abc"))


@pytest.mark.parametrize("name", private_names())
def test_no_private_name_of_the_package_is_reached_by_storing_one_of_its_own(policy, name):
    source = STRATEGY.format(init=f"self.{name} = 1", next=f"self.line.{name}; self.{name}")
    assert "attribute-engine" in {f.rule for f in found(policy, source)}


def test_the_names_that_are_tried_are_those_that_the_package_has():
    assert {"_account", "_books", "_shown"} <= set(private_names())


@pytest.mark.parametrize(
    ("init", "rule"),
    [
        ('self.a = self.I(lambda c: f(c).shift(-1), self.data["A"].Close)', "lookahead-shift"),
        ("self.a = f(self.data).rolling(9, center=True).mean()", "lookahead-window"),
        ("self.a = {s: f(self.data[s]).bfill() for s in self.symbols}", "lookahead-fill"),
    ],
)
def test_look_into_the_future_is_named_as_in_a_strategy_on_one_symbol(policy, init, rule):
    assert ("warning", rule) in rules(policy, init=init)


@pytest.mark.parametrize(
    "kept",
    [
        'self.data["A"].Close',
        "{s: self.data[s].Close for s in self.symbols}",
        '[self.data["A"].Close, self.data["B"].Close]',
        '{"A": self.data["A"].Close}',
    ],
)
def test_column_that_init_keeps_for_next_is_named(policy, kept):
    assert ("warning", "column-kept") in rules(policy, f"self.closes = {kept}", "f(self.closes)")


@pytest.mark.parametrize(
    "kept", ['self.data["A"].Close[-1]', "{s: f(self.data[s].Close) for s in self.symbols}", "{}"]
)
def test_what_is_computed_of_a_column_is_no_kept_column(policy, kept):
    assert not rules(policy, f"self.values = {kept}", "f(self.values)")


def test_strategy_without_next_is_named(policy):
    source = HEAD + "class S(PortfolioStrategy):\n    def init(self):\n        f(1)\n"
    assert "method-missing" in {f.rule for f in found(policy, source)}


def test_names_of_the_account_are_free_in_a_strategy_on_one_symbol(policy):
    source = (
        "from backtesting import Strategy\n\n\nclass S(Strategy):\n    def init(self):\n"
        "        self._account = self._books = 1\n\n    def _order(self):\n        pass\n\n"
        "    def next(self):\n        self._order()\n"
    )
    assert not found(policy, source)
