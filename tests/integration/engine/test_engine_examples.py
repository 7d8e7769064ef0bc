"""The example strategies pass the default policy on all the data there is, at the policy's costs."""

from dataclasses import replace
from pathlib import Path

import pytest
from engine_support import ROOT, ForkingSandbox

from components.engine.gates import judge, resolve_config
from components.engine.market_data import FolderData
from components.engine.run import run_backtest, run_smoke
from components.ports import BacktestJob, SmokeJob
from components.schema.definition.check import check_definition, parameter_values
from components.schema.policies.file import load_policy
from components.schema.policies.risk import RiskPolicy
from components.schema.policies.schema import SchemaPolicy
from components.schema.results.values import Limits, Status

pytestmark = pytest.mark.filterwarnings("ignore")
CLASS = b"from backtesting import Strategy\nclass A(Strategy):\n    def next(self): pass\n"
FOLDERS = sorted(p.parent for p in (ROOT / "examples/strategies").glob("*/strategy.py"))
POLICY = load_policy(ROOT / "policies/risk.yaml", RiskPolicy)
DATA = FolderData(ROOT / "examples/data")


def _definition(folder: Path):
    content = (folder / "strategy.yaml").read_bytes()
    checked = check_definition(
        content, "strategy.yaml", folder=folder.name, has_code=True, policy=SchemaPolicy()
    )
    assert checked.definition is not None, checked.findings
    return checked.definition


def _job(folder: Path, symbol: str, kind=BacktestJob, **more):
    definition = _definition(folder)
    return kind(
        strategy=definition.name,
        files={"strategy.py": (folder / "strategy.py").read_bytes()},
        rules="",
        parameters=parameter_values(definition),
        config=resolve_config(POLICY, definition.backtest),
        symbol=symbol,
        interval="1d",
        limits=Limits(),
        start=None,
        end=None,
        **more,
    )


def _symbols(definition):
    return definition.symbols or (definition.symbol,)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_example_passes_every_blocking_gate_on_its_symbols(folder):
    """Streamed on the first symbol; audited, which takes less, on the second."""
    symbols = _symbols(_definition(folder))
    how = ("streamed", "audited")[: len(symbols)]
    results = [
        run_backtest(_job(folder, symbol, causality=one), ForkingSandbox(), DATA)
        for symbol, one in zip(symbols, how, strict=True)
    ]
    assert [r.provenance.causality for r in results] == list(how)
    assert all(r.status is Status.PASSED and r.lookahead == () for r in results)
    broken = [g.message for g in judge(POLICY, results, results) if not g.passed]
    assert broken == []


@pytest.mark.parametrize("name", ["rotation", "pairs", "equal_risk"])
def test_portfolio_example_trades_on_all_of_its_symbols_and_looks_at_no_later_bar(name):
    folder = ROOT / "examples/portfolio" / name
    symbols = _symbols(_definition(folder))
    job = replace(_job(folder, "+".join(symbols), symbols=symbols), start="2017-01-01")
    result = run_backtest(job, ForkingSandbox(), DATA)
    assert result.status is Status.PASSED, result.message
    assert result.lookahead == ()
    assert {trade.symbol for trade in result.trades} == set(symbols)


def test_all_examples_are_there():
    assert {f.name for f in FOLDERS} >= {
        *("sma_cross", "rsi_reversion", "macd_trend", "bollinger_bracket"),
        *("donchian_breakout", "momentum_vol", "short_fade"),
    }


@pytest.mark.parametrize("folder", FOLDERS[:1], ids=lambda folder: folder.name)
def test_smoke_test_runs_the_first_bars_only(folder):
    result = run_smoke(_job(folder, "SPX", SmokeJob), ForkingSandbox(), DATA)
    assert result.status is Status.PASSED
    assert result.metrics is None
    assert result.provenance.data_hash


def test_smoke_test_tells_of_a_parameter_that_the_class_lacks():
    from dataclasses import replace

    job = replace(_job(FOLDERS[0], "SPX", SmokeJob), parameters={"fats": 3})
    result = run_smoke(job, ForkingSandbox(), DATA)
    assert result.status is Status.FAILED
    assert "missing parameter 'fats'" in result.message


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (b"import nowhere\n", "No module named 'nowhere'"),
        (b"x = 1\n", "defines no subclass of backtesting.Strategy"),
        (b"def f(:\n", "SyntaxError"),
        (
            CLASS + b"    def init(self): pass\nclass B(A):\n    pass\nclass C(A):\n    pass\n",
            "several strategies (B, C)",
        ),
        (
            CLASS + b"    def init(self): self.x = self.I(undefined)\n",
            "",
        ),
    ],
)
def test_strategy_that_cannot_be_built_says_why(source, told):
    from dataclasses import replace

    job = replace(
        _job(FOLDERS[0], "SPX"), files={"strategy.py": source}, parameters={}, strategy="none"
    )
    result = run_backtest(job, ForkingSandbox(), DATA)
    assert result.status is Status.FAILED
    assert told in result.message
    assert "components" not in result.traceback
    if not told:
        assert "name 'undefined' is not defined" in result.traceback
