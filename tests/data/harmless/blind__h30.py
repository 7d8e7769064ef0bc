import warnings
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message=".*jitted.*")
    from backtesting import Strategy
class S(Strategy):
    def init(self): warnings.warn("slow start", stacklevel=2)
    def next(self):
        try: self.buy(size=-1)
        except (AssertionError, Exception) as exc:
            self.err = repr(exc); self.kind = exc.__class__.__name__
            raise RuntimeError("cannot buy") from exc
