import logging
import time

from backtesting import Strategy

formatter = logging.Formatter("%(message)s")
formatter.converter = time.gmtime
handler = logging.StreamHandler()
handler.terminator = ""
handler.level = logging.INFO
handler.setFormatter(formatter)
log = logging.getLogger("x")
log.addHandler(handler)
logging.addLevelName(25, "TRADE")
logging.disable(logging.DEBUG)
TRADE = 25


class S(Strategy):
    def init(self):
        log.log(TRADE, "start")

    def next(self):
        self.buy()
