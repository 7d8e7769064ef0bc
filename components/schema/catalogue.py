"""Every rule id of the schema check: what it means, what is allowed instead."""

from collections.abc import Mapping
from typing import NamedTuple


class RuleText(NamedTuple):
    """A rule for people; `instead` is what findings without a better hint say."""

    means: str
    instead: str


TEXT_RULES: Mapping[str, RuleText] = {
    "alias": RuleText(
        "An alias names no anchor that is finished above it.",
        "an alias of an anchor above it, or the value itself",
    ),
    "duplicate-key": RuleText(
        "A key is given twice in one mapping: one of the two would be lost.", "each key once"
    ),
    "json-syntax": RuleText("The file is not JSON.", "one JSON document"),
    "key-not-text": RuleText("A key is a list or a mapping.", "keys that are plain words"),
    "not-a-mapping": RuleText(
        "The document is empty, a list or a single value.", "`key: value` lines"
    ),
    "not-utf8": RuleText("The file is not UTF-8.", "UTF-8"),
    "several-documents": RuleText(
        "The file holds more than one YAML document.", "one document a file"
    ),
    "tab": RuleText("A tab stands where YAML wants spaces.", "spaces"),
    "tag": RuleText(
        "A YAML tag asks for something other than plain values.",
        "plain values without tags; quotes where text is meant",
    ),
    "too-deep": RuleText("Nested deeper than 32 levels.", "at most 32 levels"),
    "too-many-findings": RuleText(
        "More than 100 problems: the rest is not shown.",
        "no problems; mend the first hundred and look again",
    ),
    "too-large": RuleText("More than 256 KiB.", "at most 256 KiB"),
    "too-many-values": RuleText(
        "More than 20,000 values once aliases are expanded.", "at most 20,000 values"
    ),
    "unprintable-character": RuleText(
        "A control or direction character hides what the text says.",
        "printable text; an escape in double quotes where the character is meant",
    ),
    "yaml-syntax": RuleText(
        "The file is not YAML.",
        "YAML 1.2: `key: value` lines, quotes around text with `: ` or `#` in it",
    ),
}
"""What can be wrong with a file as text."""

FIELD_RULES: Mapping[str, RuleText] = {
    "bad-name": RuleText(
        "The name does not match the policy's pattern.", "a name that the policy's pattern matches"
    ),
    "bad-value": RuleText(
        "The value is not of the form that the field needs.",
        "a value of the form that the message names",
    ),
    "duplicate-symbol": RuleText("A symbol is listed twice.", "each symbol once"),
    "either-or": RuleText("Two fields are given of which only one can count.", "one of the two"),
    "folder-name": RuleText(
        "The strategy is not called as its folder is.", "the same name for both"
    ),
    "framework": RuleText(
        "The framework does not fit the files, or the policy doesn't allow it.",
        "`rules` without a strategy.py, `backtesting.py` with one",
    ),
    "missing-field": RuleText(
        "A field is missing that the format or the policy asks for.", "add the field, with a value"
    ),
    "out-of-range": RuleText(
        "The value is too small, too large, too long or too short.",
        "a value within the bounds that the message names",
    ),
    "reserved-name": RuleText("The name means something else already.", "a name that is not taken"),
    "schema-version": RuleText("The document is of another version of the format.", "2.0.0"),
    "suspicious-percent": RuleText(
        "A percentage under 0.1: a fraction was probably meant as one.",
        "percentages as written: 5 is 5 %",
    ),
    "unknown-field": RuleText("There is no such field.", "the fields of the format"),
    "wrong-type": RuleText(
        "The value is of another kind: text for a number, one value for a list.",
        "a value of the kind that the message names",
    ),
    "yes-no-text": RuleText(
        "`yes`, `no`, `on` and `off` are text in YAML 1.2, not flags.", "true or false"
    ),
}
"""What can be wrong with a field, or between fields."""

