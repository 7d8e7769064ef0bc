"""What the page of the book shows: heat map, joint equity and drawdown, contributions."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate

from bot.report.book import HEAT, book_figures, correlation_words, cut_words, most_alike
from bot.report.lines import Frame, path_of, seconds_of
from bot.server.figures import LOW, STILL, STILL_POINTS, Figure, Line, marks
from bot.server.text import MINUS
from components.schema.results.book import Alike, Book

STEPS = 5
"""Shades of either sign in the heat map."""
WEEK_S = 7 * 86_400


@dataclass(frozen=True)
class CorrelationCell:
    """One correlation; `shade` is the cell's style."""

    words: str
    shade: str


@dataclass(frozen=True)
class BookPart:
    """What one strategy is in the book; None: the book does not move."""

    name: str
    weight: float
    contribution: float | None


@dataclass(frozen=True)
class BookView:
    """One repository's book; `cut` says that `heat` has not all of it."""

    repository: str
    why: str
    figures: tuple[tuple[str, str], ...]
    heat: tuple[tuple[str, tuple[CorrelationCell, ...]], ...]
    cut: str
    parts: tuple[BookPart, ...]
    missing: tuple[Alike, ...]
    figure: Figure | None


def book_view(repository: str, book: Book) -> BookView:
    """The book of a repository as its page shows it."""
    shares = book.contributions_pct or (None,) * len(book.names)
    shown = most_alike(book, HEAT)
    parts = [BookPart(*one) for one in zip(book.names, book.weights_pct, shares, strict=True)]
    return BookView(
        repository=repository,
        why=book.why,
        figures=tuple((label, value.replace("-", MINUS)) for label, value in book_figures(book)),
        heat=tuple(
            (book.names[place], tuple(_cell(book.correlations[place][other]) for other in shown))
            for place in shown
        ),
        cut=cut_words(book, len(shown)),
        parts=tuple(sorted(parts, key=lambda one: -(one.contribution or 0.0))),
        missing=book.missing,
        figure=_figure(book) if book.equity else None,
    )


def _cell(correlation: float | None) -> CorrelationCell:
    return CorrelationCell(correlation_words(correlation).replace("-", MINUS), _shade(correlation))


def _shade(correlation: float | None) -> str:
    if correlation is None:
        return "unknown"
    step = round(abs(correlation) * STEPS)
    return f"{'alike' if correlation > 0 else 'unlike'}-{step}" if step else ""


def _figure(book: Book) -> Figure:
    equity = (1.0, *book.equity)
    depths = [
        (value / most - 1) * 100
        for value, most in zip(equity, accumulate(equity, max), strict=True)
    ]
    first = seconds_of(book.start)
    times = [first + place * WEEK_S for place in range(len(equity))]
    across = (times[0], times[-1])
    up = path_of(times, equity, Frame(across, (min(equity), max(equity)), STILL, STILL_POINTS))
    below = Frame(across, (min(depths), 0.0), LOW, STILL_POINTS)
    down = path_of(times, depths, below, edge=0.0)
    words = f"{(equity[-1] - 1) * 100:z,.1f} % from {book.start}, by weeks"
    return Figure(
        lines=(Line("s1", "Book of equal risk", up.line, up.area),),
        drawdown=Line("loss", "Drawdown", down.line, down.area),
        marks=marks(100 * min(equity), 100 * max(equity), STILL[1]),
        depths=marks(min(depths), 0.0, LOW[1], " %"),
        days=(book.start, datetime.fromtimestamp(times[-1], UTC).date().isoformat()),
        label=f"Equity of all that is deployed at equal risk: {words};"
        f" deepest drawdown {min(depths):z.1f} %",
    )
