from backtesting import Strategy
import typing
T = typing.TypeVar("T")
class Maybe(typing.Generic[T]):
    def __init__(self, v: typing.Optional[T]): self._v = v
    def map(self, f: typing.Callable[[T], T]) -> "Maybe[T]": return Maybe(None if self._v is None else f(self._v))
    def apply(self, f): return f(self._v)
    def get(self, default: T) -> T: return default if self._v is None else self._v
    def __class_getitem__(cls, item): return super().__class_getitem__(item)
class S(Strategy):
    kinds: typing.Dict[str, typing.Type[Exception]] = {"v": ValueError}
    def init(self): self.m = Maybe(3).map(lambda x: x + 1)
    def next(self):
        if self.m.get(0) > 3 and isinstance(self.m, (Maybe, type(None))) and self.m.apply(lambda v: v): self.buy()
