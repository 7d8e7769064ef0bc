from abc import abstractmethod, ABC
from backtesting import Strategy
class Indicator(ABC):
    registry: dict = {}
    def __init_subclass__(cls, /, key=None, **kw):
        super().__init_subclass__(**kw)
        Indicator.registry[key or cls.__name__] = cls
    @property
    @abstractmethod
    def value(self): ...
    @abstractmethod
    def update(self, x: float) -> None: ...
class Ewma(Indicator, key="ewma"):
    def __init__(self, alpha): self._alpha, self._v = alpha, None
    @property
    def value(self): return self._v
    def update(self, x): self._v = x if self._v is None else self._v + self._alpha * (x - self._v)
class S(Strategy):
    def init(self): self.ind = Indicator.registry["ewma"](.1)
    def next(self):
        self.ind.update(self.data.Close[-1])
        if self.data.Close[-1] > self.ind.value * 1.02: self.buy()
