from typing import Final, TypedDict, Annotated, Any, Self, TypeAlias, NewType, ParamSpec, Concatenate, get_args

from backtesting import Strategy

Price: TypeAlias = float
Bars = NewType("Bars", int)
MAX: Final[int] = 5
Open = Annotated[float, "open (first) price of the __bar__"]


class Row(TypedDict, total=False):
    open: float
    exec: str


class Builder:
    def with_(self, **kw: Any) -> Self:
        self.kw = kw
        return self


class S(Strategy):
    def init(self) -> None:
        self.row: Row = {"open": 1.0}
        self.b = Builder().with_(a=1, **{"b": 2})

    def next(self) -> None:
        x: Open = self.row.get("open", 0.0)
        if x < MAX:
            self.buy()
