"""The book of what is deployed in words."""

from components.schema.results.book import Book


def book_figures(book: Book) -> list[tuple[str, str]]:
    """The figures of the whole book: name and value; nothing where it is empty."""
    if not book.names:
        return []
    return [
        ("Effective number of bets", _number(book.bets, "not all can be compared")),
        ("Sharpe ratio of the book of equal risk", _number(book.sharpe, "undefined")),
        ("Its deepest drawdown", f"{book.drawdown_pct or 0.0:.1f} %"),
    ]


def correlation_words(value: float | None) -> str:
    """A correlation, or that it can't be computed."""
    return "n/a" if value is None else f"{value:.2f}"


def _number(value: float | None, otherwise: str) -> str:
    return otherwise if value is None else f"{value:.2f}"
