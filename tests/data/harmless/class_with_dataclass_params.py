from dataclasses import asdict, astuple, dataclass, fields, replace, field, KW_ONLY
from backtesting import Strategy


@dataclass(order=True, kw_only=True)
class Params:
    fast: int = 10
    slow: int = 20
    weights: tuple[float, ...] = (0.5, 0.5)
    notes: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def scaled(self, k: float) -> "Params":
        return replace(self, fast=int(self.fast * k), slow=int(self.slow * k))


class S(Strategy):
    params_used = Params()

    def init(self):
        self.p = self.params_used.scaled(2)
        self.names = [f.name for f in fields(self.p)]
        self.d = asdict(self.p) | {"t": astuple(self.p)}

    def next(self):
        if self.p.fast < self.p.slow:
            self.buy()
