import logging
from logging import getLogger

from backtesting import Strategy

log = logging.getLogger(__name__)
other = getLogger("strategy.other")
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")


class S(Strategy):
    def init(self):
        log.info("start with %d bars", len(self.data))
        log.setLevel(logging.DEBUG)
        self.logger = logging.getLogger(self.__class__.__name__)

    def next(self):
        if log.isEnabledFor(logging.DEBUG):
            self.logger.debug("close=%.2f", self.data.Close[-1])
        try:
            ratio = self.data.Close[-1] / self.data.Open[-1]
        except ZeroDivisionError:
            log.exception("open is zero at %s", self.data.index[-1])
        else:
            if ratio > 1.01:
                self.buy()
        finally:
            other.debug("done")
