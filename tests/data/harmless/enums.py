from enum import Enum, IntEnum, StrEnum, auto, unique
from backtesting import Strategy


@unique
class Regime(Enum):
    BULL = auto()
    BEAR = auto()
    FLAT = "flat"

    @classmethod
    def _missing_(cls, value):
        return cls.FLAT

    @property
    def tradeable(self) -> bool:
        return self is not Regime.FLAT


class Side(IntEnum):
    LONG = 1
    SHORT = -1


class Kind(StrEnum):
    A = "a"


class S(Strategy):
    def init(self):
        self.regime = Regime.FLAT
        self.names = list(Regime.__members__)

    def next(self):
        self.regime = Regime.BULL if self.data.Close[-1] > self.data.Close[-2] else Regime.BEAR
        if self.regime.tradeable and self.regime.name == "BULL" and Side(1) is Side.LONG:
            self.buy()
        elif self.regime.value == Regime["BEAR"].value:
            self.position.close()
