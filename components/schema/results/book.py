"""How a strategy's returns go together with those of what is deployed: the book."""

from components.schema.results.base import Value


class Alike(Value):
    """The correlation with one strategy; `why` says what forbids to compute it."""

    name: str
    correlation: float | None = None
    why: str = ""


class BookFit(Value):
    """One strategy against all others that are deployed; its own deployed version is left out.

    Attributes:
        alike: each deployed strategy, the most correlated first.
        correlation_with_book: the largest of the correlations; None: one can't be computed.
        sharpe_without, sharpe_with: a year's, of the book of equal risk.
        marginal_sharpe: what the strategy adds to the book's Sharpe ratio.
        drawdown_without_pct, drawdown_with_pct: the book's deepest, zero or less.
        why: why figures are missing, or why nothing has to be judged.
        exempt: nothing has to be judged: there is nothing to compare with.
        line: all of it in a sentence.
    """

    alike: tuple[Alike, ...] = ()
    correlation_with_book: float | None = None
    sharpe_without: float | None = None
    sharpe_with: float | None = None
    marginal_sharpe: float | None = None
    drawdown_without_pct: float | None = None
    drawdown_with_pct: float | None = None
    why: str = ""
    exempt: bool = False
    line: str = ""


class Book(Value):
    """All that is deployed, together.

    Attributes:
        names: strategies in the order of the matrix.
        correlations: of each with each; None: can't be computed.
        missing: strategies that are deployed but not in the figures, and why.
        bets: how many independent ones the book is worth; None: not all can be compared.
        sharpe, drawdown_pct: of the book of equal risk.
        contributions_pct: each strategy's share of the book's variance.
        weights_pct: each strategy's mean share of the money.
        start: first day of the first week.
        equity: the book's, 1 before the first week; one value a week.
    """

    names: tuple[str, ...] = ()
    correlations: tuple[tuple[float | None, ...], ...] = ()
    missing: tuple[Alike, ...] = ()
    bets: float | None = None
    sharpe: float | None = None
    drawdown_pct: float | None = None
    contributions_pct: tuple[float, ...] = ()
    weights_pct: tuple[float, ...] = ()
    start: str = ""
    equity: tuple[float, ...] = ()
    why: str = ""
