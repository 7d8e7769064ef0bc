import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.settings import PROJECT
from bot.report.book import correlation_words
from bot.server import figures, text
from bot.server.paging import Page
from bot.server.render import Renderer, inline
from bot.server.strategy_view import diff_lines
from components.schema.results.values import (
    CheckName,
    EquityPoint,
    ExecutionResult,
    Finding,
    Status,
)
from components.state import Lifecycle
from tests.server_support import result

DASH, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"
finite = st.floats(allow_nan=False, allow_infinity=False, width=32)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, DASH),
        (0, "0.00"),
        (-1.5, f"{MINUS}1.50"),
        (1234.5, "1,234"),
        (-98765, f"{MINUS}98,765"),
        (-0.001, "0.00"),
    ],
)
def test_numbers_are_written_for_people(value, shown):
    assert text.number(value) == shown


@pytest.mark.parametrize(("value", "shown"), [(0.0123, "0.0123"), (12.5, "12.5"), (3, "3")])
def test_sizes_lose_their_idle_zeros(value, shown):
    assert text.number(value, 4) == shown


def test_profits_carry_their_sign():
    assert [text.signed(v) for v in (1, -1, 0, None)] == ["+1.00", f"{MINUS}1.00", "0.00", DASH]


def test_no_number_for_people_is_a_zero_with_a_minus():
    """`z` in a format takes the sign off what rounds to zero; each format of a fraction has it."""
    places = [*(PROJECT / "bot/report").rglob("*"), *(PROJECT / "bot/server").rglob("*")]
    texts = {path: path.read_text() for path in places if path.suffix in {".py", ".html"}}
    without = {
        f"{path.relative_to(PROJECT)}: {found}"
        for path, words in texts.items()
        for found in re.findall(r":\+?,?\.(?:\d|\{\w+\})f\}", words)
    }
    assert len(texts) > 50
    assert not without
    assert correlation_words(-0.004) == "0.00"


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0042, "4 ms"), (1.25, "1.2 s"), (61, "1 min 1 s"), (600, "10 min 0 s")]
)
def test_durations_are_written_for_people(value, shown):
    assert text.seconds(value) == shown


@pytest.mark.parametrize(
    ("identifier", "shown"),
    [("pr/12", "#12"), ("branch/a/b", "a/b"), ("base/main", "main as it is"), ("odd", "odd")],
)
def test_proposals_are_named_as_people_name_them(identifier, shown):
    assert text.proposal(identifier) == shown


def test_every_lifecycle_state_has_its_word_and_icon():
    assert all(text.tone(state).word != state for state in Lifecycle)


def test_the_caret_stands_under_the_column_behind_tabs():
    finding = Finding(
        check=CheckName.CODE, rule="r", message="m", source_line="\tx = eval(1)", column=6
    )
    line, below = text.caret(finding).split("\n")
    assert line[below.index("^")] == "e"
    assert below.startswith("\t")


@given(st.text())
def test_inline_code_escapes_whatever_it_is_given(plain):
    shown = inline(plain)
    assert "<" not in str(shown).replace("<code>", "").replace("</code>", "")


def test_inline_code_shows_backticks_as_code():
    assert str(inline("`os` & <b>")) == "<code>os</code> &amp; &lt;b&gt;"


def test_a_diff_has_its_lines_marked_and_its_heads_dropped():
    unified = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n c\n"
    assert [kind for kind, _ in diff_lines(unified)] == ["hunk", "del", "add", "same"]


# --- figures -----------------------------------------------------------------------------------


def made(values: list[float], benchmark: float | None = None) -> ExecutionResult:
    points = tuple(
        EquityPoint(
            time=f"2020-01-{n + 1:02d}",
            equity=v,
            drawdown_pct=-abs(v) % 100 * -1,
            benchmark=benchmark,
        )
        for n, v in enumerate(values)
    )
    return ExecutionResult(status=Status.PASSED, symbol="X", equity=points)


@given(st.lists(finite, min_size=1, max_size=28))
def test_any_curve_is_drawn_within_its_frame(values):
    found = made(values)
    figure = figures.figure(figures.curves_of("x", found, None), found)
    pairs = figure.lines[0].path.removeprefix("M").split("L")
    for pair in pairs:
        x, y = map(float, pair.split(","))
        assert -0.1 <= x <= 1000.1
        assert math.isfinite(y)
        assert -0.1 <= y <= 220.1


def test_a_flat_curve_is_drawn():
    assert figures.spark(made([5.0, 5.0, 5.0]).equity) is not None


def test_a_single_point_has_no_spark():
    assert figures.spark(made([5.0]).equity) is None


def test_a_long_curve_is_thinned_but_keeps_its_end():
    found = result()
    spark = figures.spark(found.equity)
    assert spark is not None
    assert spark.line.count("L") <= figures.SPARK_POINTS
    assert spark.line.rpartition("L")[2].startswith("100.0,")


def test_curves_of_different_days_share_one_axis():
    new, old = made([1, 2, 3]), made([4, 5])
    chart = figures.chart(figures.curves_of("x", new, old), new.equity)
    assert [s["values"] for s in chart["equity"]] == [[1, 2, 3], [4, 5, None]]
    assert len(chart["time"]) == 3
    assert chart["time"][1] - chart["time"][0] == 86_400


# --- pages -------------------------------------------------------------------------------------


@given(st.integers(1, 10_000), st.integers(1, 200), st.integers(0, 100_000))
def test_a_page_past_the_end_is_the_last_one(number, size, total):
    page = Page.of(number, size, total)
    assert 1 <= page.number <= page.pages
    assert page.offset <= total
    assert page.first <= page.last + 1


def test_a_list_of_unknown_length_has_a_next_page_while_more_was_found():
    assert Page.unknown(2, 50).ending(51).pages == 3
    assert Page.unknown(2, 50).ending(50).pages == 2


def test_a_page_without_a_value_it_needs_is_an_error_not_an_empty_place():
    with pytest.raises(Exception, match="undefined"):
        Renderer().page("run.html")


@given(finite, finite)
def test_values_of_an_axis_are_round_and_stand_where_the_line_is(one, other):
    low, high = sorted((one, other))
    marks = figures.marks(low, high, 220.0)
    assert len(marks) <= 6
    assert all(-0.1 <= mark.top <= 100.1 for mark in marks)
    assert [mark.top for mark in marks] == sorted((mark.top for mark in marks), reverse=True)


def test_values_of_an_axis_are_in_few_letters():
    assert [m.words for m in figures.marks(95, 122.5, 220.0)] == ["100", "110", "120"]
    assert [m.words for m in figures.marks(0, 286428, 220.0)] == ["0", "100k", "200k"]
    assert figures.marks(-60.0, 0.0, 110.0, " %")[0].words == f"{MINUS}60 %"
