from backtesting.lib import pd
pd.read_csv("/etc/passwd")
