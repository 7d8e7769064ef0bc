"""Plain backtesting.py and our two processes agree: trades row by row, equity and statistics."""

import sys

import pytest
from engine_strategies import CASES
from engine_support import assert_same, plain, run

pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning:backtesting")  # cancelled orders


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_streamed_run_equals_plain_run(case, market, monkeypatch):
    result = run(
        case.source,
        market,
        config=case.config,
        parameters=case.parameters,
        files=case.files,
        **case.on,
    )
    stats = _plain(case, market, monkeypatch)
    assert_same(result, stats, case.unlike)
    assert (result.lookahead, result.fill_differences) == ((), None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_audited_run_equals_plain_run(case, market, monkeypatch):
    result = run(
        case.source,
        market,
        config=case.config,
        parameters=case.parameters,
        files=case.files,
        causality="audited",
        **case.on,
    )
    stats = _plain(case, market, monkeypatch)
    assert_same(result, stats, case.unlike)
    assert (result.lookahead, result.fill_differences) == ((), None)


def _plain(case, market, monkeypatch):
    for name, content in case.files.items():
        module = type(sys)(name.removesuffix(".py"))
        exec(content, module.__dict__)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return plain(case.source, market, config=case.config, parameters=case.parameters, **case.on)
