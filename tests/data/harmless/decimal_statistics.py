import math
import statistics as st
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from decimal import ROUND_HALF_UP, Decimal, getcontext
from fractions import Fraction
from itertools import accumulate, chain, islice, pairwise
from operator import attrgetter, itemgetter, methodcaller

from backtesting import Strategy

getcontext().prec = 28
Point = namedtuple("Point", "x y")


class S(Strategy):
    def init(self):
        self.window = deque(maxlen=20)
        self.counts = Counter()
        self.by_day = defaultdict(list)
        self.order = OrderedDict()
        self.points = [Point(1, 2), Point(0, 5)]

    def next(self):
        price = Decimal(str(self.data.Close[-1])).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
        self.window.append(float(price))
        if len(self.window) > 2:
            mean, dev = st.fmean(self.window), st.stdev(self.window)
            steps = [b - a for a, b in pairwise(self.window)]
            runs = list(accumulate(steps))
            first = min(self.points, key=attrgetter("x"))
            second = sorted(self.points, key=itemgetter(1))[0]
            names = list(map(methodcaller("upper"), ["a"]))
            total = math.fsum(chain(runs, islice(steps, 3))) + float(Fraction(1, 3))
            if float(price) > mean + 2 * dev and total and first and second._asdict() and names:
                self.sell()
        self.counts["bars"] += 1
