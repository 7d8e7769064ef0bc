"""PURE: what a result keeps at higher costs, and where each order comes one bar later."""

import math

from pydantic import ValidationError

from components.schema.definition.backtest import BacktestConfig, CommissionScheme

MOST_MULTIPLE = 100.0
"""More than this is said of nothing: two runs do not reach so far."""


def at_double_costs(config: BacktestConfig) -> BacktestConfig | None:
    """The same configuration with twice the commission and slippage; None: no backtest takes it."""
    scheme = config.commission
    if not isinstance(scheme, CommissionScheme):
        scheme = CommissionScheme(pct=scheme)
    try:
        twice = CommissionScheme(fixed=2 * scheme.fixed, pct=2 * scheme.pct)
        checked = BacktestConfig(commission=twice, slippage=2 * config.slippage)
    except ValidationError:
        return None
    return config.model_copy(update={"commission": twice, "slippage": checked.slippage})


def cost_multiple(once_pct: float, twice_pct: float) -> float | None:
    """By how much costs may grow until the profit is gone: 1 + G1 / (G1 - G2).

    G1 and G2 are the logarithms of last by first equity at the given and at double costs: costs
    that are a share of each order take a fixed amount of them.

    Args:
        once_pct: return at the costs as given, in percent.
        twice_pct: return at double costs, in percent.

    Returns:
        0 (a loss even without costs) to `MOST_MULTIPLE`; None where all money is lost at double
        costs, or double costs did not cost anything and there is no profit.
    """
    if once_pct <= -100 or twice_pct <= -100:  # noqa: PLR2004  # all of it
        return None
    once, twice = math.log1p(once_pct / 100), math.log1p(twice_pct / 100)
    if once <= twice:
        return MOST_MULTIPLE if once > 0 and twice > 0 else None
    return min(MOST_MULTIPLE, max(0.0, 1 + once / (once - twice)))


def delay_keep(prompt: float | None, late: float | None) -> float | None:
    """Share of a Sharpe ratio that is left where each order reaches the exchange one bar later.

    Args:
        prompt: Sharpe ratio of the run as it is.
        late: of the run with the delay.

    Returns:
        Their quotient (negative: a loss came of it); None where one is undefined, or there was
        nothing to keep.
    """
    if prompt is None or late is None or prompt <= 0:
        return None
    return late / prompt