LANGUAGE_RULES: Mapping[str, RuleText] = {
    "always-true": RuleText(
        "A comparison holds on every bar: it decides nothing.",
        "a comparison that depends on the bar",
    ),
    "indicator-argument": RuleText(
        "An argument is not one that the TA-Lib function takes.", "a value that TA-Lib takes"
    ),
    "indicator-cycle": RuleText(
        "Indicators are computed on each other in a ring.",
        "indicators on series, or on indicators that don't need them in turn",
    ),
    "look-ahead": RuleText(
        "A rule asks for a bar after this one.", "this bar and earlier ones: close, close[-1]"
    ),
    "missing-exit": RuleText(
        "Positions of a side are never left: no exit rule, no stop.",
        "an exit rule of that side, or a stop in risk_limits",
    ),
    "never-true": RuleText(
        "A comparison, or a list of rules together, can never hold.", "a comparison that can hold"
    ),
    "no-entry": RuleText(
        "There are no entry rules and no code: nothing ever trades.",
        "entry rules, or a strategy.py",
    ),
    "rule-arguments": RuleText(
        "A function is called with the wrong number or kind of arguments.",
        "the function's own arguments, by position",
    ),
    "rule-construct": RuleText(
        "Python that is not part of the rule language.",
        "numbers, names, comparisons, and/or/not, + - * /, lags, functions",
    ),
    "rule-count": RuleText(
        "A number of bars is not a whole number in range.",
        "a whole number of bars, or a parameter whose values all are whole numbers",
    ),
    "rule-history": RuleText(
        "`position` is asked for the past: it is known for now only.", "`position` as it is now"
    ),
    "rule-kind": RuleText(
        "A number stands where a condition must, or the other way round.",
        "conditions where something holds or not, numbers where something is calculated",
    ),
    "rule-lag": RuleText("What stands in [...] is no lag.", "[-1], [-2], ... or [-parameter]"),
    "rule-syntax": RuleText(
        "The rule is not an expression.", "an expression such as `close > sma and rsi < 30`"
    ),
    "rule-too-costly": RuleText(
        "The rule reads more than 100,000 numbers on each bar.",
        "shorter windows, or fewer inside one another",
    ),
    "rule-too-long": RuleText(
        "The rule is longer than the policy allows.", "several rules: all of a list must hold"
    ),
    "source-count": RuleText(
        "An indicator needs another number of sources.", "as many sources as the function takes"
    ),
    "unknown-argument": RuleText(
        "The TA-Lib function has no such parameter.", "the function's own parameters"
    ),
    "unknown-function": RuleText(
        "The rule language has no such function.",
        "crossover, crossunder, rising, falling, highest, lowest, barssince, abs, min, max",
    ),
    "unknown-indicator": RuleText(
        "TA-Lib has no such function.", "a TA-Lib function in capitals: RSI, SMA, MACD.signal"
    ),
    "unknown-name": RuleText(
        "A rule uses a name that is nowhere defined.",
        "price series, indicators and parameters of this file",
    ),
    "unknown-output": RuleText(
        "The indicator has no such output.", "an output that the indicator has, or its bare name"
    ),
    "unknown-parameter": RuleText(
        "`$name` names no parameter of the strategy.", "a parameter of this file"
    ),
    "unknown-source": RuleText(
        "An indicator's source is neither a price series nor an indicator.",
        "open, high, low, close, volume or an indicator of this file",
    ),
    "unreachable-target": RuleText(
        "A short position can't gain 100 %: its take-profit is never reached.", "less than 100"
    ),
    "unused-indicator": RuleText(
        "An indicator is computed and never used.",
        "indicators that a rule or another indicator uses",
    ),
    "unused-parameter": RuleText(
        "A parameter changes nothing.", "parameters that a rule or an indicator uses"
    ),
    "unused-source": RuleText(
        "The TA-Lib function always reads the same series; `source` changes nothing.", "no `source`"
    ),
    "which-output": RuleText(
        "The indicator has several outputs: the rule must say which.",
        "the indicator's name, a dot and the output",
    ),
}
"""What can be wrong with indicators and rules."""

CONFIG_RULES: Mapping[str, RuleText] = {
    "few-bars": RuleText("Fewer than 250 bars: statistics say little.", "a longer period"),
    "no-commission": RuleText(
        "Trading is free: fast strategies look better than they are.",
        "what your broker takes: 0.001 is 0.1 % of an order",
    ),
    "thin-margin": RuleText("A margin under 0.1 is a leverage above 10.", "0.1 or more"),
}
"""What is doubtful about a backtest configuration."""

MIGRATION_RULES: Mapping[str, RuleText] = {
    "not-version-1": RuleText(
        "The document to be migrated has no list of steps.", "a document with a list of `steps`"
    ),
}
"""What can be wrong with a document of version 1.x."""

RULES: Mapping[str, RuleText] = {
    **TEXT_RULES,
    **FIELD_RULES,
    **LANGUAGE_RULES,
    **CONFIG_RULES,
    **MIGRATION_RULES,
}
"""All of them by id."""
