"""Every rule id of the schema check, with what it means: for reports, SARIF and the docs."""

from collections.abc import Mapping

TEXT_RULES: Mapping[str, str] = {
    "alias": "An alias names no anchor that is finished above it.",
    "duplicate-key": "A key is given twice in one mapping: one of the two would be lost.",
    "json-syntax": "The file is not JSON.",
    "key-not-text": "A key is a list or a mapping.",
    "not-a-mapping": "The document is empty, a list or a single value.",
    "not-utf8": "The file is not UTF-8.",
    "several-documents": "The file holds more than one YAML document.",
    "tab": "A tab stands where YAML wants spaces.",
    "tag": "A YAML tag asks for something other than plain values.",
    "too-deep": "Nested deeper than 32 levels.",
    "too-many-findings": "More than 100 problems: the rest is not shown.",
    "too-large": "More than 256 KiB.",
    "too-many-values": "More than 20,000 values once aliases are expanded.",
    "unprintable-character": "A control or direction character hides what the text says.",
    "yaml-syntax": "The file is not YAML.",
}
"""What can be wrong with a file as text."""

FIELD_RULES: Mapping[str, str] = {
    "bad-name": "The name does not match the policy's pattern.",
    "bad-value": "The value is not of the form that the field needs.",
    "duplicate-symbol": "A symbol is listed twice.",
    "either-or": "Two fields are given of which only one can count.",
    "folder-name": "The strategy is not called as its folder is.",
    "framework": "The framework does not fit the files, or the policy doesn't allow it.",
    "missing-field": "A field is missing that the format or the policy asks for.",
    "out-of-range": "The value is too small, too large, too long or too short.",
    "reserved-name": "The name means something else already.",
    "schema-version": "The document is of another version of the format.",
    "suspicious-percent": "A percentage under 0.1: a fraction was probably meant as one.",
    "unknown-field": "There is no such field.",
    "wrong-type": "The value is of another kind: text for a number, one value for a list.",
    "yes-no-text": "`yes`, `no`, `on` and `off` are text in YAML 1.2, not flags.",
}
"""What can be wrong with a field, or between fields."""

LANGUAGE_RULES: Mapping[str, str] = {
    "always-true": "A comparison holds on every bar: it decides nothing.",
    "indicator-argument": "An argument is not one that the TA-Lib function takes.",
    "indicator-cycle": "Indicators are computed on each other in a ring.",
    "look-ahead": "A rule asks for a bar after this one.",
    "missing-exit": "Positions of a side are never left: no exit rule, no stop.",
    "never-true": "A comparison, or a list of rules together, can never hold.",
    "no-entry": "There are no entry rules and no code: nothing ever trades.",
    "rule-arguments": "A function is called with the wrong number or kind of arguments.",
    "rule-construct": "Python that is not part of the rule language.",
    "rule-count": "A number of bars is not a whole number in range.",
    "rule-history": "`position` is asked for the past: it is known for now only.",
    "rule-kind": "A number stands where a condition must, or the other way round.",
    "rule-lag": "What stands in [...] is no lag.",
    "rule-syntax": "The rule is not an expression.",
    "rule-too-costly": "The rule reads more than 100,000 numbers on each bar.",
    "rule-too-long": "The rule is longer than the policy allows.",
    "source-count": "An indicator needs another number of sources.",
    "unknown-argument": "The TA-Lib function has no such parameter.",
    "unknown-function": "The rule language has no such function.",
    "unknown-indicator": "TA-Lib has no such function.",
    "unknown-name": "A rule uses a name that is nowhere defined.",
    "unknown-output": "The indicator has no such output.",
    "unknown-parameter": "`$name` names no parameter of the strategy.",
    "unknown-source": "An indicator's source is neither a price series nor an indicator.",
    "unreachable-target": "A short position can't gain 100 %: its take-profit is never reached.",
    "unused-indicator": "An indicator is computed and never used.",
    "unused-parameter": "A parameter changes nothing.",
    "unused-source": "The TA-Lib function always reads the same series; `source` changes nothing.",
    "which-output": "The indicator has several outputs: the rule must say which.",
}
"""What can be wrong with indicators and rules."""

CONFIG_RULES: Mapping[str, str] = {
    "few-bars": "Fewer than 250 bars: statistics say little.",
    "no-commission": "Trading is free: fast strategies look better than they are.",
    "thin-margin": "A margin under 0.1 is a leverage above 10.",
}
"""What is doubtful about a backtest configuration."""

MIGRATION_RULES: Mapping[str, str] = {
    "not-version-1": "The document to be migrated has no list of steps.",
}

RULES: Mapping[str, str] = {
    **TEXT_RULES,
    **FIELD_RULES,
    **LANGUAGE_RULES,
    **CONFIG_RULES,
    **MIGRATION_RULES,
}
"""All of them: rule id -> one sentence."""
