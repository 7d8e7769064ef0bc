"""Twenty short briefs, each with the outcome that is right, solved by a script.

A brief begins with a first draft as a model might write it. Where that is wrong, the script asks
for the rule that was named and checks the mended draft, as a model would.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.agents.sides import Side

Files = Mapping[str, str]

DEFINITION = """\
name: {name}
description: Long while the fast average is above the slow one.
version: 1.0.0
symbol: SPX
interval: 1d
parameters:
  fast: {{default: 50, min: 10, max: 100}}
  slow: {{default: 200, min: 101, max: 300}}
"""
RULES = """\
indicators:
  quick: {type: SMA, timeperiod: $fast}
  calm: {type: SMA, timeperiod: $slow}
entry_rules:
  - quick > calm
exit_rules:
  - quick < calm
"""
CODE = """\
import numpy as np
import pandas as pd
import talib
from backtesting import Strategy


class Averages(Strategy):
    fast = 50
    slow = 200

    def init(self):
        self.quick = self.I(talib.SMA, self.data.Close, self.fast)
        self.calm = self.I(talib.SMA, self.data.Close, self.slow)

    def next(self):
        if self.quick[-1] > self.calm[-1] and not self.position:
            self.buy(size=0.95)
        elif self.quick[-1] < self.calm[-1]:
            self.position.close()
"""
ENDLESS = """\
        while True:
            pass
"""
PEEKING = "self.quick = self.I(lambda c: pd.Series(c).shift(-1).to_numpy(), self.data.Close)"
NEXT = "    def next(self):\n"
QUICK = "self.quick = self.I(talib.SMA, self.data.Close, self.fast)"


@dataclass(frozen=True)
class Brief:
    """One brief.

    Attributes:
        name: of the strategy where there is one.
        ask: what a person would write.
        solve: does it; returns the answer that the outcome stands in.
        right: words of the right outcome in the tools' answers, and on the command line.
    """

    name: str
    ask: str
    solve: Callable[[Side, str], str]
    right: tuple[str, str]


def rules(name: str, *changes: tuple[str, str]) -> Files:
    """A strategy of rules, with words replaced."""
    return {"strategy.yaml": _changed(DEFINITION.format(name=name) + RULES, changes)}


def code(name: str, *changes: tuple[str, str]) -> Files:
    """A strategy of code, with words replaced."""
    return {
        "strategy.yaml": DEFINITION.format(name=name),
        "strategy.py": _changed(CODE, changes),
    }


def _changed(text: str, changes: tuple[tuple[str, str], ...]) -> str:
    for old, new in changes:
        if old not in text:
            raise ValueError(f"the draft has no {old!r}")
        text = text.replace(old, new)
    return text


Draft = Callable[..., Files]


def mended(make: Draft, rule: str, *changes: tuple[str, str]) -> Callable[[Side, str], str]:
    """A first draft that breaks a rule; the rule is looked up, and the sound draft checked."""

    def solve(side: Side, name: str) -> str:
        side.write(name, make(name, *changes))
        said = side.check(name)
        if rule not in said:
            raise AssertionError(f"{name}: {rule} is not named in:\n{said}")
        side.rule(rule)
        side.write(name, make(name))
        return side.check(name)

    return solve


def hopeless(make: Draft, *changes: tuple[str, str]) -> Callable[[Side, str], str]:
    """A wish that can't be had: the right outcome is the refusal."""

    def solve(side: Side, name: str) -> str:
        side.write(name, make(name, *changes))
        return side.check(name)

    return solve


def proposed(make: Draft) -> Callable[[Side, str], str]:
    """Checked, submitted, its verdict waited for."""

    def solve(side: Side, name: str) -> str:
        side.write(name, make(name))
        side.check(name)
        side.submit(name)
        return side.verdict(name)

    return solve


def _improved(side: Side, name: str) -> str:
    side.improve(name)
    side.check(name)
    side.submit(name)
    side.verdict(name)
    return side.compare(name)


def _bar(side: Side, _name: str) -> str:
    return side.bar("sound_rules")


PASSED = ("PASSED", "PASSED")
FAILED = ("FAILED", "FAILED")

BRIEFS = (
    Brief("sound_rules", "Trade the golden cross by rules.", proposed(rules), ("PASSED", "Passed")),
    Brief("sound_code", "Trade the golden cross in Python.", proposed(code), ("PASSED", "Passed")),
    Brief("sma_cross", "Slow the deployed sma_cross down, and say what it brings.", _improved,
          ("deployed 1.0.0 -> yours 1.1.0", "▲")),
    Brief("wrong_key", "Mend a key that is none.",
          mended(rules, "unknown-field", ("symbol:", "symbl:")), PASSED),
    Brief("wrong_indicator", "Mend an indicator that TA-Lib lacks.",
          mended(rules, "unknown-indicator", ("type: SMA", "type: SMMA")), PASSED),
    Brief("wrong_rule", "Mend a rule that is no expression.",
          mended(rules, "rule-syntax", ("- quick > calm", "- quick >> > calm")), PASSED),
    Brief("later_bar", "Mend a rule that reads the next bar.",
          mended(rules, "look-ahead", ("- quick > calm", "- quick[1] > calm")), PASSED),
    Brief("wrong_value", "Mend a parameter outside of its range.",
          mended(rules, "out-of-range", ("default: 50", "default: 500")), PASSED),
    Brief("no_entry", "Mend a strategy that never enters.",
          mended(rules, "no-entry", ("entry_rules:\n  - quick > calm\n", "")), PASSED),
    Brief("opens_files", "Mend code that reads a file.",
          mended(code, "builtin-closed", (QUICK, f"open('/etc/passwd').read(); {QUICK}")), PASSED),
    Brief("imports_os", "Mend code that imports os.",
          mended(code, "import-dangerous", ("import numpy as np", "import os")), PASSED),
    Brief("broken_code", "Mend code that does not parse.",
          mended(code, "source-syntax", ("def next(self):", "def next(self)")), PASSED),
    Brief("no_end", "Mend a loop without an end.",
          mended(code, "endless-loop", (NEXT, NEXT + ENDLESS)), PASSED),
    Brief("own_engine", "Mend code that reaches into the engine.",
          mended(code, "attribute-engine", ("self.buy(size=0.95)", "self._broker.equity")),
          PASSED),
    Brief("peeks", "Buy one day before each rise.",
          hopeless(code, (QUICK, PEEKING)), FAILED),
    Brief("rare", "Buy once in twenty years.",
          hopeless(rules, ("- quick > calm", "- quick > calm * 1.08")), FAILED),
    Brief("loses", "Be long while the average falls.",
          hopeless(rules, ("- quick > calm", "- quick < calm * 0.97"),
                   ("- quick < calm", "- quick > calm")), FAILED),
    Brief("imports", "Say whether scipy may be imported.",
          lambda side, _name: side.topic("modules"), ("numpy.linalg", "numpy.linalg")),
    Brief("best", "Say which deployed strategy has the highest Sharpe ratio.",
          lambda side, _name: side.best(), ("sma_cross 1.0.0", "sma_cross")),
    Brief("bar", "Say how many tries were counted, and what passes now.",
          _bar, ("a year to pass", "Luck: at least")),
)  # fmt: skip
