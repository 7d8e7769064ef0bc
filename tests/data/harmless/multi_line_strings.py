SQL = """
SELECT * FROM prices; -- os.system('rm -rf /'); eval(1); __import__('os')
"""
RAW = r"\d+\.\d+ C:\path"
MIX = "a" 'b' f"{1 + 1}"
from backtesting import Strategy


class S(Strategy):
    '''
    exec(compile("1", "x", "eval"))
    '''

    def init(self):
        self.sql = SQL.strip().splitlines()
        self.name = "__class__"
        self.door = "to_pickle"

    def next(self):
        self.buy()  # open("/etc/passwd") is only a comment
