"""Membership by date: read with clear errors, obeyed by orders, and never known before its day."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algoops import PortfolioStrategy, backtest
from algoops.exchange.book import NotTraded
from algoops.universe import Membership, Universe, UniverseError, parse_universe
from tests.unit.portfolio.made_up import flat, walk

pytestmark = pytest.mark.filterwarnings("ignore")
DAYS = st.dates(date(2000, 1, 1), date(2000, 3, 1))
SYMBOLS = st.sampled_from(["AAA", "BBB", "C.C", "^D", "EUR=X"])


@st.composite
def universes(draw):
    """Symbols with memberships that rise and lie apart."""
    found = {}
    for symbol in draw(st.lists(SYMBOLS, min_size=1, unique=True)):
        days = sorted(draw(st.lists(DAYS, min_size=2, max_size=6, unique=True)))
        pairs = list(zip(days[::2], days[1::2], strict=False))
        if draw(st.booleans()):
            pairs[-1] = (pairs[-1][0], date.max)
        found[symbol] = tuple(Membership(*pair) for pair in pairs)
    return Universe(found)


def written(universe):
    lines = [
        f"{symbol},{first},{'' if last == date.max else last}"
        for symbol, times in universe.memberships.items()
        for first, last in times
    ]
    return "\n".join(["symbol,from,to", *lines]).encode()


@given(universes())
def test_what_is_written_is_read(universe):
    assert parse_universe(written(universe)) == universe


@given(universes(), st.lists(DAYS, max_size=20))
def test_members_of_many_days_are_those_of_each_day(universe, days):
    assert list(universe.on(sorted(days))) == [universe.members(day) for day in sorted(days)]


@given(universes(), DAYS)
def test_members_of_a_day_do_not_change_with_what_is_decided_later(universe, day):
    known = {
        symbol: tuple(
            Membership(f, last if last < day else date.max) for f, last in times if f <= day
        )
        for symbol, times in universe.memberships.items()
    }
    assert Universe(known).members(day) == universe.members(day)


@given(st.binary(max_size=200) | st.text('symbol,fromt\n"AB-0129', max_size=80).map(str.encode))
def test_any_bytes_are_a_universe_or_a_universe_error(content):
    for head in (b"", b"symbol,from,to\n"):
        try:
            read = parse_universe(head + content)
        except UniverseError:
            continue
        assert parse_universe(written(read)) == read


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: write the names of the columns, `symbol,from,to`"),
        ("symbol;from;to\nA;2020-01-01;", "line 1"),
        ("symbol,from,to\n", "no members: write a line"),
        ("symbol,from,to\nA,2020-01-01", "line 2: write symbol, from and to"),
        ("symbol,from,to\nA,2020-01-01,\n\nB,1/2/2020,", "line 4: `from` must be a day"),
        ("symbol,from,to\nA,2020-02-30,", "line 2: `from` must be a day"),
        ("symbol,from,to\nA,,2020-01-01", "line 2: `from` must be a day"),
        ("symbol,from,to\nA,2020-01-01,20200201", "line 2: `to` must be a day"),
        ("symbol,from,to\nA B,2020-01-01,", "line 2: 'A B' is no symbol"),
        ("symbol,from,to\nA,2020-02-01,2020-01-01", "A leaves (2020-01-01) before it comes"),
        (
            "symbol,from,to\nA,2020-02-01,\nA,2020-03-01,",
            "A: the membership from 2020-03-01 begins",
        ),
        ("symbol,from,to\nA,2020-01-01,2020-02-01\nA,2020-02-01,", "end that one with `to`"),
        ('symbol,from,to\n"A,2020-01-01,', "line 2"),
        ("symbol,from,to\n" + "A,2020-01-01,\n" * 10_001, "more than 10000 lines"),
    ],
)
def test_file_that_says_no_membership_is_refused_with_its_line(text, words):
    with pytest.raises(UniverseError) as refused:
        parse_universe(text.encode())
    assert words in str(refused.value)


def test_windows_file_with_a_mark_and_other_encodings_are_told_apart():
    content = "\ufeffSymbol, From, To\r\nAAA, 2020-01-01,\r\n"
    assert parse_universe(content.encode()).members(date(2020, 1, 1)) == {"AAA"}
    with pytest.raises(UniverseError, match="line 1: the file must be UTF-8"):
        parse_universe(content.encode("utf-16"))


class Listed(PortfolioStrategy):
    """Keeps what is listed, and buys what it is told as soon as it may."""

    wanted = ""

    def init(self):
        self.seen, self.refused = [], []

    def next(self):
        self.seen.append(self.listed)
        if self.wanted:
            try:
                self.buy(self.wanted, size=1)
            except NotTraded as error:
                self.refused.append(str(error))


def three(
    tmp_path, text="B,2020-01-04,2020-01-06\nA,2020-01-01,\nC,2020-01-01,2020-01-02\nC,2020-01-09,"
):
    """Ten days of three symbols, and their file."""
    file = tmp_path / "universe.csv"
    file.write_text(f"symbol,from,to\n{text}\n")
    return {"A": flat(100), "B": flat(50), "C": flat(20)}, file


def test_listed_are_the_members_of_each_day(tmp_path):
    bars, file = three(tmp_path)
    seen = backtest(Listed, bars, universe=file)["_strategy"].seen
    days = bars["A"].index[1:]
    assert dict(zip(days.day, map("".join, seen), strict=True)) == {
        2: "AC", 3: "A", 4: "AB", 5: "AB", 6: "AB", 7: "A", 8: "A", 9: "AC", 10: "AC",
    }  # fmt: skip


def test_order_for_no_member_is_refused_until_its_day_and_after_it(tmp_path):
    bars, file = three(tmp_path)
    stats = backtest(Listed, bars, {"wanted": "B"}, universe=file, finalize_trades=True)
    assert set(stats["_strategy"].refused) == {"B is not traded now: it is not in the universe"}
    assert list(stats["_trades"]["EntryTime"].dt.day) == [5, 6, 7]


class Early(PortfolioStrategy):
    """Puts money in everything that the file will ever name."""

    def init(self):
        self.refused = []

    def next(self):
        try:
            self.target(dict.fromkeys(self.symbols, 0.3))
        except NotTraded as error:
            self.refused.append(str(error))


def test_weight_for_a_future_member_is_refused(tmp_path):
    bars, file = three(tmp_path)
    stats = backtest(Early, bars, universe=file)
    assert len(stats["_strategy"].refused) == 9
    assert stats["# Trades"] == 0


class Leaves(Listed):
    def next(self):
        if "B" in self.listed and not self.position("B"):
            self.buy("B", size=2)
        elif "B" not in self.listed and self.position("B"):
            self.position("B").close()


def test_position_in_a_symbol_that_leaves_stays_until_it_is_closed(tmp_path):
    bars, file = three(tmp_path)
    (trade,) = backtest(Leaves, bars, universe=file)["_trades"].itertuples()
    assert (trade.EntryTime.day, trade.ExitTime.day) == (5, 8)


class Rotation(PortfolioStrategy):
    def init(self):
        self.asked = []

    def next(self):
        gain = {s: self.data[s].Close[-1] / self.data[s].Close[0] for s in self.listed}
        best = sorted(gain, key=gain.get)[-2:]
        self.asked.append(tuple(best))
        self.target(dict.fromkeys(best, 0.4))


@pytest.mark.parametrize("days", [40, 65, 90])
def test_what_is_decided_does_not_change_when_later_members_become_known(tmp_path, days):
    bars = {s: walk(seed, 100) for seed, s in enumerate(("A", "B", "C", "D"))}
    first = bars["A"].index[0].date()
    on = [first + timedelta(days=n) for n in (0, 30, 60, 80)]
    whole = f"A,{on[0]},{on[2]}\nB,{on[0]},\nC,{on[1]},{on[3]}\nD,{on[2]},"
    known = "\n".join(
        line if date.fromisoformat(line.rpartition(",")[2] or "1900-01-01") < first + timedelta(days)
        else line.rpartition(",")[0] + ","
        for line in whole.splitlines()
    )  # fmt: skip
    _, file = three(tmp_path, whole)
    late = backtest(Rotation, bars, universe=file)["_strategy"].asked
    _, file = three(tmp_path, known)
    early = {s: frame.iloc[:days] for s, frame in bars.items()}
    assert backtest(Rotation, early, universe=file)["_strategy"].asked == late[: days - 1]
    assert len(set(late)) > 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A,2020-01-01,\nB,2020-01-01,\nC,2020-01-01,\nD,2020-01-01,", "the universe names D"),
        ("A,2020-01-01,\nB,2020-01-01,", "there are bars of C"),
    ],
)
def test_universe_and_bars_of_other_symbols_are_refused(tmp_path, text, words):
    bars, file = three(tmp_path, text)
    with pytest.raises(ValueError, match=words):
        backtest(Listed, bars, universe=file)


def test_members_of_hours_are_those_of_their_day(tmp_path):
    hours = pd.date_range("2020-01-01 20:00", periods=10, freq="h")
    _, file = three(tmp_path, "A,2020-01-01,\nB,2020-01-02,")
    bars = {s: flat(9).set_axis(hours) for s in "AB"}
    seen = backtest(Listed, bars, universe=file)["_strategy"].seen
    assert ["".join(s) for s in seen] == ["A"] * 3 + ["AB"] * 6
