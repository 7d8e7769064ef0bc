from typing import Any
from backtesting import Strategy
class Config(dict):
    def __getattr__(self, k: str) -> Any:
        try: return self[k]
        except KeyError as e: raise AttributeError(k) from e
    def __setattr__(self, k, v): self[k] = v
    def __missing__(self, key): return None
class S(Strategy):
    def init(self): self.cfg = Config(fast=5, slow=10)
    def next(self):
        if self.cfg.fast < self.cfg.slow: self.buy()
