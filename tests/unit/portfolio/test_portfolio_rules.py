"""Rules without code on several symbols: each by the same rules, places counted over the account."""

import json

import backtesting.backtesting
import pandas as pd
import pytest
from backtesting import Backtest
from hypothesis import given
from hypothesis import strategies as st

import algoops
from algoops.exchange.fills import TimedBroker
from components.sandbox.guest.rules.portfolio import build_portfolio
from components.sandbox.guest.rules.strategy import build_strategy
from components.schema.definition.check import check_definition
from components.schema.definition.models import StrategyDefinition
from components.schema.policies.schema import SchemaPolicy
from components.schema.rule_language.compiler import compile_rules
from tests.unit.portfolio.made_up import at, flat, walk

pytestmark = pytest.mark.filterwarnings("ignore")
CROSS = {
    "indicators": {"fast": {"type": "SMA", "timeperiod": 5}, "slow": {"type": "SMA", "period": 15}},
    "entry_rules": ("fast > slow",),
    "exit_rules": ("fast < slow",),
}
UNITS = {"position_sizing": {"method": "fixed_units", "value": 3}}
MARKET = walk(5, 120)


def program(symbols, **fields):
    framework = {"framework": "portfolio", "symbols": symbols} if symbols else {}
    defined = StrategyDefinition(name="Rules", description="", **framework, **fields)
    return json.dumps(compile_rules(defined).program)


def portfolio(frames, *, universe=None, **fields):
    kind = build_portfolio(program(tuple(frames), **fields))
    return algoops.backtest(kind, frames, cash=100_000, universe=universe)


def held_at_once(trades, open_trades):
    """The most trades that were open after any bar."""
    spans = [*zip(trades["EntryTime"], trades["ExitTime"], strict=True)]
    spans += [(t.entry_time, pd.Timestamp.max) for t in open_trades]
    return max(sum(first <= day < last for first, last in spans) for day, _ in spans)


conditions = st.builds(
    "{} {} {}".format,
    st.sampled_from(["close", "fast", "rsi", "close[-n]", "highest(high, n)[-1]", "slow"]),
    st.sampled_from(["<", ">", ">=", "!="]),
    st.sampled_from(["open", "fast", "slow", "50", "lowest(low, n)", "rsi"]),
) | st.sampled_from(["crossover(fast, slow)", "rising(close, n)", "barssince(rsi < 40) > 2"])


@given(
    entry=st.lists(conditions, min_size=1, max_size=2),
    short=st.lists(conditions.map("short: {}".format), max_size=1),
    leave=st.lists(conditions, max_size=2),
    most=st.sampled_from([None, 1, 3]),
    stops=st.sampled_from(
        [{}, {"stop_loss_pct": 4.0}, {"trailing_stop_pct": 3.0}, {"take_profit_pct": 5.0},
         {"max_drawdown_pct": 6.0, "stop_loss_pct": 5.0}]
    ),
    sizing=st.sampled_from(
        [None, ("equity_fraction", 0.4), ("fixed_units", 7), ("risk_percent", 1.0)]
    ),
)  # fmt: skip
def test_one_symbol_is_traded_as_by_the_rules_alone(entry, short, leave, most, stops, sizing):
    if sizing and sizing[0] == "risk_percent" and "stop_loss_pct" not in stops:
        stops = {**stops, "stop_loss_pct": 5.0}
    fields = {
        "parameters": {"n": 3},
        "indicators": {
            "fast": {"type": "SMA", "timeperiod": 4},
            "slow": {"type": "EMA", "timeperiod": 12},
            "rsi": {"type": "RSI", "timeperiod": 5},
        },
        "entry_rules": (*entry, *short),
        "exit_rules": tuple(leave),
        "risk_limits": {**stops, **({"max_positions": most} if most else {})},
    }
    if sizing:
        fields["position_sizing"] = {"method": sizing[0], "value": sizing[1]}
    with pytest.MonkeyPatch.context() as patch:  # the package's loop, with fills as they are here
        patch.setattr(backtesting.backtesting, "_Broker", TimedBroker)
        alone = Backtest(MARKET, build_strategy(program((), **fields)), cash=100_000).run()
    ours = portfolio({"ONE": MARKET}, **fields)
    columns = ["Size", "EntryBar", "ExitBar", "EntryPrice", "ExitPrice", "SL", "TP", "PnL"]
    pd.testing.assert_frame_equal(
        ours["_trades"][columns].astype(float),
        alone["_trades"][columns].astype(float),
        check_exact=True,
    )
    assert ours["_equity_curve"]["Equity"].tolist() == alone["_equity_curve"]["Equity"].tolist()


