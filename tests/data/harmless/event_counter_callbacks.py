from typing import Callable
from backtesting import Strategy


class Bus:
    def __init__(self):
        self.handlers: dict[str, list[Callable[..., None]]] = {}

    def on(self, event, handler=None):
        if handler is None:
            return lambda h: self.on(event, h)
        self.handlers.setdefault(event, []).append(handler)
        return handler

    def emit(self, event, *args, **kwargs):
        for handler in self.handlers.get(event, ()):
            handler(*args, **kwargs)


class S(Strategy):
    def init(self):
        self.bus = Bus()
        self.bus.on("bar", self._on_bar)
        self.bus.on("bar", lambda price: None)

    def _on_bar(self, price):
        if price > 100:
            self.buy()

    def next(self):
        self.bus.emit("bar", self.data.Close[-1])
