"""Backtest configurations: faults are refused, flattering ones warned about."""

import pytest

from components.schema.definition.backtest import BacktestConfig
from components.schema.definition.config_check import (
    check_config,
    config_warnings,
)


def rules(text: str) -> list[str]:
    return [f.rule for f in check_config(text.encode(), "config.yaml").findings]


def test_honest_config_has_nothing_to_remark():
    text = "commission: 0.001\nstart: 2015-01-01\nend: 2020-01-01\n"
    assert rules(text) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("commission: 0\n", "no-commission"),
        ("commission: {fixed: 0, pct: 0}\n", "no-commission"),
        ("commission: 0.001\nmargin: 0.05\n", "thin-margin"),
        ("commission: 0.001\nstart: 2020-01-01\nend: 2020-06-01\n", "few-bars"),
    ],
)
def test_flattering_config_passes_with_a_warning(text, rule):
    checked = check_config(text.encode(), "config.yaml")
    assert checked.config is not None
    assert [f.rule for f in checked.warnings] == [rule]
    assert checked.warnings[0].line is not None


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("comission: 0.001\n", "unknown-field"),
        ("commission: -0.001\n", "out-of-range"),
        ("initial_capital: 0\n", "out-of-range"),
        ("slippage: '0.1'\n", "wrong-type"),
        ("margin: 2\n", "out-of-range"),
        ("start: 2020-01-01\nend: 2019-01-01\n", "bad-value"),
        ("- 1\n", "not-a-mapping"),
        ("a: [\n", "yaml-syntax"),
    ],
)
def test_faulty_config_is_refused(text, rule):
    checked = check_config(text.encode(), "config.yaml")
    assert checked.config is None
    assert rules(text) == [rule]


def test_empty_config_is_the_defaults():
    assert check_config(b"", "config.yaml").config == BacktestConfig()


def test_known_number_of_bars_decides_about_few():
    config = BacktestConfig(commission=0.001)
    assert [f.rule for f in config_warnings(config, bars=249)] == ["few-bars"]
    assert config_warnings(config, bars=250) == ()
