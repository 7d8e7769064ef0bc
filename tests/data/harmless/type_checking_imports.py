from __future__ import annotations

from typing import TYPE_CHECKING

from backtesting import Strategy

if TYPE_CHECKING:
    from collections.abc import Sequence
    import numpy.typing as npt


def last(values: Sequence[float]) -> float:
    return values[-1]


def shape(values: "npt.NDArray") -> "tuple[int, ...]":
    return values.shape


class S(Strategy):
    def init(self: "S") -> "None":
        pass

    def next(self) -> None:
        if last(self.data.Close) > 0:
            self.buy()
