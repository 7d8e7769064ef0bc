import logging
logger = logging.getLogger(__name__)
logger.addHandler(logging.NullHandler())
from backtesting import Strategy
class Logged(Strategy):
    """Uses exec summaries, evals nothing; import os is not here."""
    def init(self):
        logger.debug("params: %s", {k: getattr(self, k) for k in ("a", "b")})
    a = 1
    b = 2
    def next(self):
        logger.log(logging.INFO, "equity %.2f, pl %+.1f%%", self.equity, self.position.pl_pct * 100)
        if self.a < self.b: self.buy()
