"""PURE: lines as SVG path texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

MARGIN = 2.0


@dataclass(frozen=True)
class Frame:
    """What a drawn line stands in: the range of either axis, its size, and its most points."""

    across: tuple[float, float]
    up: tuple[float, float]
    size: tuple[float, float]
    most: int


@dataclass(frozen=True)
class Path:
    """Two SVG path texts: the line, and the area between it and an edge."""

    line: str
    area: str


def path_of(
    times: Sequence[float],
    values: Sequence[float],
    frame: Frame,
    edge: float | None = None,
) -> Path:
    """SVG path texts of a line in a frame; the area reaches to `edge`, else the floor."""
    wide, tall = frame.size
    span, reach = (frame.across[1] - frame.across[0]) or 1.0, (frame.up[1] - frame.up[0]) or 1.0
    step = max(1, -(-len(values) // frame.most))
    chosen = sorted({*range(0, len(values), step), len(values) - 1})

    def y(value: float) -> float:
        return MARGIN + (tall - 2 * MARGIN) * (1 - (value - frame.up[0]) / reach)

    spots = [(wide * (times[i] - frame.across[0]) / span, y(values[i])) for i in chosen]
    line = "M" + "L".join(f"{x:z.1f},{v:z.1f}" for x, v in spots)
    floor = tall if edge is None else y(edge)
    area = f"{line}L{spots[-1][0]:z.1f},{floor:z.1f}L{spots[0][0]:z.1f},{floor:z.1f}Z"
    return Path(line, area)


def seconds_of(iso: str) -> float:
    """Seconds since 1970 of an ISO time; one without an offset is in UTC."""
    moment = datetime.fromisoformat(iso)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
