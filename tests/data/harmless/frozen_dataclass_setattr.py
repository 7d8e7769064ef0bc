from dataclasses import dataclass
from backtesting import Strategy


@dataclass(frozen=True)
class Window:
    size: int
    half: int = 0

    def __post_init__(self):
        object.__setattr__(self, "half", self.size // 2)


class S(Strategy):
    def init(self):
        self.window = Window(20)

    def next(self):
        if len(self.data) > self.window.half and not self.position:
            self.buy()
