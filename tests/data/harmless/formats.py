from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.width = 12
        self.lines = ["-" * 80, "=" * self.width]

    def __str__(self):
        price = self.data.Close[-1]
        text = "%-10s %8.2f %5d %%" % ("close", price, 3)
        text += "%(a)05.1f %(b)s" % {"a": 1.0, "b": "x"}
        text += f"{price:>{self.width}.2f} {price:,.2f} {price!r:>10}"
        text += "{:>10} {:<8.3f} {name:^20}".format("a", 1.5, name="b")
        text += "x".ljust(20) + "y".rjust(self.width) + "7".zfill(5) + format(price, ".2f")
        if len(self.data) % 10 == 0 and 7 % 2:
            text += "every ten"
        return text

    def next(self):
        str(self)
        self.buy()
