import logging

from backtesting import Strategy


def make_log():
    log = logging.getLogger("bars")
    log.setLevel(logging.INFO)
    log.addHandler(logging.StreamHandler())
    return log


def tell(log, text, *values):
    log.info(text, *values)


class S(Strategy):
    def init(self):
        self.log = make_log()
        logs = [self.log, logging.getLogger("other")]
        tell(logs[0], "starts %s", self.data.Close[0])

    def next(self):
        tell(self.log, "bar %d", len(self.data))
        self.log.debug("closes are a %s", type(self.data.Close))
        self.buy()
