import logging
from backtesting import Strategy


class Short(logging.Formatter):
    def format(self, record):
        text = super().format(record)
        return text[:80]


class Keep(logging.Handler):
    def __init__(self):
        super().__init__(level=logging.INFO)
        self.records = []

    def emit(self, record):
        self.records.append(record.getMessage())


log = logging.getLogger("keep")
log.addHandler(Keep())
log.propagate = False


class S(Strategy):
    def init(self):
        handler = logging.StreamHandler()
        handler.setFormatter(Short("%(message)s"))

    def next(self):
        log.warning("bar %s", len(self.data))
        self.buy()
