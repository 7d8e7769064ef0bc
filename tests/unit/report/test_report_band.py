"""A result that single bars leave open, or that trades parts of a unit, says so in the report."""

from bot.report.details import details
from bot.report.tables import metrics_tables
from components.schema.results.values import Band
from tests.unit.report import shapes


def with_band(report, **ends):
    (strategy,) = report.strategies
    (result,) = strategy.results
    band = Band(trades=41, first_bar=3, first_time="2020-01-04T00:00:00", **ends)
    changed = result.model_copy(update={"band": band, "unit": 1e-6})
    strategy = strategy.model_copy(update={"results": (changed,)})
    return report.model_copy(update={"strategies": (strategy,)})


def ends_of(report):
    metrics = report.strategies[0].results[0].metrics
    worse = metrics.model_copy(update={"return_pct": -88.0, "sharpe": -3.0})
    better = metrics.model_copy(update={"return_pct": 703.0, "sharpe": 4.5})
    return {"stops_first": worse, "targets_first": better}


def test_band_stands_below_the_metrics_and_in_the_details():
    report = shapes.passed_new()
    shown = with_band(report, **ends_of(report))
    for text in (metrics_tables(shown), details(shown.strategies[0])):
        assert "single bars can't decide 41 trades" in text
        assert "Return -88.0 % to 703.0 %; Sharpe -3.00 to 4.50" in text
    assert "in multiples of 0.000001" in details(shown.strategies[0])


def test_band_that_could_not_be_played_is_said_to_be_so():
    text = metrics_tables(with_band(shapes.passed_new()))
    assert "the other order could not be played" in text


def test_result_without_a_band_says_nothing_of_it():
    report = shapes.passed_new()
    assert "single bars" not in metrics_tables(report) + details(report.strategies[0])