def test_symbols_with_places_and_money_enough_are_each_traded_as_alone():
    frames = {s: walk(n, 200) for n, s in enumerate(("AAA", "BBB", "CCC"))}
    together = portfolio(frames, **CROSS, **UNITS)["_trades"]
    for symbol, frame in frames.items():
        alone = portfolio({symbol: frame}, **CROSS, **UNITS)["_trades"]
        own = together[together["Symbol"] == symbol]
        columns = ["Size", "EntryBar", "ExitBar", "PnL"]
        assert own[columns].to_numpy().tolist() == alone[columns].to_numpy().tolist()


@pytest.mark.parametrize("most", [1, 2, 3])
def test_account_never_has_more_trades_than_places_also_where_bars_are_missing(most):
    frames = {f"S{n}": walk(n, 200, gaps=range(10 + n, 190, 4 + n)) for n in range(5)}
    stats = portfolio(frames, **CROSS, **UNITS, risk_limits={"max_positions": most})
    trades, left = stats["_trades"], stats["_strategy"].trades
    assert len(trades) > 10
    assert held_at_once(trades, left) == most


def test_places_go_to_the_symbols_in_the_order_of_the_definition():
    frames = {s: walk(7, 80) for s in ("ZZZ", "AAA", "MMM")}
    trades = portfolio(frames, **CROSS, **UNITS, risk_limits={"max_positions": 2})["_trades"]
    assert set(trades["Symbol"]) == {"ZZZ", "AAA"}


def test_without_a_size_the_money_is_split_evenly_over_the_places():
    frames = {s: flat(10, 9) for s in ("AAA", "BBB", "CCC", "DDD")}
    rules = {"entry_rules": ("close > 0",), "exit_rules": ("close < 0",)}
    stats = portfolio(frames, **rules)
    assert [t.size for t in stats["_strategy"].trades] == pytest.approx([2_500] * 4, abs=1)
    stats = portfolio(frames, **rules, risk_limits={"max_positions": 2})
    assert [t.size for t in stats["_strategy"].trades] == pytest.approx([5_000] * 2, abs=1)


def test_symbol_that_leaves_the_universe_is_sold_at_its_next_open(tmp_path):
    file = tmp_path / "members.csv"
    file.write_text("symbol,from,to\nAAA,2020-01-01,2020-01-05\nBBB,2020-01-07,\n")
    rules = {"entry_rules": ("close > 0",), "risk_limits": {"trailing_stop_pct": 50.0}}
    frames = {"AAA": at(flat(10, 12), 6, Open=9.0, Low=9.0), "BBB": flat(20, 12)}
    stats = portfolio(frames, universe=file, **rules, **UNITS)
    (sold,) = stats["_trades"].itertuples()
    assert (sold.Symbol, sold.ExitBar, sold.ExitPrice) == ("AAA", 6, 9.0)
    assert {t.symbol for t in stats["_strategy"].trades} == {"BBB"}


def test_universe_without_members_for_a_year_trades_before_and_after_it(tmp_path):
    file = tmp_path / "members.csv"
    file.write_text("symbol,from,to\nAAA,2020-01-01,2020-03-31\nAAA,2021-04-01,\n")
    trades = portfolio({"AAA": walk(3, 700)}, universe=file, **CROSS, **UNITS)["_trades"]
    entered = trades["EntryTime"]
    assert (entered < "2020-04-02").any()
    assert not entered.between("2020-04-03", "2021-04-01").any()
    assert (entered > "2021-04-01").any()


