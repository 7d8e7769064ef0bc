"""Sweeps without a sandbox: what is asked for, what is kept, what the best is worth."""

import json
import math
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sweep.confirm import CONFIRMED, best_jobs, confirmed_by, quick, ranks_first
from bot.sweep.grid import Axis, Cell, Kept, best_of, cell_key, grid, read_axis, sweep
from bot.sweep.picture import heat_map, picture
from bot.sweep.stats import deflated, expected_best
from components.engine.evidence.ratios import best_by_luck
from components.errors import UserError
from components.ports import BacktestJob
from components.schema.definition.backtest import BacktestConfig
from components.schema.results.evidence import Moments
from components.schema.results.values import ExecutionResult, Limits, Metrics, Status


def job(**parameters):
    return BacktestJob(
        strategy="s",
        files={"strategy.py": b"pass"},
        rules="",
        parameters=parameters,
        config=BacktestConfig(),
        symbol="SPX",
        interval="1d",
        start=None,
        end=None,
        limits=Limits(),
    )


def jobs(count):
    made = [job(fast=n) for n in range(count)]
    return {cell_key(one, "data", "image"): one for one in made}


def passed(sharpe):
    metrics = Metrics(start="a", end="b", duration="c", sharpe=sharpe)
    return ExecutionResult(status=Status.PASSED, metrics=metrics)


class Answers:
    """An executor that answers at once with what a function says of the job."""

    def __init__(self, answer):
        self.answer, self.asked, self.cancelled = answer, [], []

    def submit(self, job):
        self.asked.append(job.parameters["fast"])
        future = Future()
        result = self.answer(job)
        if result is not None:
            future.set_result(result)
        return future

    def describe(self):
        return {"image": "image"}

    def close(self):
        pass


def cell(value, **parameters):
    metrics = passed(value).metrics if value is not None else None
    status = Status.FAILED if value is None else Status.PASSED
    return Cell(key=str(parameters), parameters=parameters, status=status, metrics=metrics)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("fast=5:20:5", (5, 10, 15, 20)),
        ("fast=5:19:5", (5, 10, 15)),
        ("x=0:0.3:0.1", (0.0, 0.1, 0.2, 0.3)),
        ("x=-1:1:1", (-1, 0, 1)),
        ("fast=7", (7,)),
        ("kind=ema,sma", ("ema", "sma")),
        ("on=true,false", (True, False)),
    ],
)
def test_axis_lists_its_values_with_the_last_included(text, values):
    assert read_axis(text) == Axis(text.partition("=")[0], values)


@pytest.mark.parametrize(
    "text",
    [
        *("fast", "fast=", "=5", "a=1:2", "a=1:2:0", "a=2:1:1", "a=1:2:x", "a=1:.inf:1"),
        *("a=0:1:1e-9", "a=5,5", "a=[1],2", "a=1,,2", "a=.nan:1:1", "a=true:2:1", "a={,1"),
        "a=0:1:.0000001",
    ],
)
def test_axis_that_cannot_be_read_says_what_was_found(text):
    with pytest.raises(UserError, match="--set"):
        grid([read_axis(text)])


@given(st.text(max_size=30))
def test_any_text_is_an_axis_or_a_users_error(text):
    with suppress(UserError):
        assert read_axis(text).values


def test_grid_has_each_combination_once_and_refuses_too_many():
    assert grid([Axis("a", (1, 2)), Axis("b", ("x",))]) == ({"a": 1, "b": "x"}, {"a": 2, "b": "x"})
    with pytest.raises(UserError, match="twice"):
        grid([Axis("a", (1,)), Axis("a", (2,))])
    with pytest.raises(UserError, match="10,201 combinations"):
        grid([Axis("a", tuple(range(101))), Axis("b", tuple(range(101)))])


