"""The band of a result on several symbols: the whole account under another order of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.engine.band import BandEnd, replay_translated
from components.protocol.exchange import replay_shared
from components.protocol.messages import OfSymbol

if TYPE_CHECKING:
    from components.engine.portfolio_ledger import LedgerAccount
    from components.protocol.messages import Op


class AccountEnd(BandEnd):
    """The shared account under one order of events."""

    broker: LedgerAccount

    def bar(self) -> None:
        """The moment that the account's clock stands at."""
        self._try(self.broker.work)

    def waiting(self) -> int:
        """Orders of all symbols."""
        return sum(len(book.orders) for book in self.broker.books)

    def _do(self, op: Op, main: LedgerAccount) -> None:
        if not isinstance(op, OfSymbol):
            replay_shared(self.broker, op)
        elif 0 <= op.symbol < len(main.books):  # else `main` refuses it
            replay_translated(op.op, main.books[op.symbol], self.broker.books[op.symbol])
