from backtesting import Strategy


def fib():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b


def flatten(xs):
    for x in xs:
        if isinstance(x, (list, tuple)):
            yield from flatten(x)
        else:
            yield x


async def never(x):
    async for y in x:
        await y


class S(Strategy):
    def init(self):
        gen = fib()
        self.lags = [next(gen) for _ in range(10)]
        self.flat = list(flatten([1, [2, (3,)]]))

    def next(self):
        i = 0
        while i < 10:
            i += 1
            if i == 5:
                break
        while True:
            i += 1
            if i > 20:
                break
        if self.lags[-1] > i:
            self.buy()
