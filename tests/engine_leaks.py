"""Strategies that look ahead, each in another way, and sound ones that look as if they did."""

from __future__ import annotations

from engine_strategies import HEAD, IXIC, SPX, Case, case, strategy

TRADE = """
if self.x[-1] > self.data.Close[-1] and not self.position:
    self.buy(size=.9)
elif self.x[-1] < self.data.Close[-1]:
    self.position.close()
"""
Z = """
if self.z[-1] < -.5 and not self.position:
    self.buy(size=.9)
elif self.z[-1] > .5:
    self.position.close()
"""

LEAKS = [
    case(
        "negative_shift",
        strategy("self.x = self.I(lambda c: pd.Series(c).shift(-1), self.data.Close)", TRADE),
    ),
    case(
        "far_negative_shift",
        strategy("self.x = self.I(lambda c: pd.Series(c).shift(-20), self.data.Close)", TRADE),
    ),
    case(
        "centred_window",
        strategy(
            "self.x = self.I(lambda c: pd.Series(c).rolling(11, center=True).mean(), self.data.Close)",
            TRADE,
        ),
    ),
    case(
        "whole_sample_mean",
        strategy("self.x = self.I(lambda c: np.full(len(c), np.mean(c)), self.data.Close)", TRADE),
    ),
    case(
        "whole_sample_z_score",
        strategy("self.z = self.I(lambda c: (c - np.mean(c)) / np.std(c), self.data.Close)", Z),
    ),
    case(
        "whole_sample_min_max_scaling",
        strategy(
            "self.z = self.I(lambda c: (c - np.min(c)) / (np.max(c) - np.min(c)) * 2 - 1, self.data.Close)",
            Z,
        ),
    ),
    case(
        "whole_sample_rank",
        strategy(
            "self.z = self.I(lambda c: pd.Series(c).rank(pct=True) * 2 - 1, self.data.Close)", Z
        ),
    ),
    case(
        "resample_labelled_left",
        strategy(
            """
self.x = self.I(lambda: self.data.Close.s.resample("W").last().reindex(self.data.index, method="bfill").values)
""",
            TRADE,
        ),
    ),
    case(
        "resample_month_transform",
        strategy(
            """
s = self.data.Close.s
self.x = self.I(lambda: s.groupby(s.index.to_period("M")).transform("last").values)
""",
            TRADE,
        ),
    ),
    case(
        "backward_fill",
        strategy(
            "self.x = self.I(lambda c: pd.Series(c).rolling(30).mean().bfill(), self.data.Close)",
            TRADE,
        ),
    ),
    case(
        "backward_filled_signals",
        strategy(
            """
def signal(c):
    s = pd.Series(c)
    return s.where(s.diff().abs() > s * .03).bfill().ffill()
self.x = self.I(signal, self.data.Close)
""",
            TRADE,
        ),
    ),
    case(
        "rolled_array",
        strategy("self.x = self.I(lambda c: np.roll(c, -1), self.data.Close)", TRADE),
    ),
    case(
        "two_pass_filter",
        strategy(
            """
def filtfilt(c, a=.2):
    def once(v):
        out, last = np.empty(len(v)), v[0]
        for i, value in enumerate(v):
            last = out[i] = a * value + (1 - a) * last
        return out
    return once(once(np.asarray(c))[::-1])[::-1]
self.x = self.I(filtfilt, self.data.Close)
""",
            TRADE,
        ),
        {"symbol": "GOOG", "end": "2006-06-30"},
    ),
    case(
        "fourier_low_pass",
        strategy(
            """
def smooth(c):
    f = np.fft.rfft(np.asarray(c))
    f[40:] = 0
    return np.fft.irfft(f, len(c))
self.x = self.I(smooth, self.data.Close)
""",
            TRADE,
        ),
    ),
    case(
        "future_high",
        strategy(
            "self.x = self.I(lambda h: pd.Series(h)[::-1].rolling(5).max()[::-1].values * .99, self.data.High)",
            TRADE,
        ),
    ),
    case(
        "future_low_as_stop",
        strategy(
            """
self.x = self.I(SMA, self.data.Close, 10)
self.low = self.I(lambda l: pd.Series(l).shift(-3).rolling(3).min().fillna(0), self.data.Low)
""",
            """
if self.data.Close[-1] > self.x[-1] and self.low[-1] > self.data.Close[-1] * .99 and not self.position:
    self.buy(size=.9)
elif self.data.Close[-1] < self.x[-1]:
    self.position.close()
""",
        ),
    ),
    case(
        "polynomial_fitted_on_all_data",
        strategy(
            """
def fit(c):
    t = np.linspace(-1, 1, len(c))
    return np.polyval(np.polyfit(t, c, 5), t)
self.x = self.I(fit, self.data.Close)
""",
            TRADE,
        ),
    ),
    case(
        "regression_on_all_data_kept_as_numbers",
        strategy(
            """
c = np.asarray(self.data.Close)
r = np.diff(c) / c[:-1]
if len(r) > 10:
    self.k = float(np.corrcoef(r[:-1], r[1:])[0, 1]) if np.std(r) else 0.0
    self.m = float(np.mean(r))
else:
    self.k, self.m = 0.0, 0.0
""",
            """
c = self.data.Close
r = c[-1] / c[-2] - 1
if (r - self.m) * self.k > 0 and not self.position:
    self.buy(size=.9)
elif (r - self.m) * self.k < 0:
    self.position.close()
""",
        ),
    ),
    case(
        "frame_read_in_init_and_used_ahead",
        strategy(
            """
df = self.data.df
self.x = self.I(lambda: np.r_[df.Close.values[1:], df.Close.values[-1]])
""",
            TRADE,
        ),
    ),
    case(
        "raw_array_read_at_its_end",
        strategy(
            "self.all = np.asarray(self.data.Close)",
            """
if self.data.Close[-1] < self.all[-1] and not self.position:
    self.buy(size=.9)
elif self.data.Close[-1] > self.all[-1]:
    self.position.close()
""",
        ),
    ),
    case(
        "raw_array_read_one_bar_ahead",
        strategy(
            "self.all = np.asarray(self.data.Close)",
            """
i = min(len(self.data), len(self.all) - 1)
if self.all[i] > self.data.Close[-1] and not self.position:
    self.buy(size=.9)
elif self.all[i] < self.data.Close[-1]:
    self.position.close()
""",
        ),
    ),
    case(
        "indicator_hidden_in_a_list",
        strategy(
            "self.all = [self.I(SMA, self.data.Close, 20)]",
            """
x = self.all[0][-1]
if self.data.Close[-1] < x and not self.position:
    self.buy(size=.9)
elif self.data.Close[-1] > x:
    self.position.close()
""",
        ),
    ),
    case(
        "module_global_set_in_init",
        """
FUTURE = {}

class S(Strategy):
    def init(self):
        FUTURE["c"] = np.asarray(self.data.Close)
    def next(self):
        c = FUTURE["c"]
        i = min(len(self.data) + 4, len(c) - 1)
        if c[i] > self.data.Close[-1] and not self.position:
            self.buy(size=.9)
        elif c[i] < self.data.Close[-1]:
            self.position.close()
""",
    ),
    case(
        "threshold_from_a_whole_sample_quantile",
        strategy(
            """
r = pd.Series(self.data.Close).pct_change()
self.limit = float(r.quantile(.9)) if len(r) > 2 else 0.0
""",
            """
c = self.data.Close
if c[-1] / c[-2] - 1 > self.limit and not self.position:
    self.buy(size=.9)
elif c[-1] < c[-2]:
    self.position.close()
""",
        ),
        SPX,
    ),
    case(
        "frame_kept_and_averaged_ahead",
        strategy(
            "self.kept = self.data.df.copy()",
            """
i = len(self.data) - 1
if self.kept.Close.iloc[i:i + 4].mean() > self.data.Close[-1] * 1.001:
    if not self.position: self.buy(size=.9)
else:
    self.position.close()
""",
        ),
    ),
    case(
        "size_chosen_by_the_price_after_next",
        strategy(
            "self.c = np.asarray(self.data.Close)",
            """
i = len(self.data) - 1
up = i + 2 < len(self.c) and self.c[i + 2] > self.c[i]
if i % 10 == 0: self.buy(size=.5 if up else .05)
if i % 10 == 2: self.position.close()
""",
        ),
    ),
    case(
        "start_delayed_to_the_lowest_price",
        strategy(
            """
c = np.asarray(self.data.Close)
low = int(np.argmin(c[:500])) + 1
self.x = self.I(lambda: np.r_[np.full(low, np.nan), np.ones(len(c) - low)], name="x")
""",
            "if not self.position: self.buy(size=.9)",
        ),
        SPX,
    ),
    case(
        "trailing_percentage_of_all_prices",
        """
class S(TrailingStrategy):
    def init(self):
        super().init()
        self.set_trailing_pct(.1)
        self.m = self.I(SMA, self.data.Close, 110)
    def next(self):
        super().next()
        if crossover(self.data.Close, self.m): self.buy(size=.5)
""",
    ),
]