def test_drawdown_limit_of_the_account_closes_all_and_drops_what_waits():
    falling = {"Open": 5.0, "High": 5.0, "Low": 5.0, "Close": 5.0}
    frames = {
        "AAA": at(at(flat(10, 10), 4, **falling), 5, **falling),
        "BBB": flat(10, 10).drop(flat(10, 10).index[[3, 4, 5]]),
    }
    rules = {
        "entry_rules": ("close > 0",),
        "risk_limits": {"max_drawdown_pct": 10.0, "max_positions": 2},
        "position_sizing": {"method": "fixed_units", "value": 5_000},
    }
    stats = portfolio(frames, **rules)
    assert stats["_strategy"].trades == ()
    assert stats["_strategy"].orders == ()
    assert stats["_trades"]["Symbol"].tolist().count("AAA") == 1


def test_symbol_with_one_bar_and_prices_of_any_size_end_no_run():
    frames = {
        "TINY": walk(1, 90).mul(1e-11),
        "HUGE": walk(2, 90).mul(1e7),
        "ONE": walk(3, 1, "2020-01-20"),
    }
    stats = portfolio(frames, **CROSS)
    assert set(stats["_trades"]["Symbol"]) <= {"TINY", "HUGE"}
    assert stats["Equity Final [$]"] > 0


def test_parameter_may_be_called_as_something_of_a_portfolio():
    fields = {"parameters": {"symbols": 5, "listed": 15}, **CROSS}
    fields["indicators"] = {
        "fast": {"type": "SMA", "timeperiod": "$symbols"},
        "slow": {"type": "SMA", "timeperiod": "$listed"},
    }
    frames = {"AAA": walk(0, 100), "BBB": walk(1, 100)}
    kind = build_portfolio(program(tuple(frames), **fields, **UNITS))
    usual = portfolio(frames, **CROSS, **UNITS)["_trades"]
    ours = algoops.backtest(kind, frames, cash=100_000)["_trades"]
    assert ours["PnL"].tolist() == usual["PnL"].tolist()
    other = algoops.backtest(kind, frames, {"symbols": 3}, cash=100_000)["_trades"]
    assert other["PnL"].tolist() != usual["PnL"].tolist()
    with pytest.raises(AttributeError, match="no parameter slow"):
        algoops.backtest(kind, frames, {"slow": 3})


HEAD = "name: turns\ndescription: Trend of each.\nframework: portfolio\n"
RULES = 'entry_rules: ["close > open"]\nexit_rules: ["close < open"]\n'


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (HEAD + "symbols: [AAA, BBB]\n" + RULES, None),
        (HEAD + "universe: members.csv\n" + RULES, None),
        (HEAD + RULES, "framework"),
        (HEAD + "symbols: [AAA, BBB]\n", "framework"),
        (HEAD + 'symbols: [AAA, BBB]\nentry_rules: ["close[1] > open"]\n', "look-ahead"),
        (HEAD + "symbols: [AAA]\n" + RULES + "risk_limits: {stop_loss_pct: 200}\n", "out-of-range"),
        (HEAD + 'symbols: [AAA, BBB]\nentry_rules: ["AAA > BBB"]\n', "unknown-name"),
        (HEAD + 'symbols: [AAA]\nentry_rules: ["__import__(close)"]\n', "unknown-function"),
        (HEAD + "symbols: [AAA]\nrisk_limits: {max_positions: -1}\n" + RULES, "out-of-range"),
    ],
)
def test_definition_of_a_portfolio_of_rules_is_checked_as_one_of_a_symbol(text, rule):
    checked = check_definition(
        text.encode(), "strategy.yaml", folder="turns", has_code=False, policy=SchemaPolicy()
    )
    errors = [f.rule for f in checked.findings if f.severity == "error"]
    assert (rule in errors) if rule else checked.rules, checked.findings


def test_rules_beside_the_code_of_a_portfolio_are_no_program():
    text = HEAD + "symbols: [AAA, BBB]\n" + RULES
    checked = check_definition(
        text.encode(), "strategy.yaml", folder="turns", has_code=True, policy=SchemaPolicy()
    )
    assert checked.definition is not None
    assert checked.rules == ""
