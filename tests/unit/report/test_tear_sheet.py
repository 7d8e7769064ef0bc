"""The tear sheet: one file, with the report's own numbers, that nothing in it can make act."""

import base64
import hashlib
import json
import math
import re
from html.parser import HTMLParser

import pytest

from bot.report import markdown
from bot.report.sheet import CSP, CSS, sheet
from bot.report.sheet_figures import month_table, spread_chart
from bot.report.trade_stats import cost_curve, spread, stats_of
from components.engine.evidence.track import _break_even
from components.errors import UserError
from components.schema.results.evidence import Evidence, Luck, Months, Regime, YearReturn
from components.schema.results.values import EquityPoint, ExecutionResult, Status, Trade, Verdict
from tests.cli_support import in_process
from tests.github_support import report_of, strategy_of
from tests.server_support import populated, populated_ids
from tests.unit.report.shapes import GATES, RESULT, SHAPES
from tests.unit.report.test_report_hostile import HOSTILE, hostile_report

VOID = {"meta", "br"}


def trade(entry, held, pnl, size=10.0):
    return Trade(
        entry_bar=entry,
        exit_bar=entry + held,
        entry_time="2020-01-01T00:00:00",
        exit_time="2020-02-01T00:00:00",
        size=size,
        entry_price=100.0,
        exit_price=100.0 + pnl / size,
        pnl=pnl,
        return_pct=pnl / 10,
        commission=1.0,
    )


TRADES = (trade(1, 4, 120.0), trade(9, 2, 31.0), trade(20, 30, -55.0), trade(60, 4, 10.0, -10.0))
RETURNS = (1.5, -2.25, None, 0.04, *[0.5] * 20)
EVIDENCE = Evidence(
    years=(YearReturn(year=2019, return_pct=1.5), YearReturn(year=2020, return_pct=6.25)),
    months=Months(first="2019-12", returns_pct=RETURNS, rolling_sharpe=(None,) * 11 + (0.7,) * 13),
    regimes=(Regime(name="calm", bars=400, return_pct=3.21),),
    break_even_cost_pct=_break_even(TRADES),
)
POINTS = tuple(
    EquityPoint(time=f"2020-01-{day:02d}", equity=100.0 + day, drawdown_pct=-day / 10, benchmark=99)
    for day in range(1, 29)
)
WHOLE = RESULT.model_copy(update={"evidence": EVIDENCE, "trades": TRADES, "equity": POINTS})


