from backtesting.lib import resample_apply as ra
ra("W", None, [1], **{"agg": "to_csv"})
