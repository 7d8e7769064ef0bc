"""A sweep as a heat map: a metric over two parameters, or a curve over one."""

import io
import math
from collections.abc import Sequence
from typing import Any, Literal

from bot.sweep.grid import Axis, Cell, best_of, value_of

_MOST_NUMBERS = 150
"""Cells that have room for their value."""

_MOST_TICKS = 25


def heat_map(cells: Sequence[Cell], axes: Sequence[Axis], metric: str) -> list[list[float]]:
    """Values by the first axis (rows) and the second (columns; one where there is none).

    Further axes stand at their values in the best cell. NaN where a trial has no value.
    """
    best = best_of(cells, metric)
    fixed = {a.name: best.parameters[a.name] for a in axes[2:]} if best is not None else {}
    rows, columns = axes[0], axes[1] if len(axes) > 1 else None
    found = {}
    for cell in cells:
        if all(cell.parameters[name] == value for name, value in fixed.items()):
            across = cell.parameters[columns.name] if columns else ""
            found[cell.parameters[rows.name], across] = value_of(cell, metric)
    wide = columns.values if columns else ("",)
    return [[_or_nan(found.get((down, across))) for across in wide] for down in rows.values]


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def picture(
    cells: Sequence[Cell], axes: Sequence[Axis], metric: str, kind: Literal["svg", "png"]
) -> bytes:
    """The file's content; equal cells give equal bytes.

    Args:
        cells: of the whole grid.
        axes: as the grid was made of.
        metric: a field of `Metrics`.
        kind: file format.
    """
    import matplotlib as mpl  # noqa: PLC0415  # slow to import, needed for files only
    from matplotlib.figure import Figure  # noqa: PLC0415  # as above

    values = heat_map(cells, axes, metric)
    with mpl.rc_context({"svg.hashsalt": "algoops", "font.size": 9}):
        figure = Figure(figsize=(8, 6), layout="constrained")
        plot = figure.subplots()
        image = plot.imshow(values, aspect="auto", origin="lower", cmap="coolwarm")
        figure.colorbar(image, label=metric)
        plot.set_title(_title(cells, axes, metric))
        _name(plot.set_yticks, plot.set_ylabel, axes[0])
        if len(axes) > 1:
            _name(plot.set_xticks, plot.set_xlabel, axes[1])
        else:
            plot.set_xticks([])
        _write_numbers(plot, values)
        file = io.BytesIO()
        figure.savefig(file, format=kind, metadata={"Date": None} if kind == "svg" else None)
    return file.getvalue()


def _title(cells: Sequence[Cell], axes: Sequence[Axis], metric: str) -> str:
    best = best_of(cells, metric)
    if best is None or len(axes) < 3:  # noqa: PLR2004  # the two that are drawn
        return metric
    others = ", ".join(f"{axis.name}={best.parameters[axis.name]}" for axis in axes[2:])
    return f"{metric} at {others}"


def _name(set_ticks: Any, set_label: Any, axis: Axis) -> None:
    every = -(-len(axis.values) // _MOST_TICKS)
    places = range(0, len(axis.values), every)
    set_ticks(list(places), [str(axis.values[place]) for place in places])
    set_label(axis.name)


def _write_numbers(plot: Any, values: list[list[float]]) -> None:
    if sum(map(len, values)) > _MOST_NUMBERS:
        return
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            shown = "-" if math.isnan(value) else f"{value:.2f}"
            plot.text(column, row, shown, ha="center", va="center")
