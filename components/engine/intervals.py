"""Lengths of bars, as definitions write them (1m, 4h, 1d)."""

from __future__ import annotations

import re

from components.errors import UserError

_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}


def check_detail(detail: str, interval: str) -> None:
    """Raises UserError where bars of `interval` are not made of bars of `detail`."""
    fine, coarse = minutes(detail), minutes(interval)
    if not (fine and coarse) or fine >= coarse or coarse % fine:
        raise UserError(
            f"backtest.detail {detail} must be shorter than the interval {interval} and divide it",
            hint="both in m, h or d, such as `detail: 1m` for bars of 1h or 1d",
        )


def minutes(interval: str) -> int | None:
    """Its length; None: it is counted in weeks or months, which are not all of one length."""
    found = re.fullmatch(r"(\d+)([mhd])", interval)
    return int(found[1]) * _MINUTES[found[2]] if found else None
