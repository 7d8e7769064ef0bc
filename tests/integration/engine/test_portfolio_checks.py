"""A strategy on several symbols through all checks: one run, one account, and what each brought."""

import json
from concurrent.futures import Future
from dataclasses import replace
from threading import Event

import pytest
from engine_portfolios import ROTATION, SYMBOLS, write_market
from engine_support import ROOT, ForkingSandbox

from bot.checks.backtests import name_of
from bot.checks.holdout import ask, question_of
from bot.checks.jobs import backtest_of
from bot.checks.policies import load_policies
from bot.checks.strategy import Asked, check_strategy
from bot.checks.subject import Bench, Subject, prepare
from bot.landing.tries import StoreCounter
from bot.report.details import details
from bot.report.machine import machine_text
from components.engine.market_data import FolderData
from components.executor.run import run_job
from components.schema.policies.risk import Gate, RiskPolicy, Robustness, WalkForward
from components.schema.results.report import Change
from components.schema.results.values import (
    CheckName,
    ExecutionResult,
    Outcome,
    Status,
    Verdict,
)
from components.state import Store
from tests.github_support import report_of
from tests.unit.portfolio.made_up import walk

pytestmark = pytest.mark.filterwarnings("ignore")
NAME = "+".join(SYMBOLS)
DEFINITION = f"""name: rotation
description: What gained most.
framework: portfolio
symbols: [{", ".join(SYMBOLS)}]
interval: 1d
parameters: {{lookback: {{default: 15, min: 5, max: 60}}}}
"""


class InThisProcess:
    """An executor that runs a job at once; guests are forked, the host's end is here."""

    def __init__(self, data):
        self.data, self.jobs = data, []

    def submit(self, job, *_others):
        self.jobs.append(job)
        done = Future()
        done.set_result(run_job(job, ForkingSandbox(), self.data))
        return done


@pytest.fixture
def several(tmp_path):
    return write_market(tmp_path / "market", 120)


def subject(definition=DEFINITION, source=ROTATION):
    return Subject(
        name="rotation",
        path="strategies/rotation",
        change=Change.ADDED,
        tree="1" * 40,
        files={"strategy.yaml": definition.encode(), "strategy.py": source.encode()},
    )


def bench(data, risk=None):
    policies = load_policies(ROOT / "policies")
    risk = risk or RiskPolicy(gates=(Gate(id="few", metric="trades", op=">=", value=20),))
    made = replace(policies, risk=risk)
    return Bench(made, data, InThisProcess(data), engine="e", image="i", causality="streamed")


def checked(data, risk=None, of=None, **of_subject):
    asked = Asked(lambda _key: None, lambda *_: None, Event())
    used = bench(data, risk)
    return check_strategy(of or subject(**of_subject), used, asked), used.executor.jobs


def check(report, name):
    return next(check for check in report.checks if check.name is name)


def test_portfolio_passes_as_one_run_on_one_account(several):
    report, jobs = checked(several)
    assert report.verdict is Verdict.PASSED, [c for c in report.checks if c.findings]
    assert [job.symbols for job in jobs] == [SYMBOLS, SYMBOLS]
    (result,) = report.results
    assert result.symbol == NAME
    assert report.aggregate == result.metrics
    assert [(g.id, g.symbol, g.value) for g in report.gates] == [
        ("few", NAME, float(result.metrics.trades))
    ]
    assert "4 indicators and all orders" in check(report, CheckName.LOOKAHEAD).summary
    notes = [f for f in check(report, CheckName.BACKTEST).findings if f.rule == "symbol-delisted"]
    assert "DDD at 2020-03-15" in notes[0].message


def test_report_tells_what_each_symbol_brought(several):
    report, _ = checked(several)
    whole = report_of(strategies=[report])
    told = details(report)
    for one in report.results[0].contributions:
        assert f"| {one.symbol} | {one.pnl:+,.2f} |" in told.replace("\\", "")
    assert "delisted 2020-03-15" in told.replace("\\", "")
    brought = json.loads(machine_text(whole))["strategies"][0]["contributions"]
    assert set(brought) == set(SYMBOLS)
    in_json = json.loads(whole.model_dump_json())["strategies"][0]["results"][0]
    assert {c["symbol"] for c in in_json["contributions"]} == set(SYMBOLS)
    assert {t["symbol"] for t in in_json["trades"]} <= set(SYMBOLS)


def test_gate_is_judged_on_the_accounts_own_curve(several):
    sharpe = Gate(id="sharpe", metric="sharpe", op=">=", value=50)
    report, _ = checked(several, RiskPolicy(gates=(sharpe,)))
    assert report.verdict is Verdict.FAILED
    (gate,) = report.gates
    assert gate.value == pytest.approx(report.results[0].metrics.sharpe)


def test_further_runs_of_a_portfolio_are_of_all_its_symbols(several):
    gates = (
        Gate(id="costs", metric="cost_multiple", op=">=", value=0, severity="warn"),
        Gate(id="late", metric="delay_keep", op=">=", value=-99, severity="warn"),
    )
    risk = RiskPolicy(
        gates=gates,
        robustness=Robustness(enabled=True, max_runs=2),
        walk_forward=WalkForward(enabled=True),
    )
    report, jobs = checked(several, risk)
    assert report.verdict is Verdict.PASSED, report.checks[-1].summary
    assert len(jobs) == 8
    ended = [job for job in jobs if (job.start or "") > "2020-03-15"]
    assert ended, "the second part of the walk begins after the last bar of DDD"
    assert next(g for g in report.gates if g.id == "walk-forward").passed
    assert {job.symbols for job in jobs} == {SYMBOLS}
    assert report.further[0].symbol == NAME


