"""The sentence about luck, and its figures for the fold-out."""

from collections.abc import Sequence

from components.schema.policies.risk import Gate
from components.schema.results.evidence import Evidence, Luck, Span, YearReturn

_WHOSE = {"data": "on {symbol} {interval}", "strategy": "of this strategy on {symbol} {interval}",
          "repository": "in this repository"}  # fmt: skip


def luck_line(luck: Luck) -> str:
    """How much of a result is luck, in words that need no statistics."""
    whose = _WHOSE[luck.scope].format(symbol=luck.symbol, interval=luck.interval)
    if luck.dsr is None or luck.sharpe is None or luck.best_by_luck is None:
        return f"Luck: {_tries(luck, whose)}. The returns say nothing: they do not move."
    sure = f"{_percent(luck.dsr)} that it is more than luck"
    if not luck.since:
        return f"Luck: {_tries(luck, whose)}. Were it the only one: {sure}."
    if luck.independent == 1:
        return f"Luck: {_tries(luck, whose)}. Its Sharpe ratio is {luck.sharpe:z.2f}: {sure}."
    return (
        f"Luck: {_tries(luck, whose)}. The best of {luck.independent:,} worthless ones would show"
        f" {luck.best_by_luck:z.2f}; this one {luck.sharpe:z.2f}: {sure}."
    )


def bar_line(gate: Gate, needed: float | None, sharpe: float | None) -> str:
    """What a gate on the deflated Sharpe ratio asks of a result now, as a sentence.

    Args:
        gate: on `dsr`, from below.
        needed: the lowest Sharpe ratio of a year that would do; None: none would.
        sharpe: the one that there is.
    """
    kind = "to pass" if gate.severity == "block" else "to pass without a warning"
    if needed is None:
        return f"{gate.id}: no Sharpe ratio is enough {kind} with so few bars."
    here = f"; this one has {sharpe:z.2f}" if sharpe is not None else ""
    return f"{gate.id}: at least {needed:z.2f} a year {kind} ({gate.value:.0%} sure){here}."


def _tries(luck: Luck, whose: str) -> str:
    if not luck.since:
        return f"tries are not counted here; this is at least one {whose}"
    counted = f"at least {luck.tries:,} {'try' if luck.tries == 1 else 'tries'} {whose}"
    alike = f" ({luck.independent:,} independent)" if luck.tries > 1 else ""
    return f"{counted}{alike} since {luck.since}"


def _percent(probability: float) -> str:
    """Never a certainty: 100 % and 0 % are said of nothing."""
    if probability > 0.999:  # noqa: PLR2004  # the last that is shown in full
        return "more than 99.9 %"
    if probability < 0.001:  # noqa: PLR2004  # as above
        return "less than 0.1 %"
    digits = 1 if probability > 0.99 or probability < 0.01 else 0  # noqa: PLR2004  # near the ends
    return f"{probability * 100:z.{digits}f} %"


def luck_rows(luck: Luck) -> list[tuple[str, str]]:
    """The figures behind the sentence: name and value."""
    return [
        ("Tries counted", f"{luck.tries:,} ({luck.independent:,} independent)"),
        ("Counted since", luck.since or "not counted here"),
        ("Best Sharpe ratio of so many worthless tries", _number(luck.best_by_luck)),
        ("Sharpe ratio", _number(luck.sharpe)),
        ("Probabilistic Sharpe ratio (as the only try)", _share(luck.psr)),
        ("Deflated Sharpe ratio", _share(luck.dsr)),
        ("Probability of backtest overfitting", _share(luck.pbo, "fewer than ten tries")),
        ("Years until its Sharpe ratio is above zero with 95 %", _number(luck.min_track_years)),
        ("Years that there are", _number(luck.years)),
    ]


def evidence_rows(evidence: Evidence) -> list[tuple[str, str]]:
    """What the returns alone say: name and value; nothing where they are undefined."""
    against, years = evidence.against, evidence.years
    rows = [
        ("Sharpe ratio, 95 % interval", _span(evidence.sharpe_span, "")),
        ("Return a year, 95 % interval", _span(evidence.return_span_pct, " %")),
        ("Alpha a year, against holding", f"{against.alpha_pct:z,.1f} %" if against else ""),
        ("t value of alpha", _number(against.alpha_t) if against else ""),
        ("Beta", _number(against.beta) if against else ""),
        ("Years with a profit", _years(years)),
        *((f"Return in {r.name} markets", f"{r.return_pct:z,.1f} %") for r in evidence.regimes),
        ("Share of the profit from the best year", _percent_of(evidence.best_year_pct)),
        ("Share of the profit from the five best trades", _percent_of(evidence.best_trades_pct)),
        ("More cost an order that it bears", _percent_of(evidence.break_even_cost_pct, 3)),
    ]
    return [(name, value) for name, value in rows if value]


def _span(span: Span | None, unit: str) -> str:
    return f"{span.low:z,.2f} to {span.high:z,.2f}{unit}" if span is not None else ""


def _years(years: Sequence[YearReturn]) -> str:
    return f"{sum(y.return_pct > 0 for y in years)} of {len(years)}" if years else ""


def _percent_of(value: float | None, digits: int = 0) -> str:
    return "" if value is None else f"{value:z,.{digits}f} %"


def _number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:z,.2f}"


def _share(value: float | None, otherwise: str = "n/a") -> str:
    return otherwise if value is None else _percent(value)
