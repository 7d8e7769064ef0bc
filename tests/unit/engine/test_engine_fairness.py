"""Who knows nothing earns nothing: order styles on bars that are built from fine random walks.

Losses are allowed (the package takes the stop-loss first where a bar leaves it open). A longer
version: `python -m benchmarks.fairness`.
"""

import functools

import pytest

from algoops.exchange.broker import Exchange
from tests.engine_fairness import STYLES, Untimed, log_returns, t_value, walk

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:backtesting")  # cancelled orders
SEEDS = 40
BARS = 40
TOO_MUCH = 3.0


@functools.cache
def _walks(gap):
    return [walk(seed, BARS, gap) for seed in range(SEEDS)]


@pytest.mark.parametrize("gap", [0.0, 0.004], ids=["no_gaps", "gaps"])
@pytest.mark.parametrize("name", STYLES)
def test_orders_without_knowledge_earn_nothing(name, gap):
    returns = log_returns(Exchange, name, _walks(gap))
    assert t_value(returns) <= TOO_MUCH, f"{name}: {returns.mean():+.4f} log return"


@pytest.mark.parametrize(
    "name",
    [
        "stop_limits_left_behind_both_ways",
        "stop_limit_at_the_last_close",
        "market_with_stop_and_a_limit_apart",
        "limit_with_target_beside_a_market_bracket",
        "waiting_stop_limit_beside_a_market_bracket",
        "dip_or_breakout",
        "ladder_from_below",
    ],
)
def test_the_same_orders_earn_money_where_a_bar_has_no_order_of_events(name):
    """The walks are long enough to see it: this is what plain backtesting.py gives."""
    assert t_value(log_returns(Untimed, name, _walks(0.004))) > TOO_MUCH
