"""Health: each component asked, at most once a second; and the probes."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from fastapi.concurrency import run_in_threadpool

from bot.core.requests import ComponentHealth
from bot.server.backend import Backend
from bot.server.shapes import HealthAnswer
from components.texts import scrub

FRESH_S = 1.0
STRATEGY_COMPONENTS = (
    "state_manager",
    "safe_tools",
    "output_validator",
    "sandbox_runner",
    "git_manager",
    "forge",
    "disk",
    "jobs",
    "settings",
)
BACKTEST_COMPONENTS = ("state_manager", "sandbox_runner", "market_data")

Overall = Literal["healthy", "degraded", "unhealthy"]


class Health:
    """The components' last answers, renewed when older than FRESH_S; one question at a time."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._lock = asyncio.Lock()
        self._asked_at = float("-inf")
        self._answers: Mapping[str, ComponentHealth] = {}

    async def components(self) -> Mapping[str, ComponentHealth]:
        """Every component's answer."""
        async with self._lock:
            if time.monotonic() - self._asked_at > FRESH_S:
                found = await run_in_threadpool(self._backend.health)
                self._answers = {
                    name: replace(answer, detail=scrub(answer.detail))
                    for name, answer in found.items()
                }
                self._asked_at = time.monotonic()
        return self._answers

    async def answer(self, names: tuple[str, ...]) -> HealthAnswer:
        """The document of a health endpoint; a component that gave no answer is not available."""
        components = await self.components()
        silent = ComponentHealth(available=False, detail="gave no answer")
        chosen = {name: components.get(name, silent) for name in names}
        return HealthAnswer(
            overall=overall(chosen), components={n: _document(c) for n, c in chosen.items()}
        )


def overall(components: Mapping[str, ComponentHealth]) -> Overall:
    """Unhealthy when a vital component is away, degraded when another is."""
    away = [c for c in components.values() if not c.available]
    if any(c.vital for c in away):
        return "unhealthy"
    return "degraded" if away else "healthy"


def _document(component: ComponentHealth) -> dict[str, Any]:
    return {
        "available": component.available,
        **component.facts,
        "detail": component.detail,
    }