class Reader(HTMLParser):
    """Tags, attributes and words of a page; and whether all that is opened is closed."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.words, self.open = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def drawn(result=WHOLE, **more):
    return sheet(report_of(strategies=[strategy_of(results=(result,), gates=GATES, **more)]))


def test_the_sheet_has_the_numbers_of_the_report_and_a_picture_of_each_kind():
    luck = Luck(symbol="SPX", interval="1d", tries=7, independent=3, line="Luck: seven tries.")
    found = Reader(drawn(luck=(luck,)))
    words = " ".join(found.words)
    for told in ("142.3 %", "0.91", "-21.6 %", "6.2", "3.2 %", "seven tries", "7 (3 independent)"):
        assert told in words
    for told in ("max-drawdown", "21.57", "d" * 64, "54.5 %", "<= 25.00"):
        assert told in words
    assert found.tags.count("svg") == 6
    assert not found.open


def test_only_the_one_style_of_the_file_may_act():
    page = drawn()
    found = Reader(page)
    assert not {"script", "link", "img", "iframe", "object", "form", "a"} & set(found.tags)
    names = {name for name, _ in found.attributes}
    assert not {n for n in names if n.startswith("on") or n in {"style", "src", "href"}}
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    assert style == CSS
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in CSP
    assert CSP.startswith("default-src 'none';")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_proposal_wrote_is_text_in_the_sheet(text):
    report = hostile_report(text)
    shown = WHOLE.model_copy(update={"symbol": text, "interval": text})
    strategy = report.strategies[0].model_copy(
        update={"results": (shown, *report.strategies[0].results)}
    )
    found = Reader(sheet(report.model_copy(update={"strategies": (strategy,)})))
    plain = Reader(drawn())
    assert set(found.tags) <= set(plain.tags)
    assert not found.open
    assert all("\x1b" not in w and "\u202e" not in w for w in found.words)


def test_the_months_of_a_quarter_multiply_and_a_month_without_bars_is_empty():
    table = month_table(EVIDENCE)
    rows = dict(table.rows)
    assert [cell.words for cell in rows[2019]][11:] == ["1.5", "", "", "", "1.5", "1.5"]
    first_quarter = (1 - 0.0225) * (1 + 0.0004) * 100 - 100
    assert rows[2020][12].words == f"{first_quarter:.1f}"
    assert rows[2020][1].words == ""
    assert rows[2020][16].words == "6.2"


@pytest.mark.parametrize("first", ["", "2020", "2020-13", "2020-00", "x-y", "٢٠٢٠-01", "99999-1"])
def test_months_that_are_none_are_told_and_not_drawn(first):
    months = Months(first=first, returns_pct=(1.0,), rolling_sharpe=(1.0,))
    page = drawn(
        WHOLE.model_copy(update={"evidence": EVIDENCE.model_copy(update={"months": months})})
    )
    assert "The months of this run were not recorded" in page


def test_further_costs_leave_nothing_at_the_break_even_cost():
    points = cost_curve(TRADES)
    assert points[0].profit == math.fsum(t.pnl for t in TRADES)
    slope = (points[0].profit - points[-1].profit) / points[-1].cost_pct
    assert points[0].profit / slope == pytest.approx(EVIDENCE.break_even_cost_pct, rel=1e-12)


def test_series_and_spread_of_trades_are_counted():
    found = stats_of(TRADES)
    assert (found.long, found.short) == (3, 1)
    assert (found.most_wins, found.most_losses) == (2, 1)
    assert (found.average_bars, found.longest_bars) == (10.0, 30)
    assert found.average_loss_pct == -5.5
    bins = spread(TRADES)
    assert sum(b.count for b in bins) == len(TRADES)
    assert any(b.low == 0 for b in bins)
    assert all(b.low <= 12.0 <= b.high for b in bins[-1:])


def test_a_backtest_without_figures_says_how_it_ended():
    crashed = ExecutionResult(status=Status.OUT_OF_MEMORY, message="512 MB were too little")
    page = drawn(crashed)
    assert "This backtest has no figures. It ended as out of memory: 512 MB were too little" in page


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_every_report_has_a_sheet(name):
    report = SHAPES[name]()
    found = Reader(sheet(report))
    words = " ".join(found.words)
    assert not found.open
    for strategy in report.strategies:
        assert strategy.name in words
    if not report.strategies:
        assert "there is nothing to show" in words


def test_a_run_is_drawn_by_its_number_and_one_without_details_says_so(tmp_path):
    populated(tmp_path)
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps({"state": {"dir": str(tmp_path)}}))
    ids = populated_ids()

    def report(run):
        done = in_process("report", str(run), "--format", "html", "--config", str(config))
        return done.returncode, done.stdout.decode(), " ".join(done.stderr.decode().split())

    code, page, _ = report(ids["deployed"])
    assert code == 0
    assert Reader(page).tags.count("article") == 1
    code, page, told = report(ids["running"])
    assert (code, page) == (2, "")
    assert f"run {ids['running']} is not over" in told
    for none in (999, 10**30):
        code, page, told = report(none)
        assert (code, page) == (2, "")
        assert f"there is no run {none}" in told


def test_the_comment_names_the_sheet_where_there_is_one():
    page = "https://bot.test/runs/7"
    with_figures = markdown.markdown(SHAPES["passed_new"](), page_url=page)
    without = markdown.markdown(SHAPES["failed_code"](), page_url=page)
    assert f"[tear sheet]({page}/sheet)" in with_figures
    assert "/sheet" not in without
    assert SHAPES["failed_code"]().verdict is Verdict.FAILED


@pytest.mark.parametrize(
    "broken",
    [
        {"equity": (POINTS[0].model_copy(update={"time": "yesterday"}), *POINTS)},
        {"equity": (POINTS[0].model_copy(update={"equity": math.inf}), *POINTS)},
        {"trades": (TRADES[0].model_copy(update={"return_pct": math.nan}),)},
        {"trades": (TRADES[0].model_copy(update={"return_pct": math.inf}),)},
    ],
)
def test_a_report_from_elsewhere_that_cannot_be_drawn_is_no_bug_of_ours(broken):
    with pytest.raises(UserError, match="can't be drawn"):
        drawn(WHOLE.model_copy(update=broken))


@pytest.mark.parametrize("most", [1, 2, 3, 7, 10, 1_000])
def test_no_half_of_a_trade_is_marked(most):
    trades = tuple(trade(n, 1, 10.0) for n in range(most))
    marks = re.findall(r'class="end" x="-8" y="[^"]*">([^<]*)<', str(spread_chart(trades)))
    counts = [float(mark.replace(",", "")) for mark in marks]
    assert len(counts) == len(set(counts)) >= 2
    assert max(counts) >= most
