"""What further runs of a backtest showed: double costs, late orders, choices made on the past."""

from components.schema.results.base import Value


class Window(Value):
    """One window of a walk-forward; days are ISO, Sharpe ratios a year's, None: undefined.

    Attributes:
        past_start, start, end: first day of the past part, first and last day of the part after.
        past_sharpe: of the parameters that were best on the past part, there.
        sharpe: of the same parameters on the part after.
    """

    past_start: str
    start: str
    end: str
    past_sharpe: float | None = None
    sharpe: float | None = None


class EquityAt(Value):
    """Out-of-sample equity at the end of a day (ISO); it starts at 1."""

    day: str
    equity: float


class Further(Value):
    """What further runs showed of the backtest on one symbol. None: not asked for, or undefined.

    Attributes:
        cost_multiple: by how much costs may grow until the profit is gone; 0 to 100.
        double_cost_return_pct: return of the run at double costs.
        delay_keep: share of the Sharpe ratio that is left where each order comes one bar later.
        delayed_sharpe, delayed_return_pct: of that run.
        oos_keep: share of the past parts' Sharpe ratio that the parts after keep.
        oos_sharpe, past_sharpe: a year's, of the joined parts after, and mean of the past parts.
        choices, failed: sets of parameters that were chosen from, and those that did not run.
        windows: of the walk-forward; none where it was not run.
        curve: equity of the joined parts after, at most 200 points.
    """

    symbol: str
    cost_multiple: float | None = None
    double_cost_return_pct: float | None = None
    delay_keep: float | None = None
    delayed_sharpe: float | None = None
    delayed_return_pct: float | None = None
    oos_keep: float | None = None
    oos_sharpe: float | None = None
    past_sharpe: float | None = None
    choices: int = 0
    failed: int = 0
    windows: tuple[Window, ...] = ()
    curve: tuple[EquityAt, ...] = ()
