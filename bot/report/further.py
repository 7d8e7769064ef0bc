"""What further runs showed, as rows of names and values: costs, late orders, walk-forward."""

from components.schema.results.further import Further, Window


def further_rows(found: Further) -> list[tuple[str, str]]:
    """The figures of further runs: name and value, as plain text."""
    rows = []
    if found.cost_multiple is not None or found.double_cost_return_pct is not None:
        rows += [
            ("Return at double costs", _number(found.double_cost_return_pct, " %")),
            ("Costs may grow until the profit is gone, times", _number(found.cost_multiple)),
        ]
    if found.delayed_sharpe is not None or found.delayed_return_pct is not None:
        rows += [
            (
                "Return where each order comes one bar later",
                _number(found.delayed_return_pct, " %"),
            ),
            ("Sharpe ratio where each order comes one bar later", _number(found.delayed_sharpe)),
            ("Share that is kept one bar later", _number(found.delay_keep)),
        ]
    if found.choices:
        rows += [
            ("Sets of parameters to choose from", _sets(found)),
            ("Sharpe ratio on the past parts, mean", _number(found.past_sharpe)),
            ("Sharpe ratio out of sample, joined", _number(found.oos_sharpe)),
            ("Share that is kept out of sample", _number(found.oos_keep)),
            *(
                (_span(w), f"{_number(w.past_sharpe)} -> {_number(w.sharpe)}")
                for w in found.windows
            ),
        ]
        if found.curve:
            gain = (found.curve[-1].equity - 1) * 100
            rows.append(("Return out of sample, joined", f"{gain:z,.1f} %"))
        else:
            rows.append(("Windows", "none: too few bars, or no returns"))
    return rows


def further_line(found: Further) -> str:
    """The same in one sentence; "" where nothing was run."""
    words = []
    if found.cost_multiple is not None:
        words.append(f"the profit is gone at {found.cost_multiple:z.1f} times the costs")
    if found.delayed_sharpe is not None:
        words.append(f"one bar later a Sharpe ratio of {_number(found.delayed_sharpe)}")
    if found.windows:
        count = len(found.windows)
        words.append(
            f"out of sample in {count} window{'' if count == 1 else 's'} a Sharpe ratio of "
            f"{_number(found.oos_sharpe)}, {_number(found.past_sharpe)} on the parts before"
        )
    return f"Further runs on {found.symbol}: {'; '.join(words)}." if words else ""


def _sets(found: Further) -> str:
    if found.choices == 1:
        return "1: no parameter has a declared range"
    failed = f", {found.failed} of them did not run" if found.failed else ""
    return f"{found.choices}{failed}"


def _span(window: Window) -> str:
    return f"Sharpe ratio before and in {window.start} to {window.end}"


def _number(value: float | None, unit: str = "") -> str:
    return "n/a" if value is None else f"{value:z,.2f}{unit}"
