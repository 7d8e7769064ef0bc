"""The book of a repository: the returns of all that is deployed, as the last checks saw them."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING

from components.schema.results.evidence import Track
from components.schema.results.values import Status
from components.state.tables.book import KeptReturns
from components.state.tables.tries import Returns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.engine.evidence.book import Weekly
    from components.schema.results.book import Book, BookFit
    from components.schema.results.values import ExecutionResult
    from components.state import Store

_NOT_KEPT = "its returns are not kept yet, its next check keeps them"
_LONG_BARS = "bars longer than a week are not compared"


def keep_returns(
    store: Store, repository: str, name: str, tree: str, results: Sequence[ExecutionResult]
) -> None:
    """Keep what the book needs of a check; nothing where a backtest did not end.

    Args:
        store: where.
        repository: its key in the configuration.
        name: of the strategy.
        tree: of its folder.
        results: its backtests, one a symbol.
    """
    if all(r.status is Status.PASSED for r in results):
        kept = [
            KeptReturns(r.symbol, r.interval, Returns(t.fingerprint, t.step_s, t.first, t.series))
            for r in results
            for t in [r.track]
            if t is not None
        ]
        store.book.keep(repository, name, tree, kept if len(kept) == len(results) else ())


def fit_of(
    store: Store, repository: str, name: str, tree: str, besides: Sequence[tuple[str, str]] = ()
) -> BookFit:
    """A strategy against all others that are deployed now.

    Args:
        store: where the returns are.
        repository: its key in the configuration.
        name: of the strategy; its own deployed version is not compared with.
        tree: of its folder.
        besides: name and tree of what would be deployed together with it.
    """
    # numpy takes a moment to load, and a command that only looks does not need it
    from components.engine.evidence.book import fit  # noqa: PLC0415  # see above

    others = {n: t for n, t in (*_deployed(store, repository), *besides) if n != name}
    book = {n: _weekly(store.book.of(repository, n, t)) for n, t in others.items()}
    return fit(_weekly(store.book.of(repository, name, tree)), book)


def book_of(store: Store, repository: str) -> Book:
    """All that is deployed in a repository, together."""
    from components.engine.evidence.book import whole  # noqa: PLC0415  # as above

    deployed = _deployed(store, repository)
    return whole({n: _weekly(store.book.of(repository, n, t)) for n, t in deployed})


def _deployed(store: Store, repository: str) -> list[tuple[str, str]]:
    return [(one.name, one.tree) for one in store.deployments.live(repository)]


def _weekly(kept: Sequence[KeptReturns]) -> Weekly | str:
    from components.engine.evidence.book import weekly  # noqa: PLC0415  # as above

    if not kept:
        return _NOT_KEPT
    if any(re.fullmatch(r"\d+mo|\d{2,}wk|[2-9]wk|\d{2,}d|[89]d", k.interval) for k in kept):
        return _LONG_BARS
    return weekly([Track(**asdict(one.returns)) for one in kept])
