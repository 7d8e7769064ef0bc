"""What looks ahead is found and named; what does not is left alone; and nothing is gained by it."""

import pytest
from engine_leaks import LEAKS, SOUND
from engine_strategies import HEAD, case, strategy
from engine_support import plain, run

from components.schema.results.values import Severity, Status

pytestmark = pytest.mark.filterwarnings("ignore")


def _run(case, market, **how):
    return run(
        case.source,
        market,
        config=case.config,
        parameters=case.parameters,
        files=case.files,
        **case.on,
        **how,
    )


@pytest.mark.parametrize("case", LEAKS, ids=lambda case: case.name)
def test_leaking_strategy_streamed_is_found(case, market):
    result = _run(case, market)
    assert _found(result)


@pytest.mark.parametrize("case", LEAKS, ids=lambda case: case.name)
def test_leaking_strategy_audited_fails(case, market):
    result = _run(case, market, causality="audited")
    assert _found(result)
    assert result.status is Status.FAILED


def _found(result):
    if result.status is Status.FAILED and result.traceback:
        return "IndexError" in result.message  # it reached for a bar that was not there
    return any(
        f.rule == "lookahead" and f.severity is Severity.ERROR and "bar " in f.message
        for f in result.lookahead
    )


@pytest.mark.parametrize("case", SOUND, ids=lambda case: case.name)
@pytest.mark.parametrize("causality", ["streamed", "audited"])
def test_sound_strategy_is_left_alone(case, causality, market):
    result = _run(case, market, causality=causality)
    assert result.status is Status.PASSED, result.traceback or result.message
    assert result.lookahead == ()


def test_leak_is_named_with_its_first_bar_and_line(market):
    leak = next(case for case in LEAKS if case.name == "negative_shift")
    (finding,) = _run(leak, market).lookahead
    assert "`x` uses future bars: at 2006-09-05 00:00:00 (bar 1)" in finding.message
    assert finding.file == "strategy.py"
    assert "self.x = self.I" in finding.source_line
    assert finding.line == leak.source.splitlines().index("        " + finding.source_line) + 1


def test_perfect_foresight_earns_nothing_when_streamed(market):
    leak = next(case for case in LEAKS if case.name == "negative_shift")
    honest, cheated = _run(leak, market), plain(leak.source, market)
    assert cheated["Return [%]"] > 100_000
    assert honest.metrics.return_pct < 1_000


def test_clock_in_next_is_called_not_deterministic(market):
    tested = case(
        "clock",
        strategy(
            "pass",
            """
import os
if os.urandom(1)[0] < 40: self.buy(size=1)
else: self.position.close()
""",
        ),
    )
    (finding,) = _run(tested, market).lookahead
    assert finding.rule == "not-deterministic"
    assert finding.severity is Severity.WARNING
    audited = _run(tested, market, causality="audited")
    assert audited.status is Status.FAILED  # there the score rests on the replays
    assert audited.lookahead[0].rule == "not-deterministic"


def test_init_that_empties_a_list_of_the_class_is_no_leak_when_audited(market):
    tested = case(
        "class_list",
        strategy(
            "self.seen.clear()",
            """
self.seen.append(self.data.Close[-1])
if len(self.seen) > 10 and self.seen[-1] > max(self.seen[-10:-1]) and not self.position: self.buy()
elif len(self.seen) > 10 and self.seen[-1] < min(self.seen[-10:-1]): self.position.close()
""",
            "seen = []",
        ),
    )
    result = _run(tested, market, causality="audited")
    assert result.lookahead == ()
    assert len(result.trades) > 5


LATER = "2006-09-30"
"""Of the 300 bars that `GUARDED` strategies ask for, and 230 more."""

GUARDED = """
class S(Strategy):
    def init(self):
        {guard}
        self.a = self.I(SMA, self.data.Close, 10)
        self.b = self.I(SMA, self.data.Close, 30)
    def next(self):
        if crossover(self.a, self.b): self.buy()
        elif crossover(self.b, self.a): self.position.close()
"""


@pytest.mark.parametrize(
    "guard", ["if len(self.data) < 300: raise ValueError('short')", "assert len(self.data) >= 300"]
)
def test_init_that_refuses_short_data_is_told_that_it_starts_late(guard, market):
    source = HEAD + GUARDED.format(guard=guard)
    streamed = run(source, market, end=LATER)
    (finding,) = streamed.lookahead
    assert (finding.rule, finding.severity) == ("starts-late", Severity.WARNING)
    assert "init() refuses 299 bars and fewer" in finding.message
    assert "(bar 299); plain backtesting.py, with all bars at hand, starts at bar 30" in (
        finding.message
    )
    assert min(t.entry_bar for t in streamed.trades) >= 299
    audited = run(source, market, causality="audited", end=LATER)
    assert audited.status is Status.PASSED
    assert audited.lookahead == (finding,)


def test_init_that_reads_a_bar_of_the_future_is_not_taken_for_a_guard(market):
    source = HEAD + GUARDED.format(guard="self.level = self.data.Close[299]")
    source = source.replace("if crossover(self.a", "if self.level > 0 and crossover(self.a")
    (finding,) = run(source, market, end=LATER).lookahead
    assert (finding.rule, finding.severity) == ("lookahead", Severity.ERROR)
