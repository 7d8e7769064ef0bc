"""What the package's broker warns of: told to whoever runs it, not to the process.

The package says by `warnings.warn` that it cancelled an order for lack of margin, or that a bar
could not tell whether a stop-loss came first. Its module gets a `warnings` of its own here, which
hands the text to the list that is current; where none is, it warns as ever.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import backtesting.backtesting as package

if TYPE_CHECKING:
    from collections.abc import Iterator

_current: ContextVar[list[str] | None] = ContextVar("heard", default=None)


class _Warnings:
    """The `warnings` module, but for `warn`."""

    def __getattr__(self, name: str) -> Any:
        return getattr(warnings, name)

    @staticmethod
    def warn(message: Any, *args: Any, **options: Any) -> None:
        """As `warnings.warn`, unless somebody listens."""
        heard = _current.get()
        if heard is None:
            warnings.warn(message, *args, **options)
        else:
            heard.append(str(message))


package.warnings = _Warnings()


@contextmanager
def hearing(into: list[str]) -> Iterator[None]:
    """Have what the package warns of in this block appended to a list."""
    before = _current.set(into)
    try:
        yield
    finally:
        _current.reset(before)
