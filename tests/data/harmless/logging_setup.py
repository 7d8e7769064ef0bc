import logging

from backtesting import Strategy

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)
if not logger.handlers:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
logger.propagate = False


class S(Strategy):
    def init(self):
        self.log = logging.getLogger("strategy")
        self.log.disabled = True
        if self.log.hasHandlers():
            self.log.handlers.clear()
        if len(logger.handlers) == 0:
            logger.addHandler(logging.NullHandler())

    def next(self):
        logger.debug("%10.2f %-5s", self.data.Close[-1], "buy")
        self.buy()