def test_name_of_a_portfolio_is_that_of_its_symbols_whatever_their_order():
    assert name_of(("BBB", "AAA")) == name_of(("AAA", "BBB")) == "AAA+BBB"
    many = tuple(f"S{n}" for n in range(9))
    assert name_of(many) == name_of(many[::-1])
    assert name_of(many).startswith("S0+8more-")
    assert name_of(many) != name_of((*many[:8], "S10"))


def test_key_covers_the_bars_of_every_symbol(several, tmp_path):
    before = prepare(subject(), bench(several)).key
    for symbol, seed in (("BBB", 7), ("DDD", 8)):
        walk(seed, 120).to_csv(tmp_path / "market" / f"{symbol}_1d.csv", index_label="Date")
        now = prepare(subject(), bench(FolderData(tmp_path / "market"))).key
        assert now != before
        before = now


def test_universe_of_the_folder_holds_and_is_not_shown_to_the_strategy(several):
    lines = "symbol,from,to\nAAA,2020-01-01,\nBBB,2020-03-01,\n"
    asked = Asked(lambda _key: None, lambda *_: None, Event())
    used = bench(several)
    one = subject(DEFINITION.replace("symbols: [AAA, BBB, CCC, DDD]", "universe: members.csv"))
    with_file = replace(one, files={**one.files, "members.csv": lines.encode()})
    report = check_strategy(with_file, used, asked)
    assert report.verdict is Verdict.PASSED, [c for c in report.checks if c.findings]
    assert {job.symbols for job in used.executor.jobs} == {("AAA", "BBB")}
    assert not any("members.csv" in job.files for job in used.executor.jobs)
    entered = [t.entry_time for t in report.results[0].trades if t.symbol == "BBB"]
    assert min(entered) > "2020-03-01"
    broken = replace(one, files={**one.files, "members.csv": b"symbol\n"})
    report = check_strategy(broken, used, asked)
    assert report.verdict is Verdict.FAILED
    assert "members.csv: line 1" in report.checks[-1].findings[0].message
    report = check_strategy(one, used, asked)
    assert "there is no members.csv" in report.checks[-1].findings[0].message


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ((", DDD]", ", ZZZ]"), "no data for ZZZ"),
        (("symbols: [AAA, BBB, CCC, DDD]", "symbol: AAA"), "no `symbols` are given"),
        (("interval: 1d", "interval: 1d\nbacktest: {trade_on_close: true}"), "takes one symbol"),
        (("interval: 1d", "interval: 1d\nbacktest: {detail: 1h}"), "takes one symbol"),
    ],
)
def test_what_a_portfolio_cannot_be_is_refused_and_told(several, change, says):
    report, _ = checked(several, definition=DEFINITION.replace(*change))
    assert report.verdict is Verdict.FAILED
    told = [f.message for c in report.checks for f in c.findings] + [
        c.summary for c in report.checks
    ]
    assert any(says in words for words in told), told


def test_class_of_one_symbol_fails_the_sandbox_test(several):
    single = (
        "from backtesting import Strategy\n\n\nclass Rotation(Strategy):\n"
        "    lookback = 15\n\n    def init(self):\n        pass\n\n    def next(self):\n        pass\n"
    )
    report, _ = checked(several, source=single)
    assert check(report, CheckName.SANDBOX_TEST).outcome is Outcome.FAILED
    assert (
        "without `framework: portfolio`"
        in check(report, CheckName.SANDBOX_TEST).findings[0].message
    )


def test_look_of_a_portfolio_counts_at_each_of_its_symbols(tmp_path):
    """Else each symbol that is added or left out would give one more look at the same bars."""
    data = write_market(tmp_path / "market", 320)
    risk = RiskPolicy(holdout={"last": "30%", "looks": 2})
    used = bench(data, risk)
    late = ExecutionResult(status=Status.TIMEOUT)
    ran = []

    def run(jobs):
        ran.append(jobs[0].symbols)
        assert (jobs[0].end, jobs[0].sealed) == (None, True)
        return (late,)

    with Store(tmp_path / "state" / "algoops.db") as store:
        looker = StoreCounter(store, "demo", "push")
        states = []
        for symbols in (("AAA", "BBB"), ("AAA", "BBB", "CCC"), ("AAA", "CCC"), ("BBB", "CCC")):
            definition = DEFINITION.replace("AAA, BBB, CCC, DDD", ", ".join(symbols))
            one = subject(definition)
            tasks = prepare(one, used).tasks
            jobs = [backtest_of("rotation", one.files, "", task, used) for task in tasks]
            asked = question_of("rotation", one.tree, jobs)
            states.append(ask(used, asked, jobs, looker, run).state)
    assert states == ["does not agree", "does not agree", "no looks left", "no looks left"]
    assert ran == [("AAA", "BBB"), ("AAA", "BBB", "CCC")]


@pytest.mark.parametrize(("listed", "unit"), [(0, 1e-6), (30, None)], ids=["at-once", "later"])
def test_dear_symbol_of_a_portfolio_is_traded_in_parts_where_it_is_there_at_the_first_bar(
    several, tmp_path, listed, unit
):
    dear = walk(7, 120).mul(300).iloc[listed:]
    dear.to_csv(tmp_path / "market" / f"{SYMBOLS[0]}_1d.csv", index_label="Date")
    report, jobs = checked(several)
    assert {job.unit for job in jobs} == {unit}
    (result,) = report.results
    assert result.status is Status.PASSED, result.message
    said = [f.message for f in result.order_findings if f.rule == "unit-chosen"]
    assert len(said) == (unit is not None)
    assert not said or said[0].startswith(f"{SYMBOLS[0]}: one unit costs ")
    assert any(trade.size % 1 for trade in result.trades) is (unit is not None)
