from typing import Iterator, Sequence, TypedDict, Unpack, Required, NotRequired, Literal, TypeGuard, Never
from backtesting import Strategy
class OrderKw(TypedDict, total=False):
    size: float
    sl: NotRequired[float]
Side = Literal["buy", "sell"]
def is_number(x: object) -> TypeGuard[float]: return isinstance(x, (int, float)) and not isinstance(x, bool)
def fail(x: Never) -> Never: raise AssertionError(f"unexpected {x!r}")
class S(Strategy):
    def order(self, side: Side, **kw: Unpack[OrderKw]) -> None:
        match side:
            case "buy": self.buy(**kw)
            case "sell": self.sell(**kw)
            case _: fail(side)
    def init(self) -> None: ...
    def windows(self, n: int) -> Iterator[Sequence[float]]:
        yield from (self.data.Close[i:i + n] for i in range(0, len(self.data) - n, n))
    def next(self) -> None:
        if is_number(self.equity) and len(list(self.windows(5))) > 3: self.order("buy", size=.1)
