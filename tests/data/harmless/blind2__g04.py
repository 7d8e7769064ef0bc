from backtesting import Strategy
from contextlib import suppress
class Safe(Strategy):
    def init(self):
        self.errors = []
    def attempt(self, action, *args, **kwargs):
        try:
            return action(*args, **kwargs)
        except (ValueError, ZeroDivisionError, IndexError) as err:
            self.errors.append((type(err).__name__, str(err), err.args))
        except Exception:
            raise
        return None
    def next(self):
        ratio = self.attempt(lambda: self.data.Close[-1] / self.data.Close[-200])
        with suppress(TypeError):
            if ratio > 1.1:
                self.buy()
