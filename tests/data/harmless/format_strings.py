from backtesting import Strategy

TEMPLATE = "{:>10.2f} | {name!r:^12} | {0}"
HEADER = "{}: " "{}"


class S(Strategy):
    label = "cross-{}"

    def init(self):
        width = 8
        x = 1.2345
        self.lines = [
            f"{x:.2f}", f"{x!r:>{width}}", f"{x=}", f"{{literal}}", f"{x:{width}.{3}f}",
            "{:.2f}".format(x), "{0:>{1}}".format(x, width), "{a} {b[0]}".format(a=1, b=[2]),
            TEMPLATE.format(x, name="n"), HEADER.format("a", "b"), self.label.format(3),
            "%.3f%%" % x, "%(a)s" % {"a": 1}, format(x, ".3f"), ("up {}" if x > 1 else "down {}").format(x),
            " ".join("{}".format(i) for i in range(3)), "{p.price}".format(p=x) if x < 0 else "",
        ]

    def next(self):
        pass
