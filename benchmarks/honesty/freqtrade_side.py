"""Runs with freqtrade's own Python: its lookahead-analysis of cases, as JSON.

Arguments: a JSON file with [name, file of signal(df), CSV of bars] for each case, the JSON file to
write. The market list, which freqtrade would fetch from an exchange, is given here.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import patch

import pandas as pd
from freqtrade import main
from freqtrade.exchange import Exchange

CASES, OUT = (Path(given) for given in sys.argv[1:3])
HOME = Path("freqtrade").resolve()
LEFT = Path.home() / "left-by-a-strategy"
LONGEST_S = 300
STRATEGY = """
import numpy as np
from freqtrade.strategy import IStrategy
from author_{name} import signal

class Wrapped(IStrategy):
    INTERFACE_VERSION = 3
    timeframe = {interval!r}
    minimal_roi = {{"0": 100}}
    stoploss = -0.99
    startup_candle_count = 0

    def populate_indicators(self, df, metadata):
        names = ["timestamp", "open", "high", "low", "close", "volume"]
        frame = df.rename(columns={{"date": "timestamp"}})[names].copy()
        df["wanted"] = np.nan_to_num(np.asarray(signal(frame), float))
        return df

    def populate_entry_trend(self, df, metadata):
        df.loc[df["wanted"] > 0, "enter_long"] = 1
        return df

    def populate_exit_trend(self, df, metadata):
        df.loc[df["wanted"] <= 0, "exit_long"] = 1
        return df
"""
STEP = {"price": 1e-4, "amount": 1e-8, "cost": 1e-8, "base": 1e-8, "quote": 1e-8}
ANY = {"min": 1e-8, "max": 1e12}
PAIR = {
    "id": "BTCUSDT", "symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "active": True,
    "spot": True, "swap": False, "linear": None, "type": "spot", "contract": False,
    "future": False, "margin": False, "option": False, "index": False, "precision": STEP,
    "limits": {"amount": ANY, "cost": ANY, "price": ANY, "leverage": {"min": None, "max": None}},
    "taker": 0.001, "maker": 0.001, "info": {},
}  # fmt: skip
CONFIG = {
    "exchange": {"name": "binance", "pair_whitelist": ["BTC/USDT"], "enable_ws": False},
    "stake_currency": "USDT", "stake_amount": 100, "dry_run": True, "dry_run_wallet": 100_000,
    "max_open_trades": 1, "pairlists": [{"method": "StaticPairList"}], "entry_pricing": {},
    "exit_pricing": {}, "trading_mode": "spot",
}  # fmt: skip


def known_markets(self, *_how, **_more):
    """In place of the exchange's own list."""
    self._markets = {"BTC/USDT": PAIR}
    for exchange in (self._api_async, self._api):
        exchange.set_markets([PAIR])
    self._last_markets_refresh = 9e15


def prepared(name, file, bars):
    """Its folder for one case; the interval and the time range of the bars."""
    frame = pd.read_csv(bars, parse_dates=["timestamp"]).rename(columns={"timestamp": "date"})
    if "volume" not in frame:
        frame["volume"] = 1_000.0
    interval = "1m" if frame["date"].iloc[1] - frame["date"].iloc[0] < pd.Timedelta("1h") else "1h"
    for folder in ("data/binance", "strategies"):
        (HOME / folder).mkdir(parents=True, exist_ok=True)
    frame.to_feather(HOME / f"data/binance/BTC_USDT-{interval}.feather")
    (HOME / "strategies/wrapped.py").write_text(STRATEGY.format(name=name, interval=interval))
    (HOME / f"author_{name}.py").write_bytes(Path(file).read_bytes())
    (HOME / "config.json").write_text(json.dumps(CONFIG | {"timeframe": interval}))
    return interval, f"{frame['date'].iloc[0]:%Y%m%d}-"


def analysed(name, file, bars):
    """What lookahead-analysis says of one case: "True", "False", or that it can't say."""
    interval, span = prepared(name, file, bars)
    sys.path.insert(0, str(HOME))
    said = HOME / "said.csv"
    said.unlink(missing_ok=True)
    options = {
        "--userdir": HOME, "-c": HOME / "config.json", "--strategy": "Wrapped",
        "--strategy-path": HOME / "strategies", "-i": interval, "--timerange": span,
        "--minimum-trade-amount": 10, "--targeted-trade-amount": 20,
        "--lookahead-analysis-exportfilename": said,
    }  # fmt: skip
    words = [str(word) for pair in options.items() for word in pair]
    fees = patch.object(Exchange, "get_fee", lambda *_a, **_k: 0.0005)
    began = time.monotonic()
    known = patch.object(Exchange, "reload_markets", known_markets)
    with known, fees, contextlib.suppress(SystemExit):  # which is how its commands end
        main.main(["lookahead-analysis", *words])
    rows = pd.read_csv(said).to_dict("records") if said.exists() else []
    verdict = str(rows[0]["has_bias"]) if rows else "too few trades"
    return {"verdict": verdict, "checks": {}, "seconds": round(time.monotonic() - began, 2)}


def alone(case):
    """`analysed` in a process of its own."""
    LEFT.unlink(missing_ok=True)
    Path("case.json").write_text(json.dumps(case))
    command = [sys.executable, __file__, "case.json", "one.json", "alone"]
    began = time.monotonic()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    done = subprocess.run(command, check=False, timeout=LONGEST_S, env=os.environ, **quiet)
    if done.returncode != 0:
        took = round(time.monotonic() - began, 2)
        return {"verdict": "error", "checks": {}, "seconds": took, "left": LEFT.exists()}
    return {**json.loads(Path("one.json").read_text()), "left": LEFT.exists()}


if __name__ == "__main__":
    given = json.loads(CASES.read_text())
    one = sys.argv[3:] == ["alone"]
    OUT.write_text(json.dumps(analysed(*given) if one else {c[0]: alone(c) for c in given}))
