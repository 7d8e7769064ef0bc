import json
import re
import string

from backtesting import Strategy

PATTERN = re.compile(r"^(?P<name>\w+)_(?P<n>\d+)$")
CONFIG = json.loads('{"fast": 10, "slow": 20}')
LETTERS = string.ascii_uppercase


class S(Strategy):
    name_of = "sma_20"

    def init(self):
        found = PATTERN.match(self.name_of)
        self.n = int(found["n"]) if found else CONFIG["fast"]
        self.text = json.dumps(CONFIG, sort_keys=True)
        self.parts = re.sub(r"\d+", lambda m: m.group(0) + "x", "a1b2").split("x")

    def next(self):
        if self.n > 10:
            self.buy()
