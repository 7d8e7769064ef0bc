"""A shared account with one symbol is plain backtesting.py, trade by trade and bar by bar."""

import sys

import backtesting.backtesting
import numpy as np
import pytest
from engine_strategies import CASES
from engine_support import plain

from algoops.exchange.book import SymbolBook
from algoops.exchange.broker import Account
from algoops.exchange.shared import SharedAccount

pytestmark = pytest.mark.filterwarnings("ignore")


class OnlyBook(SymbolBook):
    """Stands in for the package's broker."""

    def __init__(self, *, data, cash, commission, index, **terms):
        fixed, relative = commission if isinstance(commission, tuple) else (0.0, commission)
        terms = Account(cash=cash, commission_fixed=fixed, commission_pct=relative, **terms)
        account = SharedAccount(cash)
        super().__init__("ONLY", data, terms, account)
        account.books.append(self)
        self._equity = np.full(len(index), np.nan)

    def next(self):
        try:
            super().next()
        except backtesting.backtesting._OutOfMoneyError:
            self._equity[len(self._data) - 1 :] = 0
            raise
        self._equity[len(self._data) - 1] = self._account.equity


def _stats(case, market, monkeypatch):
    for name, content in case.files.items():
        module = type(sys)(name.removesuffix(".py"))
        exec(content, module.__dict__)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return plain(case.source, market, config=case.config, parameters=case.parameters, **case.on)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_shared_account_of_one_symbol_is_the_plain_broker(case, market, monkeypatch):
    expected = _stats(case, market, monkeypatch)
    monkeypatch.setattr(backtesting.backtesting, "_Broker", OnlyBook)
    found = _stats(case, market, monkeypatch)
    assert len(expected["_trades"]) == len(found["_trades"])
    columns = ["Size", "EntryBar", "ExitBar", "EntryPrice", "ExitPrice", "PnL", "Commission"]
    np.testing.assert_array_equal(
        found["_trades"][columns].to_numpy(), expected["_trades"][columns].to_numpy()
    )
    np.testing.assert_array_equal(
        found["_equity_curve"]["Equity"].to_numpy(), expected["_equity_curve"]["Equity"].to_numpy()
    )