def test_key_changes_with_all_that_a_result_depends_on():
    keys = {
        cell_key(job(fast=1), "data", "image"),
        cell_key(job(fast=2), "data", "image"),
        cell_key(job(fast=1), "other", "image"),
        cell_key(job(fast=1), "data", "other"),
    }
    assert len(keys) == 4


def test_interrupted_sweep_goes_on_where_it_was(tmp_path):
    file = tmp_path / "deep" / "kept.jsonl"

    def ends_at_three(_cell):
        seen.append(_cell)
        if len(seen) == 3:
            raise KeyboardInterrupt

    seen, known = [], jobs(5)
    answers = Answers(lambda asked: passed(float(asked.parameters["fast"])))
    with pytest.raises(KeyboardInterrupt):
        sweep(known, answers, Kept(file), ends_at_three)
    answers.asked.clear()
    told = []
    done = sweep(known, answers, Kept(file), told.append)
    assert sorted(answers.asked + [c.parameters["fast"] for c in seen]) == [0, 1, 2, 3, 4]
    assert len(told) == 5
    assert [c.parameters["fast"] for c in done] == [0, 1, 2, 3, 4]
    assert best_of(done, "sharpe").parameters == {"fast": 4}


def test_line_cut_off_by_a_crash_is_run_again_and_the_next_one_is_whole(tmp_path):
    file = tmp_path / "kept.jsonl"
    sweep(jobs(3), Answers(lambda _asked: passed(1.0)), Kept(file), lambda _cell: None)
    file.write_bytes(file.read_bytes()[:-20])
    again = Answers(lambda _asked: passed(1.0))
    sweep(jobs(3), again, Kept(file), lambda _cell: None)
    assert len(again.asked) == 1
    last = Answers(lambda _asked: None)
    assert len(sweep(jobs(3), last, Kept(file), lambda _cell: None)) == 3
    assert last.asked == []


def test_our_own_fault_is_no_result_to_keep(tmp_path):
    file = tmp_path / "kept.jsonl"
    broken = ExecutionResult(status=Status.INFRASTRUCTURE_ERROR, message="no sandbox")
    cells = sweep(jobs(2), Answers(lambda _asked: broken), Kept(file), lambda _cell: None)
    assert [c.status for c in cells] == [Status.INFRASTRUCTURE_ERROR] * 2
    assert best_of(cells, "sharpe") is None
    assert not file.exists()


def test_failed_cell_is_kept_with_its_reason_and_never_best(tmp_path):
    def answer(asked):
        if asked.parameters["fast"] == 0:
            return ExecutionResult(status=Status.FAILED, message="fast must be above 0")
        return passed(-1.0)

    cells = sweep(jobs(2), Answers(answer), Kept(tmp_path / "kept"), lambda _cell: None)
    assert cells[0].message == "fast must be above 0"
    assert best_of(cells, "sharpe") is cells[1]
    lines = (tmp_path / "kept").read_text().splitlines()
    assert {json.loads(line)["status"] for line in lines} == {"failed", "passed"}


def test_heat_map_has_rows_columns_and_gaps_and_stands_in_the_best_cell():
    axes = [Axis("a", (1, 2)), Axis("b", (3, 4)), Axis("c", (5, 6))]
    cells = [
        cell(None if (a, b) == (2, 3) else a * 10 + b + c / 10, a=a, b=b, c=c)
        for a in (1, 2)
        for b in (3, 4)
        for c in (5, 6)
    ]
    values = heat_map(cells, axes, "sharpe")
    assert values[0] == [13.6, 14.6]
    assert math.isnan(values[1][0])
    assert values[1][1] == 24.6
    assert picture(cells, axes, "sharpe", "svg") == picture(cells, axes, "sharpe", "svg")
    assert picture(cells, axes, "sharpe", "png").startswith(b"\x89PNG")
    one = [cell(1.0, a=1), cell(None, a=2)]
    assert picture(one, [Axis("a", (1, 2))], "sharpe", "svg").startswith(b"<?xml")


