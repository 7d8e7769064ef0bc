"""`algoops backtest` as a person runs it: a process where it comes to run the sandbox."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from engine_strategies import CASES, HEAD, strategy
from engine_support import plain

from components.engine.result import trades_of
from tests.cli_support import as_process, in_process
from tests.warm_support import Command

pytestmark = pytest.mark.filterwarnings("ignore")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def algoops(tmp_path, market, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    settings = {
        "data": {"dir": str(market._source._folder)},
        "policies": str(ROOT / "policies"),
        "state": {"dir": str(tmp_path / "state")},
        "sandbox": {"backend": "bubblewrap", "warm": 0},
        "executor": {"workers": 1},
    }
    (tmp_path / "config.yaml").write_text(json.dumps(settings))

    def call(*arguments, run=None):
        words = ("backtest", *arguments, "--config", tmp_path / "config.yaml")
        if run is None:
            return Command(*words).finish()
        done = run(*words)
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        return done

    return call


def test_lone_file_with_its_own_config_equals_a_plain_run(algoops, tmp_path, market):
    case = next(c for c in CASES if c.name == "everything_at_once")
    (tmp_path / "mine.py").write_text(case.source)
    (tmp_path / "bt.json").write_text(case.config.model_dump_json(exclude_none=True))
    done = algoops(
        tmp_path / "mine.py",
        *("--symbol", "SPX", "--interval", "1d", "--format", "json"),
        *("--start", case.on["start"], "--end", case.on["end"]),
        *("--backtest-config", tmp_path / "bt.json", "--plot", tmp_path / "x.html"),
        run=as_process,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    stats = plain(case.source, market, config=case.config, **case.on)
    assert document["result"]["status"] == "passed"
    assert document["metrics"]["equity_final"] == pytest.approx(stats["Equity Final [$]"], rel=1e-9)
    expected = [trade.model_dump(mode="json") for trade in trades_of(stats)]
    assert document["trades"] == expected
    assert document["lookahead"] == []
    assert "<svg" in (tmp_path / "x.html").read_text()


def test_example_folder_runs_with_the_policy_s_floors(algoops):
    done = algoops(
        ROOT / "examples/strategies/short_fade", "--set", "share=0.25", "--end", "2004-12-31"
    )
    assert done.returncode == 0, done.stderr
    assert "SPX 1d: passed" in done.stdout


def test_leaking_file_exits_one_and_names_the_indicator(algoops, tmp_path):
    source = HEAD + strategy(
        "self.peek = self.I(lambda c: pd.Series(c).shift(-1), self.data.Close)",
        "if self.peek[-1] > self.data.Close[-1]: self.buy(size=1)",
    )
    (tmp_path / "peek.py").write_text(source)
    done = algoops(tmp_path / "peek.py", "--symbol", "GOOG", "--end", "2005-01-31")
    assert done.returncode == 1, done.stderr
    assert "`peek` uses future bars" in done.stdout


def test_exception_in_next_exits_one_with_the_author_s_lines_only(algoops, tmp_path):
    (tmp_path / "bad.py").write_text(
        HEAD + strategy("pass", "self.data.Close[-1] / 0\nraise KeyError('x')")
    )
    done = algoops(tmp_path / "bad.py", "--symbol", "GOOG", "--end", "2005-01-31")
    assert done.returncode == 1
    assert 'File "strategy.py"' in done.stdout
    assert "backtesting" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--symbol", "NONE"), "known: EURUSD 1h, GOOG 1d, IXIC 1d, SPX 1d"),
        (("--symbol", "GOOG", "--set", "oops"), "--set needs name=value"),
        (("--symbol", "GOOG", "--set", "size=["), "--set needs name=value"),
        (("--symbol", "GOOG", "--start", "soon"), "ISO dates"),
        (("--symbol", "GOOG", "--plot", "nowhere/x.html"), "--plot cannot write nowhere/x.html"),
    ],
)
def test_wrong_request_exits_two_with_one_line(arguments, told, algoops, tmp_path):
    (tmp_path / "fine.py").write_text(HEAD + strategy("pass", "pass"))
    done = algoops(tmp_path / "fine.py", *arguments, run=in_process)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.split())


TWO = """
import talib
from backtesting import Strategy
from backtesting.lib import crossover


class A(Strategy):
    def init(self):
        self.q = self.I(talib.SMA, self.data.Close, 10)
        self.s = self.I(talib.SMA, self.data.Close, 30)

    def next(self):
        if crossover(self.q, self.s):
            self.position.close()
            self.buy(size=0.5)
        elif crossover(self.s, self.q):
            self.position.close()
            self.sell(size=0.5)
"""


def walk(folder, symbol, days):
    """Daily bars of a random walk that ends `days` days after it began."""
    rng = np.random.default_rng(days)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, days + 1)))
    opened = np.r_[100, close[:-1]]
    frame = pd.DataFrame(
        {
            "Date": pd.date_range("2016-01-01", periods=days + 1, freq="D"),
            "Open": opened,
            "High": np.maximum(opened, close) * 1.001,
            "Low": np.minimum(opened, close) * 0.999,
            "Close": close,
            "Volume": 1,
        }
    )
    frame.to_csv(folder / f"{symbol}_1d.csv", index=False)


def test_check_of_two_symbols_counts_the_days_of_the_longer_one(tmp_path):
    """839 days sort behind 1301 days as text."""
    walk(tmp_path, "SHORT", 839)
    walk(tmp_path, "LONG", 1301)
    (tmp_path / "two").mkdir()
    (tmp_path / "two/strategy.py").write_text(TWO)
    (tmp_path / "two/strategy.yaml").write_text(
        "name: two\ndescription: d\nsymbols: [LONG, SHORT]\ninterval: 1d\n"
        "backtest: {initial_capital: 1000000}\n"
    )
    settings = {
        "data": {"dir": str(tmp_path)},
        "policies": str(ROOT / "policies"),
        "state": {"dir": str(tmp_path / "state")},
        "sandbox": {"backend": "bubblewrap", "warm": 0},
        "executor": {"workers": 1},
    }
    (tmp_path / "config.yaml").write_text(json.dumps(settings))
    done = in_process(
        *("check", tmp_path / "two", "--config", tmp_path / "config.yaml", "--format", "json")
    )
    (strategy,) = json.loads(done.stdout)["strategies"]
    assert [r["metrics"]["duration"][:8] for r in strategy["results"]] == ["1301 day", "839 days"]
    assert strategy["aggregate"]["duration"] == "1301 days 00:00:00"
