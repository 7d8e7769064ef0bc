"""Health and measures: each component asked for real, and bounded."""

import shutil
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, runtime_checkable

import structlog

from bot.config.settings import Settings
from bot.core.requests import ComponentHealth, Measures
from bot.landing.context import Watched, World
from bot.landing.lost import lost_lately
from components.errors import AlgoOpsError
from components.state.tables.notes import SETTINGS_REFUSED
from components.validator import check_code

LIMIT_S = 5.0
LOW_DISK_MB = 200
MB = 1024 * 1024
Probe = Callable[[World, Settings], ComponentHealth]

log = structlog.get_logger(__name__)


def health(world: World, settings: Settings) -> Mapping[str, ComponentHealth]:
    """Ask every component now, side by side; one that does not answer in time is not available."""
    pool = ThreadPoolExecutor(max_workers=len(_PROBES), thread_name_prefix="health")
    try:
        asked = {
            name: pool.submit(_guarded, probe, world, settings) for name, probe in _PROBES.items()
        }
        deadline = time.monotonic() + LIMIT_S
        answers = {}
        for name, future in asked.items():
            try:
                answers[name] = future.result(timeout=max(0.0, deadline - time.monotonic()))
            except TimeoutError:
                answers[name] = ComponentHealth(available=False, detail="did not answer in time")
        return answers
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _guarded(probe: Probe, world: World, settings: Settings) -> ComponentHealth:
    try:
        return probe(world, settings)
    except AlgoOpsError as error:
        return ComponentHealth(available=False, detail=type(error).__name__)
    except OSError as error:
        return ComponentHealth(available=False, detail=error.strerror or type(error).__name__)
    except Exception as error:  # whatever breaks a component, the others have an answer to give
        log.exception("a component broke")
        return ComponentHealth(available=False, detail=type(error).__name__)


def _state(world: World, _settings: Settings) -> ComponentHealth:
    world.store.check()
    return ComponentHealth(
        available=True, facts={"strategies_tracked": world.store.strategies.count()}
    )


def _of_each(world: World, ask: Callable[[Watched], object]) -> ComponentHealth:
    """Ask every repository: those that fail are named, and the bot is well while one answers."""
    failed = {}
    for name, watched in world.watched.items():
        try:
            ask(watched)
        except AlgoOpsError as error:
            failed[name] = f"{name}: {Exception.__str__(error)}"
    return ComponentHealth(
        available=not failed,
        vital=len(failed) == len(world.watched),
        detail="; ".join(failed.values()),
        facts={"repositories": len(world.watched)},
    )


def _safe_tools(world: World, _settings: Settings) -> ComponentHealth:
    def look(watched: Watched) -> None:
        watched.where.repository.strategy_trees(watched.forge.base(), watched.where.root)

    return _of_each(world, look)


def _validator(world: World, _settings: Settings) -> ComponentHealth:
    checked = check_code({"strategy.py": b"import os\n"}, policy=world.bench.policies.code)
    works = any(f.severity == "error" for f in checked.findings)
    return ComponentHealth(available=works, facts={"strict_mode": True})


def _sandbox(world: World, _settings: Settings) -> ComponentHealth:
    facts = world.bench.executor.describe()
    plain = {
        k: v
        for k, v in facts.items()
        if isinstance(v, str | int | float | bool) and k not in {"available", "detail"}
    }
    available = bool(facts.get("available", True))
    backend = str(facts.get("backend", ""))
    return ComponentHealth(
        available=available,
        detail=str(facts.get("detail", "")),
        facts={**plain, "backend": backend, "docker_available": backend == "docker"},
    )


def _git(world: World, _settings: Settings) -> ComponentHealth:
    return _of_each(world, lambda watched: watched.where.repository.tree_of(watched.forge.base()))


def _data(world: World, _settings: Settings) -> ComponentHealth:
    symbols = len(world.bench.data.symbols())
    return ComponentHealth(available=symbols > 0, facts={"symbols": symbols})


def _forge(world: World, _settings: Settings) -> ComponentHealth:
    return _of_each(world, lambda watched: watched.forge.ping())


def _disk(_world: World, settings: Settings) -> ComponentHealth:
    free = shutil.disk_usage(settings.state.dir).free // MB
    return ComponentHealth(available=free > LOW_DISK_MB, vital=False, facts={"free_mb": free})


def _jobs(world: World, _settings: Settings) -> ComponentHealth:
    """What broke lately, and is nobody's content: the newest is named."""
    broke = world.troubles.lately()
    detail = f"{len(broke)} broke lately: {broke[0]}" if broke else ""
    return ComponentHealth(available=not broke, vital=False, detail=detail)


def _settings_taken(world: World, _settings: Settings) -> ComponentHealth:
    refused = world.store.meta.get(SETTINGS_REFUSED)
    return ComponentHealth(available=not refused, vital=False, detail=refused)


_PROBES: dict[str, Probe] = {
    "state_manager": _state,
    "safe_tools": _safe_tools,
    "output_validator": _validator,
    "sandbox_runner": _sandbox,
    "git_manager": _git,
    "market_data": _data,
    "forge": _forge,
    "disk": _disk,
    "jobs": _jobs,
    "settings": _settings_taken,
}


@runtime_checkable
class Metered(Protocol):
    """A forge that counts what it asks: GitHub grants so many calls an hour."""

    @property
    def outcomes(self) -> Mapping[str, int]:
        """How calls ended -> how many, since the start."""

    @property
    def calls_left(self) -> int | None:
        """How many are left, None while that is not known."""


def measure(world: World) -> Measures:
    """Values for /metrics, from a few counted queries."""
    stats = world.store.stats()
    facts = world.bench.executor.describe()
    metered = {n: w.forge for n, w in world.watched.items() if isinstance(w.forge, Metered)}
    sandbox = {k: v for k in ("warm", "busy", "starting") if isinstance(v := facts.get(k), int)}
    return Measures(
        queue=dict(stats.jobs),
        event_lag_s=stats.inbox_oldest_s,
        oldest_job_s=world.store.jobs.oldest_s(),
        sandbox=sandbox,
        forge_calls={
            (name, outcome): count
            for name, forge in metered.items()
            for outcome, count in forge.outcomes.items()
        },
        forge_quota={n: f.calls_left for n, f in metered.items() if f.calls_left is not None},
        deployments=dict(stats.landings),
        strategies=dict(stats.strategies),
        database_bytes=stats.database_bytes + stats.wal_bytes,
        lost=len(lost_lately(world.store)),
        settings_refused=bool(world.store.meta.get(SETTINGS_REFUSED)),
        orders=world.store.forward.counts(),
    )
