from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.stop = float("inf")
        self.low = -float("inf")
        self.nan = float("nan")
        self.c = complex(1, 2)
        self.h = hex(255) + oct(8) + bin(3) + chr(65) + str(ord("a")) + ascii("ä")
        self.b = bytes(3) + bytearray(b"x") + "ä".encode("utf-8")
        self.o = object()
        self.i = id(self.o) and hash("x")
        self.sl = slice(None, -1)
        self.dm = divmod(7, 3)
        self.it = iter([1, 2])
        self.call = callable(self.next)
        self.sub = issubclass(S, Strategy) and isinstance(self, Strategy)
        self.e = Ellipsis is ... and NotImplemented is not None

    def next(self):
        self.buy()
