import backtesting.test as t
t.pd.read_csv("/etc/passwd")
