"""PURE: the pictures of a tear sheet, as SVG with classes and without scripts or inline styles."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup, escape

from bot.report.lines import MARGIN, Frame, path_of
from bot.report.trade_stats import nice

WIDE = 900.0
LEFT, RIGHT, TOP, FLOOR = 64.0, 12.0, 8.0, 22.0
ACROSS = 6
"""Labels on the lower edge."""

DAY = 86_400.0
_PATH = Markup('<path class="{}" d="{}"/>')
_RULE = Markup('<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>')
_TEXT = Markup('<text class="{}" x="{}" y="{}">{}</text>')
_BAR = Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>')
Words = Callable[[float], str]


@dataclass(frozen=True)
class Trace:
    """A line: its style, and its points. `filled`: with the area between it and zero."""

    style: str
    across: Sequence[float]
    up: Sequence[float]
    filled: bool = False


@dataclass(frozen=True)
class Drawing:
    """How a chart is drawn.

    Attributes:
        label: what it shows, in words, for those who do not see it.
        tall: height of the drawn area.
        across, up: the words at the edges.
        level: a dashed line at this height.
        most: most points of a line.
        whole: heights are counts: there is nothing to mark between two of them.
    """

    label: str
    tall: float
    across: Words
    up: Words
    level: float | None = None
    most: int = 1_000
    whole: bool = False


def line_chart(curves: Sequence[Trace], look: Drawing) -> Markup:
    """Lines in one frame with an axis on either side; nothing where there is no point."""
    if not any(curve.up for curve in curves):
        return Markup()
    rows = [v for c in curves for v in c.up] + ([] if look.level is None else [look.level])
    if any(c.filled for c in curves):
        rows.append(0.0)
    low, high, marks = _marks(min(rows), max(rows), look)
    start = min(c.across[0] for c in curves if c.across)
    end = max(c.across[-1] for c in curves if c.across)
    size = (WIDE - LEFT - RIGHT, look.tall)
    frame = Frame((start, end), (low, high), size, look.most)
    drawn = [
        part
        for curve in curves
        if curve.up
        for path in [path_of(curve.across, curve.up, frame, 0.0 if curve.filled else None)]
        for part in (
            _PATH.format(f"{curve.style}-fill", path.area) if curve.filled else Markup(),
            _PATH.format(curve.style, path.line),
        )
    ]
    if look.level is not None:
        at = _height(look.level, (low, high), look.tall)
        drawn.append(_RULE.format("level", 0, size[0], at, at))
    axes = [*_up_axis(marks, (low, high), look, size[0]), *_time_axis(start, end, look, size[0])]
    return _svg(look, [*axes, *drawn])


def bar_chart(bars: Sequence[tuple[str, float, bool]], look: Drawing) -> Markup:
    """A bar up or down from zero for each name, value and whether it is a gain; names below."""
    if not bars:
        return Markup()
    values = [value for _, value, _ in bars]
    low, high, marks = _marks(min(0.0, *values), max(0.0, *values), look)
    wide = WIDE - LEFT - RIGHT
    step = wide / len(bars)
    every = max(1, math.ceil(len(bars) / 22))
    zero = _height(0.0, (low, high), look.tall)
    parts = _up_axis(marks, (low, high), look, wide)
    for place, (name, value, gain) in enumerate(bars):
        at = _height(value, (low, high), look.tall)
        box = (place * step + step * 0.12, min(at, zero), step * 0.76, abs(at - zero))
        style = "gain" if gain else "lost"
        parts.append(_BAR.format(style, *map(_shown, box), f"{name}: {look.up(value)}"))
        if place % every == 0:
            parts.append(_TEXT.format("mid", _shown((place + 0.5) * step), look.tall + 15, name))
    return _svg(look, parts)


def day_words(span: float) -> Words:
    """How a moment is written on an axis that is `span` seconds long."""
    form = "%m-%d %H:%M" if span < 4 * DAY else "%Y-%m-%d" if span < 900 * DAY else "%Y-%m"
    return lambda moment: datetime.fromtimestamp(moment, UTC).strftime(form)


def _marks(low: float, high: float, look: Drawing) -> tuple[float, float, list[float]]:
    """Round bounds around a range, and the round numbers between them."""
    step = nice((high - low) / 4 or abs(high) / 4 or 1.0)
    if look.whole:
        step = float(max(1, math.ceil(step)))
    first, last = math.floor(low / step), math.ceil(high / step)
    last = last if last > first else first + 1
    return first * step, last * step, [n * step for n in range(first, last + 1)]


def _height(value: float, bounds: tuple[float, float], tall: float) -> float:
    low, high = bounds
    return _shown(MARGIN + (tall - 2 * MARGIN) * (1 - (value - low) / (high - low)))


def _up_axis(
    marks: Sequence[float], bounds: tuple[float, float], look: Drawing, wide: float
) -> list[Markup]:
    parts = []
    for mark in marks:
        at = _height(mark, bounds, look.tall)
        parts.append(_RULE.format("zero" if mark == 0 else "grid", 0, wide, at, at))
        parts.append(_TEXT.format("end", -8, _shown(at + 4), look.up(mark)))
    return parts


def _time_axis(start: float, end: float, look: Drawing, wide: float) -> list[Markup]:
    parts = []
    for place in range(ACROSS):
        style = "begin" if place == 0 else "end" if place == ACROSS - 1 else "mid"
        words = look.across(start + (end - start) * place / (ACROSS - 1))
        x = _shown(wide * place / (ACROSS - 1))
        parts.append(_TEXT.format(style, x, look.tall + 17, words))
    return parts


def _svg(look: Drawing, parts: Sequence[Markup]) -> Markup:
    tall = look.tall + TOP + FLOOR
    head = Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        _shown(WIDE), _shown(tall), escape(look.label)
    )
    moved = Markup('<g transform="translate({},{})">').format(LEFT, TOP)
    return head + moved + Markup("").join(parts) + Markup("</g></svg>")


def _shown(value: float) -> float:
    return round(value, 1)