SOUND = [
    case(
        "fft_of_a_rolling_window",
        strategy(
            """
def power(c):
    w = np.lib.stride_tricks.sliding_window_view(np.asarray(c), 32)
    p = np.abs(np.fft.rfft(w - w.mean(axis=1, keepdims=True), axis=1))[:, 1] / w.mean(axis=1)
    return np.r_[np.full(31, np.nan), p]
self.p = self.I(power, self.data.Close)
""",
            """
if self.p[-1] > self.p[-2] and not self.position: self.buy(size=.5)
elif self.p[-1] < self.p[-2]: self.position.close()
""",
        ),
    ),
    case(
        "convolution",
        strategy(
            """
def wma(c):
    k = np.arange(1, 11) / 55
    return np.r_[np.full(9, np.nan), np.convolve(c, k[::-1], mode="valid")]
self.x = self.I(wma, self.data.Close)
""",
            TRADE,
        ),
    ),
    case(
        "expanding_z_score",
        strategy(
            """
s = pd.Series(self.data.Close)
self.z = self.I(lambda: (s - s.expanding(20).mean()) / s.expanding(20).std())
""",
            Z,
        ),
    ),
    case(
        "variance_by_cumulative_sums",
        strategy(
            """
def sd(c, n=20):
    c = np.asarray(c, dtype=float)
    s, q = np.cumsum(np.r_[0, c]), np.cumsum(np.r_[0, c * c])
    v = (q[n:] - q[:-n]) / n - ((s[n:] - s[:-n]) / n) ** 2
    return np.r_[np.full(n - 1, np.nan), np.sqrt(np.maximum(v, 0))]
self.sd = self.I(sd, self.data.Close)
self.m = self.I(SMA, self.data.Close, 20)
""",
            """
if self.data.Close[-1] < self.m[-1] - 1.5 * self.sd[-1] and not self.position: self.buy(size=.5)
elif self.data.Close[-1] > self.m[-1]: self.position.close()
""",
        ),
        SPX,
    ),
    case(
        "running_maximum",
        strategy(
            "self.x = self.I(lambda c: np.maximum.accumulate(c) * .97, self.data.Close)", TRADE
        ),
    ),
    case(
        "kalman_like_recursion",
        strategy(
            """
def level(c):
    out, m, p = np.empty(len(c)), c[0], 1.0
    for i, v in enumerate(c):
        p += .01
        k = p / (p + 1)
        m, p = m + k * (v - m), (1 - k) * p
        out[i] = m
    return out
self.x = self.I(level, self.data.Close)
""",
            TRADE,
        ),
        {"symbol": "GOOG", "end": "2006-12-31"},
    ),
    case(
        "talib_with_unstable_periods",
        strategy(
            """
self.e = self.I(talib.EMA, self.data.Close, 30)
self.r = self.I(talib.RSI, self.data.Close, 14)
self.k = self.I(talib.KAMA, self.data.Close, 20)
self.h = self.I(talib.HT_TRENDLINE, self.data.Close)
""",
            """
if self.data.Close[-1] > self.e[-1] and self.r[-1] < 70 and self.k[-1] > self.h[-1] and not self.position:
    self.buy(size=.5)
elif self.r[-1] > 75 or self.data.Close[-1] < self.e[-1] * .97:
    self.position.close()
""",
        ),
        SPX,
    ),
    case(
        "shift_forward_and_fill",
        strategy(
            "self.x = self.I(lambda c: pd.Series(c).shift(5).ffill().rolling(5).mean(), self.data.Close)",
            TRADE,
        ),
    ),
    case(
        "forward_filled_month_ends",
        strategy(
            """
s = self.data.Close.s
month = s.groupby(s.index.to_period("M")).last().shift(1)
self.x = self.I(lambda: pd.Series(s.index.to_period("M")).map(month).values)
""",
            TRADE,
        ),
    ),
    case(
        "groupby_cumulative",
        strategy(
            """
s = self.data.Close.s
self.x = self.I(lambda: s.groupby(s.index.to_period("M")).cummax().values * .99)
""",
            TRADE,
        ),
    ),
    case(
        "cut_at_constant_levels",
        strategy(
            """
r = pd.Series(self.data.Close).pct_change()
self.z = self.I(lambda: np.sign(r.where(r.abs() > .01, 0)).rolling(3).sum())
""",
            Z,
        ),
    ),
    case(
        "index_used_for_seasons",
        strategy(
            """
m = self.data.index.month
self.s = self.I(lambda: np.where(np.isin(m, [11, 12, 1, 2, 3, 4]), 1.0, 0.0))
""",
            """
if self.s[-1] and not self.position: self.buy(size=.9)
elif not self.s[-1]: self.position.close()
""",
        ),
        SPX,
    ),
    case(
        "rolling_apply_and_rank",
        strategy(
            "self.z = self.I(lambda c: pd.Series(c).rolling(15).rank(pct=True) * 2 - 1, self.data.Close)",
            Z,
        ),
    ),
    case(
        "rolling_regression_refitted_in_next",
        strategy(
            "pass",
            """
c = np.asarray(self.data.Close[-30:])
slope = np.polyfit(np.arange(len(c)), c, 1)[0] if len(c) == 30 else 0
if slope > 0 and not self.position: self.buy(size=.9)
elif slope < 0: self.position.close()
""",
        ),
    ),
    case(
        "trailing_strategy_with_an_early_start",
        """
class S(TrailingStrategy):
    def init(self):
        super().init()
        self.set_trailing_sl(4)
        self.a = self.I(SMA, self.data.Close, 10)
    def next(self):
        super().next()
        if not self.position and self.data.Close[-1] > self.a[-1]:
            self.buy(size=.9)
""",
    ),
    case(
        "init_prints_and_counts",
        """
RUNS = []

class S(Strategy):
    def init(self):
        RUNS.append(1)
        print("init")
        self.a = self.I(SMA, self.data.Close, 10)
    def next(self):
        if self.data.Close[-1] > self.a[-1] and not self.position: self.buy()
        elif self.data.Close[-1] < self.a[-1]: self.position.close()
""",
    ),
    case(
        "iir_by_ewm_and_adjust",
        strategy(
            """
s = pd.Series(self.data.Close)
self.f = self.I(lambda: s.ewm(halflife=9, adjust=True).mean())
self.v = self.I(lambda: s.pct_change().ewm(span=20).std())
""",
            """
if self.data.Close[-1] > self.f[-1] and self.v[-1] < .03 and not self.position: self.buy(size=.5)
elif self.data.Close[-1] < self.f[-1]: self.position.close()
""",
        ),
    ),
    case(
        "obv_and_volume_sums",
        strategy(
            """
self.o = self.I(talib.OBV, self.data.Close, self.data.Volume.astype(float))
self.x = self.I(lambda c, v: (c * v).cumsum() / v.cumsum(), pd.Series(self.data.Close), pd.Series(self.data.Volume))
""",
            TRADE,
        ),
    ),
    case(
        "heikin_ashi_loop",
        strategy(
            """
def ha(o, h, l, c):
    close = (o + h + l + c) / 4
    start = np.empty(len(c)); start[0] = o[0]
    for i in range(1, len(c)):
        start[i] = (start[i - 1] + close[i - 1]) / 2
    return start, close
self.h = self.I(ha, self.data.Open, self.data.High, self.data.Low, self.data.Close)
""",
            """
if self.h[1][-1] > self.h[0][-1] and not self.position: self.buy(size=.5)
elif self.h[1][-1] < self.h[0][-1]: self.position.close()
""",
        ),
        {"symbol": "GOOG", "end": "2006-12-31"},
    ),
    case(
        "swing_points_confirmed_later",
        strategy(
            """
def swing(h, n=5):
    s = pd.Series(h)
    top = s.rolling(2 * n + 1).max() == s.shift(n)
    return s.shift(n).where(top).ffill()
self.x = self.I(swing, self.data.High)
""",
            TRADE,
        ),
    ),
    case(
        "indicator_whose_first_value_is_the_last_bar_s",
        strategy("self.m = self.I(SMA, self.data.Close, 40)", "self.buy(size=1)"),
        {"symbol": "GOOG", "end": "2004-10-14"},
    ),
    case(
        "stops_counted_in_pips",
        strategy(
            "self.m = self.I(SMA, self.data.Close, 10)",
            """
c = self.data.Close[-1]
if c > self.m[-1] and not self.position: self.buy(sl=c - 200 * self.data.pip)
""",
        ),
        IXIC,
        initial_capital=1_000_000,
    ),
]

__all__ = ["HEAD", "LEAKS", "SOUND", "Case"]
