"""Rules without code on several symbols, in the guest and through all checks."""

from dataclasses import replace

import pytest
from engine_portfolios import SYMBOLS, assert_as_in_notebook, together, write_market
from engine_support import ROOT

import algoops
from components.engine.market_data import FolderData
from components.sandbox.guest.rules.portfolio import build_portfolio
from components.schema.definition.backtest import BacktestConfig
from components.schema.definition.check import check_definition
from components.schema.policies.schema import SchemaPolicy
from components.schema.results.values import CheckName, Verdict
from tests.integration.engine.test_portfolio_checks import check, checked, subject

pytestmark = pytest.mark.filterwarnings("ignore")
CONFIG = BacktestConfig(initial_capital=50_000, commission=0.001, finalize_trades=True)
DEFINITION = """name: rotation
description: The trend of each symbol, two of them at a time.
framework: portfolio
interval: 1d
parameters: {slow: {default: 20, min: 10, max: 40}}
indicators:
  fast: {type: SMA, timeperiod: 5}
  slow_mean: {type: SMA, timeperiod: $slow}
  bands: {type: BBANDS, length: 8, std: 1}
entry_rules: ["fast > slow_mean", "close > bands.middle"]
exit_rules: ["fast < slow_mean or barssince(close > bands.lower) > 3"]
risk_limits: {max_positions: 2, trailing_stop_pct: 9}
"""
OF_FOUR = DEFINITION + f"symbols: [{', '.join(SYMBOLS)}]\n"
MEMBERS = b"symbol,from,to\nAAA,2020-01-01,2020-02-10\nAAA,2020-03-20,\nBBB,2020-02-01,\n"


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    return write_market(tmp_path_factory.mktemp("several"))


def program(text, folder="rotation"):
    found = check_definition(
        text.encode(), "strategy.yaml", folder=folder, has_code=False, policy=SchemaPolicy()
    )
    assert found.rules, found.findings
    return found.rules


@pytest.mark.parametrize("how", [{}, {"lookback": 60}, {"causality": "audited"}], ids=str)
def test_rules_in_the_guest_trade_as_in_the_notebook_and_know_nothing_of_later_bars(several, how):
    rules = program(OF_FOUR)
    result = together("", several, rules=rules, config=CONFIG, **how)
    frames = {s: several.bars(s, "1d", None, None).frame for s in SYMBOLS}
    kind = build_portfolio(rules)
    stats = algoops.backtest(kind, frames, cash=50_000, commission=0.001, finalize_trades=True)
    assert len(result.trades) > 5
    assert_as_in_notebook(result, stats)
    assert not result.lookahead, result.lookahead
    assert result.looked_at


def test_order_one_bar_late_is_of_the_rules_too(several):
    late = together("", several, rules=program(OF_FOUR), config=CONFIG, delay=1)
    usual = together("", several, rules=program(OF_FOUR), config=CONFIG)
    assert late.status == usual.status
    assert late.trades[0].entry_bar == usual.trades[0].entry_bar + 1


def test_rules_over_a_universe_pass_through_all_checks(several):
    made = subject(DEFINITION + "universe: members.csv\n", "")
    files = {"strategy.yaml": made.files["strategy.yaml"], "members.csv": MEMBERS}
    report, jobs = checked(several, of=replace(made, files=files))
    assert report.verdict in {Verdict.PASSED, Verdict.FAILED}
    assert check(report, CheckName.SCHEMA).outcome == "passed"
    assert check(report, CheckName.BACKTEST).outcome == "passed", report.checks
    assert check(report, CheckName.LOOKAHEAD).outcome == "passed", report.checks
    assert {c.symbol for c in report.results[0].contributions} == {"AAA", "BBB"}
    assert all(job.rules and "members.csv" not in job.files for job in jobs)
    trades = [t for t in report.results[0].trades if t.symbol == "AAA"]
    assert trades
    assert not any("2020-02-12" < t.entry_time < "2020-03-20" for t in trades)


def test_example_of_rules_trades_on_both_of_its_symbols():
    folder = ROOT / "examples/portfolio/trend_rules"
    rules = program((folder / "strategy.yaml").read_text(), folder.name)
    data, config = FolderData(ROOT / "examples/data"), BacktestConfig(initial_capital=1_000_000)
    how = {"symbols": ("SPX", "IXIC"), "start": "2012-01-01", "config": config}
    result = together("", data, rules=rules, **how)
    assert {trade.symbol for trade in result.trades} == {"SPX", "IXIC"}
    assert not result.lookahead, result.lookahead
