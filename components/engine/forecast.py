"""Whether streaming to the end will fit its CPU time, told from what it has cost so far."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.ports import Guest

LOOK_S = 0.1
"""How often the guest's CPU time is read."""

TRIED_SHARE = 0.1
"""Share of the budget that must be spent before anything is told: first bars are no measure."""


class TooDear(Exception):
    """Streaming would not fit; the strategy did nothing wrong.

    Attributes:
        whole_s: CPU seconds that it would take.
        budget_s: those that it may take.
    """

    def __init__(self, whole_s: float, budget_s: float) -> None:
        super().__init__("streaming would take more CPU time than the policy gives")
        self.whole_s, self.budget_s = whole_s, budget_s


class Forecast:
    """One streamed run.

    Args:
        guest: asked for its CPU time.
        bars: how many will be streamed.
        budget_s: CPU seconds that this may take; None: there is no bound.
    """

    def __init__(self, guest: Guest, bars: int, budget_s: float | None) -> None:
        self._guest, self._bars, self._budget_s = guest, bars, budget_s
        self._next = time.monotonic() + LOOK_S
        self._seen: list[tuple[int, float]] = [(0, guest.cpu_s() or 0.0)]

    def look(self, done: int) -> None:
        """To be asked after each bar. Raises TooDear.

        Args:
            done: bars that were streamed so far.
        """
        if self._budget_s is None or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + LOOK_S
        spent_s = self._guest.cpu_s()
        if spent_s is None:
            return
        self._seen.append((done, spent_s))
        if spent_s - self._seen[0][1] > TRIED_SHARE * self._budget_s:
            whole_s = self._whole_s()
            if whole_s > self._budget_s:
                raise TooDear(whole_s, self._budget_s)

    def _whole_s(self) -> float:
        """CPU seconds for all bars, where each costs a + b * (bars before it), b >= 0."""
        begin = self._seen[0][1]
        done, spent_s = self._seen[-1][0], self._seen[-1][1] - begin
        half, half_s = min(self._seen, key=lambda seen: abs(seen[0] - done / 2))
        half_s -= begin
        if not 0 < half < done:
            return spent_s * self._bars / done
        slope = max(0.0, (spent_s / done - half_s / half) / (done - half))
        base = max(0.0, spent_s / done - slope * done)
        return base * self._bars + slope * self._bars**2
