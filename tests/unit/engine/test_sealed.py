"""Where the sealed bars begin, and that no backtest which anybody sees goes beyond."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.checks.backtests import Wishes, resolve_tasks
from components.engine.market_data import FolderData
from components.engine.sealed import earlier, open_until
from components.errors import ConfigError, UserError
from components.schema.definition.models import StrategyDefinition
from components.schema.policies.file import load_policy
from components.schema.policies.risk import Holdout, RiskPolicy

LAST = Holdout(last="20%")
FROM = Holdout.model_validate({"from": "2016-01-01"})


def bars(folder, name, first, last, freq="D"):
    times = pd.date_range(first, last, freq=freq)
    prices = {"Open": 10.0, "High": 11.0, "Low": 9.0, "Close": 10.0}
    pd.DataFrame(prices, index=times.rename("Date")).to_csv(folder / f"{name}.csv")


@pytest.fixture
def data(tmp_path):
    bars(tmp_path, "SPX_1d", "2010-01-01", "2019-12-31")
    bars(tmp_path, "SPX_4h", "2018-01-01", "2019-12-31", "4h")
    bars(tmp_path, "NEW_1d", "2015-01-01", "2017-12-31")
    return FolderData(tmp_path)


def definition(**more):
    fields = {"name": "alpha", "description": "x", "symbols": ["SPX"], **more}
    return StrategyDefinition.model_validate(fields)


def tasks(data, holdout, wishes=None, **more):
    found, findings = resolve_tasks(
        definition(**more), RiskPolicy(holdout=holdout), data, wishes=wishes
    )
    return found, [f.message for f in findings]


def test_symbol_has_one_seal_for_all_its_intervals(data):
    assert open_until(data, LAST, ["SPX"]) == "2017-12-29"
    assert open_until(data, FROM, ["SPX"]) == "2015-12-31"


def test_no_task_sees_a_sealed_bar_whatever_its_dates(data):
    for wishes in (None, Wishes(end="2019-06-01"), Wishes(end="2018-01-01", start="2012-01-01")):
        ((task,), _) = tasks(data, LAST, wishes)
        assert task.end == "2017-12-29"
        frame = data.bars("SPX", "1d", task.start, task.end).frame
        assert (task.bars, str(frame.index[-1].date())) == (len(frame), "2017-12-29")
    ((task,), _) = tasks(data, LAST, Wishes(end="2012-06-01"))
    assert task.end == "2012-06-01"
    ((task,), _) = tasks(data, LAST, period="1y")
    assert (task.start, task.end) == ("2016-12-29", "2017-12-29")


def test_finer_bars_and_a_benchmark_show_nothing_that_is_sealed_elsewhere(data):
    _, (told,) = tasks(data, LAST, interval="4h")
    assert "no bars from None to 2017-12-29" in told
    ((task,), _) = tasks(data, LAST, backtest={"benchmark_symbol": "NEW"})
    assert task.end == open_until(data, LAST, ["NEW"]) == "2017-05-25"


def test_start_behind_the_seal_is_refused_and_a_year_alone_is_no_last_day(data):
    _, (told,) = tasks(data, LAST, Wishes(start="2018-01-01"))
    assert told == "bars after 2017-12-29 are sealed"
    _, (told,) = tasks(data, LAST, Wishes(end="2017"))
    assert "must be written as YYYY-MM-DD" in told


def test_without_a_holdout_nothing_changes(data):
    ((task,), _) = tasks(data, None)
    assert (task.start, task.end, task.bars) == (None, None, 3652)


def test_new_bars_move_the_seal_on_and_never_back(data, tmp_path):
    before = open_until(data, LAST, ["SPX"])
    bars(tmp_path, "SPX_1d", "2010-01-01", "2020-01-31")
    assert open_until(FolderData(tmp_path), LAST, ["SPX"]) > before


@given(
    st.one_of(st.none(), st.text(max_size=12), st.dates().map(str)), st.dates(dt.date(1000, 1, 1))
)
def test_bound_is_never_later_than_the_seal(one, seal):
    try:
        found = earlier(one, str(seal))
    except UserError:
        return
    assert dt.date.fromisoformat(found) <= seal


@pytest.mark.parametrize(
    "text",
    [
        b"holdout: {looks: 10}",
        b"holdout: {last: 20%, from: 2016-01-01}",
        b"holdout: {last: 0%}",
        b"holdout: {last: 100%}",
        b"holdout: {last: 0.2}",
        b"holdout: {last: 20%, looks: 0}",
        b"holdout: {last: 20%, per: strategy}",
    ],
)
def test_holdout_that_says_nothing_or_too_much_is_refused_with_file_and_line(text):
    with pytest.raises(ConfigError, match=r"risk\.yaml:1"):
        load_policy(text, RiskPolicy, file="risk.yaml")


def test_holdout_is_read_as_it_is_documented():
    policy = load_policy(b"holdout: {from: 2016-01-01, looks: 7, per: repository}", RiskPolicy)
    assert policy.holdout == Holdout.model_validate(
        {"from": dt.date(2016, 1, 1), "looks": 7, "per": "repository"}
    )
