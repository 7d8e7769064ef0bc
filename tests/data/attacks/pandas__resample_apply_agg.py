from backtesting.lib import resample_apply
resample_apply("W", None, None, agg="to_pickle")
