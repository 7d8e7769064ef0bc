"""What one backtest's returns say beside its metrics, and how much of it is luck."""

from typing import Annotated, Literal

from pydantic import Field

from components.schema.results.base import Value


class Moments(Value):
    """Of the excess returns of all bars of a run; none is annualised.

    Attributes:
        observations: how many returns.
        sharpe: mean by standard deviation (n - 1) of one return.
        skewness: third standardised moment, 0 for a normal distribution.
        kurtosis: fourth standardised moment, 3 for a normal distribution.
        autocorrelation: of each return with the one before.
    """

    observations: Annotated[int, Field(ge=2)]
    sharpe: float
    skewness: float
    kurtosis: float
    autocorrelation: float = 0.0


class Span(Value):
    """An interval that holds 95 % of what chance makes of the same returns."""

    low: float
    high: float


class YearReturn(Value):
    """What one calendar year brought, in percent."""

    year: int
    return_pct: float


class Months(Value):
    """Calendar months without a gap, from `first` ("2004-01") on.

    Attributes:
        returns_pct: what each brought, in percent; None: it has no bar.
        rolling_sharpe: a year's Sharpe ratio of the twelve months that end with each; None: there
            are not twelve yet, or it is undefined.
    """

    first: str
    returns_pct: tuple[float | None, ...]
    rolling_sharpe: tuple[float | None, ...]


class Regime(Value):
    """What the bars of one third of the market's volatility brought together, in percent."""

    name: Literal["calm", "usual", "stormy"]
    bars: int
    return_pct: float


class Against(Value):
    """The returns explained by those of what is held: a year's alpha in percent, and beta.

    `alpha_t` and `beta_t` are t values with Newey and West's errors; 2 is hardly chance.
    """

    alpha_pct: float
    alpha_t: float | None
    beta: float
    beta_t: float | None


class Evidence(Value):
    """What the returns of one backtest say, with no other run. None: undefined.

    Attributes:
        sharpe_span, return_span_pct: a year's Sharpe ratio and return, by stationary bootstrap.
        best_year_pct, best_trades_pct: share of the profit from the best calendar year, and from
            the five best trades; above 100 where the rest lost. None without a profit.
        returns_sha256: of the returns of all bars as float32, "" where they are undefined.
        break_even_cost_pct: what an order could cost beside what it does, in percent of its value.
    """

    moments: Moments | None = None
    sharpe_span: Span | None = None
    return_span_pct: Span | None = None
    against: Against | None = None
    years: tuple[YearReturn, ...] = ()
    months: Months | None = None
    regimes: tuple[Regime, ...] = ()
    best_year_pct: float | None = None
    best_trades_pct: float | None = None
    break_even_cost_pct: float | None = None
    returns_sha256: str = ""


class Track(Value):
    """The returns of one run as the ledger of tries keeps them; never part of a document.

    Attributes:
        fingerprint: SHA-256 (hex) of the returns of all bars as float32.
        step_s: seconds of one span of the series: a week, or a day where bars are shorter.
        first: number of the first span, counted from 1970.
        series: float32, little endian: the sum of the returns of each span.
    """

    fingerprint: str
    step_s: int
    first: int
    series: bytes


class RunCurve(Value):
    """The equity of one run at every bar; never part of a document.

    Attributes:
        times: int64, little endian: microseconds since 1970 (UTC) of each bar.
        zone: time zone in which the bars are told, "" for none.
        equity: float64, little endian: at the close of each bar, in account currency.
        held: the same of what is bought and held; b"": it has no bars then.
        risk_free: what money earns without risk, a year, as a fraction.
    """

    times: bytes
    zone: str
    equity: bytes
    held: bytes
    risk_free: float


class Luck(Value):
    """How much of one result is luck, as far as the tries are counted.

    Attributes:
        scope: whose tries are counted: of the data, of the strategy, of the repository.
        tries: backtests with different returns, this one among them; there may be more.
        independent: what they are worth in tries that have nothing to do with each other.
        since: the day from which on tries are counted; "" where nobody counts.
        sharpe: a year's, of this result.
        best_by_luck: a year's Sharpe ratio that the best of `independent` worthless tries shows.
        psr: probability that the true Sharpe ratio is above zero, for the only try.
        dsr: the same for the best of `independent` tries.
        pbo: how often the try that was best in one half of the time is below the middle in the
            other half; None with fewer than ten tries.
        min_track_years: years after which the Sharpe ratio is above zero with 95 %.
        years: that there are.
        others: a year's Sharpe ratios of the tries, or of an even sample of them.
        line: all of it in a sentence.
    """

    symbol: str
    interval: str
    scope: Literal["data", "strategy", "repository"] = "data"
    tries: Annotated[int, Field(ge=1)] = 1
    independent: Annotated[int, Field(ge=1)] = 1
    since: str = ""
    sharpe: float | None = None
    best_by_luck: float | None = None
    psr: float | None = None
    dsr: float | None = None
    pbo: float | None = None
    min_track_years: float | None = None
    years: float | None = None
    others: tuple[float, ...] = ()
    line: str = ""
