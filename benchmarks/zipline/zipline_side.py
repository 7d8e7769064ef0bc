"""Runs with zipline's own Python: an account that is brought back to given weights, as JSON.

Arguments: CSV of closes, CSV of weights by the number of their row, the JSON file to write, the
capital. Rows become days of New York's calendar. Orders are filled at the close of the next day,
without slippage and commission.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("ZIPLINE_ROOT", tempfile.mkdtemp(prefix="zipline-"))

import pandas as pd
from zipline import run_algorithm
from zipline.api import order_target_percent, set_commission, set_slippage, symbol
from zipline.data import bundles
from zipline.finance.commission import NoCommission
from zipline.finance.slippage import NoSlippage
from zipline.utils.calendar_utils import get_calendar

CALENDAR = get_calendar("XNYS")
CLOSES, PLAN = (pd.read_csv(given, index_col=0) for given in sys.argv[1:3])
CLOSES.index = CALENDAR.sessions_window("2004-01-02", len(CLOSES))
OUT, CAPITAL = Path(sys.argv[3]), float(sys.argv[4])


@bundles.register("given", calendar_name="XNYS")
def ingest(*writers):
    _, assets, _, days, adjustments, *_ = writers
    assets.write(
        equities=pd.DataFrame(
            {
                "symbol": list(CLOSES),
                "asset_name": list(CLOSES),
                "start_date": CLOSES.index[0],
                "end_date": CLOSES.index[-1],
                "exchange": "GIVEN",
            }
        ),
        exchanges=pd.DataFrame(
            {"exchange": ["GIVEN"], "canonical_name": ["GIVEN"], "country_code": ["US"]}
        ),
    )
    columns = ("open", "high", "low", "close")
    frames = (
        (n, pd.DataFrame(dict.fromkeys(columns, CLOSES[s])).assign(volume=1_000_000))
        for n, s in enumerate(CLOSES)
    )
    days.write(frames)
    adjustments.write()


def initialize(context):
    set_slippage(NoSlippage())
    set_commission(NoCommission())
    context.row = -1


def handle_data(context, _data):
    context.row += 1
    if context.row in PLAN.index:
        for name, weight in PLAN.loc[context.row].items():
            order_target_percent(symbol(name), weight)


def main():
    bundles.ingest("given", show_progress=False)
    began = time.process_time()
    told = run_algorithm(
        start=CLOSES.index[0],
        end=CLOSES.index[-1],
        initialize=initialize,
        handle_data=handle_data,
        capital_base=CAPITAL,
        bundle="given",
        trading_calendar=CALENDAR,
        benchmark_returns=pd.Series(0.0, index=CLOSES.index.tz_localize("UTC")),
    )
    worth = (told["portfolio_value"] / CAPITAL).tolist()
    OUT.write_text(json.dumps({"worth": worth, "cpu_s": time.process_time() - began}))


main()
