from backtesting.test import *
pd.read_csv("/etc/passwd")
