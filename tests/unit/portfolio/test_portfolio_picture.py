"""A run as a picture: what is drawn is what the statistics say."""

import re

import numpy as np
import pytest

import algoops
from algoops import PortfolioStrategy, backtest
from tests.unit.portfolio.made_up import walk

pytestmark = pytest.mark.filterwarnings("ignore")


class InTurns(PortfolioStrategy):
    often = 10

    def init(self):
        self.days = 0

    def next(self):
        self.days += 1
        if self.days % self.often == 0:
            self.target({self.symbols[self.days // self.often % 2]: 0.9})


def stats(**parameters):
    return backtest(InTurns, {s: walk(n, 90) for n, s in enumerate("AB")}, parameters)


def test_picture_has_the_worth_of_each_day_and_the_profit_of_each_symbol():
    run = stats()
    worth, down, brought = algoops.plot(run).children
    curve = run["_equity_curve"]
    np.testing.assert_array_equal(worth.renderers[0].data_source.data["y"], curve["Equity"])
    assert min(down.renderers[0].data_source.data["y2"]) == -100 * curve["DrawdownPct"].max()
    ends = {r.name: r.data_source.data["y"].iloc[-1] for r in brought.renderers}
    assert ends == pytest.approx(run["_contributions"]["Closed"].to_dict())


def test_run_without_trades_is_drawn_and_written_as_one_file(tmp_path):
    algoops.plot(stats(often=1000), tmp_path / "run.html")
    page = (tmp_path / "run.html").read_text()
    assert "Drawdown" in page
    assert not re.search(r"<(script|link)[^>]+(src|href)=", page)