def test_deflated_sharpe_ratio_is_the_papers_example():
    """Bailey and Lopez de Prado 2014: 100 trials, 1250 days, yearly ratio 2.5, variance 1/2."""
    luck = best_by_luck(1 / 2 / 250, 100)
    assert luck == pytest.approx(0.1132, abs=5e-5)
    best = Moments(observations=1250, sharpe=2.5 / math.sqrt(250), skewness=-3, kurtosis=10)
    # a hundred ratios whose variance is 1/2 a year: half of them this far below 0, half above
    apart = math.sqrt(1 / 2 / 250 * 99 / 100)
    told = deflated(best, [apart, -apart] * 50)
    assert told.trials == 100
    assert told.expected_best == pytest.approx(0.1132, abs=5e-5)
    assert told.probability == pytest.approx(0.9004, abs=5e-5)


def test_one_trial_is_no_selection():
    best = Moments(observations=101, sharpe=0.2, skewness=0, kurtosis=3)
    assert expected_best([0.2]) == 0
    # Phi(0.2 * 10 / sqrt(1 + 0.5 * 0.04)) = Phi(1.9803)
    assert deflated(best, [0.2]).probability == pytest.approx(0.97616, abs=1e-5)


def test_more_trials_make_the_same_best_worth_less():
    best = Moments(observations=300, sharpe=0.2, skewness=-0.5, kurtosis=5)
    told = [deflated(best, [0.2, 0.0] * n).probability for n in (1, 5, 50, 500)]
    assert told == sorted(told, reverse=True)


def ranked(one, sharpe):
    metrics = None if sharpe is None else Metrics(start="", end="", duration="", sharpe=sharpe)
    return Cell(
        key=cell_key(quick(one), "data", "image"),
        parameters=dict(one.parameters),
        status=Status.FAILED if sharpe is None else Status.PASSED,
        metrics=metrics,
        confirmed=False,
    )


def test_small_sweep_has_no_quick_pass():
    jobs = [job(fast=n) for n in range(CONFIRMED + 1)]
    assert not ranks_first(jobs[:CONFIRMED])
    assert ranks_first(jobs)


def test_sweep_with_finer_bars_has_no_quick_pass():
    finer = BacktestConfig(detail="1m")
    jobs = [replace(job(fast=n), config=finer) for n in range(20)]
    assert not ranks_first(jobs)


def test_quick_cell_is_never_taken_for_one_that_was_looked_at():
    one = job(fast=1)
    assert cell_key(quick(one), "data", "image") != cell_key(one, "data", "image")
    assert (quick(one).look, quick(one).causality) == (False, "audited")


def test_best_ten_are_run_again_the_best_one_first_and_failures_are_not():
    jobs = [job(fast=n) for n in range(14)]
    cells = [ranked(one, None if n == 13 else float(n)) for n, one in enumerate(jobs)]
    again = best_jobs(cells, jobs, "sharpe")
    assert [one.parameters["fast"] for one in again] == list(range(12, 2, -1))
    assert all(one.look for one in again)


def test_fewer_cells_with_a_value_than_are_looked_at_are_all_run_again():
    jobs = [job(fast=n) for n in range(12)]
    cells = [ranked(one, 1.0 if n < 3 else None) for n, one in enumerate(jobs)]
    assert len(best_jobs(cells, jobs, "sharpe")) == 3


@pytest.mark.parametrize("status", [Status.PASSED, Status.FAILED])
def test_cell_that_was_run_again_takes_the_place_of_its_quick_one(status):
    jobs = [job(fast=n) for n in range(11)]
    cells = [ranked(one, float(n)) for n, one in enumerate(jobs)]
    looked_at = cells[10].model_copy(update={"status": status, "confirmed": True, "key": "new"})
    merged = confirmed_by(cells, [looked_at])
    assert merged == (*cells[:10], looked_at)
