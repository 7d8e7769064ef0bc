"""The book of what is deployed in words."""

from components.schema.results.book import Book

HEAT = 20
"""So many strategies are shown with each other; more columns nobody reads."""


def book_figures(book: Book) -> list[tuple[str, str]]:
    """The figures of the whole book: name and value; nothing where it is empty."""
    if not book.names:
        return []
    return [
        ("Effective number of bets", _number(book.bets, "not all can be compared")),
        ("Sharpe ratio of the book of equal risk", _number(book.sharpe, "undefined")),
        ("Its deepest drawdown", f"{book.drawdown_pct or 0.0:z.1f} %"),
    ]


def most_alike(book: Book, most: int) -> list[int]:
    """The places, in order, of the strategies that are most correlated with another one.

    Args:
        book: all that is deployed.
        most: how many; all where there are no more.
    """
    places = range(len(book.names))
    if len(places) <= most:
        return list(places)

    def closest(place: int) -> float:
        row = book.correlations[place]
        return max(
            (v for other, v in enumerate(row) if other != place and v is not None), default=-1.0
        )

    return sorted(sorted(places, key=closest, reverse=True)[:most])


def cut_words(book: Book, shown: int) -> str:
    """That not all correlations are shown; "" where they are."""
    count = len(book.names)
    if shown >= count:
        return ""
    return (
        f"The {shown} of {count} strategies that are most correlated with another one;"
        " all correlations are in /api/v1/book and `algoops book --format json`."
    )


def correlation_words(value: float | None) -> str:
    """A correlation, or that it can't be computed."""
    return "n/a" if value is None else f"{value:z.2f}"


def _number(value: float | None, otherwise: str) -> str:
    return otherwise if value is None else f"{value:z.2f}"
