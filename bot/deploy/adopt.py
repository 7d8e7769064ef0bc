"""Taking in what came onto the base without the bot: it is checked, and recorded if it passes."""

from collections.abc import Sequence

from bot.core.notices import StrategyChanged
from bot.deploy.recheck import DRIFT, judge_base
from bot.landing.context import Watched, World
from bot.landing.drifted import Drift, adopt_drift, drifted
from bot.landing.outcomes import CommandOutcome
from bot.report.answers import adopted, not_adopted
from components.schema.results.report import StrategyReport
from components.schema.results.values import Verdict
from components.state.tables.records import Job


def adopt(world: World, watched: Watched, name: str, actor: str, job: Job) -> CommandOutcome:
    """Check what is on the base of a strategy, and record that it is meant; or say why not.

    Raises:
        Superseded: the daemon is stopping.
        TransientError: the forge failed; tried again.
    """
    drift = next((d for d in drifted(world.store, watched.name) if d.name == name), None)
    if drift is None:
        words = f"{name} is on the base as the bot knows it: there is nothing to take in"
        return CommandOutcome(ok=False, code="not_drifted", message=words)
    problem = drift.refused
    if not problem and not drift.gone:
        current = world.store.deployments.current(watched.name, name)
        judged = judge_base(world, watched, job, {name}, DRIFT)
        problem = _fails([s for s in judged if current and s.tree == current.tree])
    if problem:
        return CommandOutcome(ok=False, code="not_adopted", message=not_adopted(name, problem))
    with watched.lane:
        return _taken_in(world, watched, drift, actor)


def _fails(judged: Sequence[StrategyReport]) -> str:
    """Why what was checked does not pass, "" where it does."""
    if not judged:
        return "it changed again meanwhile, or its check was stopped: ask again"
    if judged[0].verdict is Verdict.PASSED:
        return ""
    failed = next((c for c in judged[0].checks if c.name is judged[0].stage), None)
    return f"its check says: {failed.summary if failed else judged[0].verdict}".rstrip(".")


def _taken_in(world: World, watched: Watched, drift: Drift, actor: str) -> CommandOutcome:
    """Record it, where it is still what was checked. The caller holds the lane."""
    store, name = world.store, drift.name
    if drift not in drifted(store, watched.name):
        words = not_adopted(name, "it changed again meanwhile: ask again")
        return CommandOutcome(ok=False, code="moved_on", message=words)
    with store.transaction():
        adopt_drift(store, watched.name, drift)
        store.audit.append(
            actor,
            "drift.adopted",
            name,
            new=drift.version,
            details={"why": drift.why},
            repository=watched.name,
        )
    world.progress.tell(StrategyChanged(name))
    message = adopted(name, drift.version, gone=drift.gone)
    return CommandOutcome(ok=True, code="adopted", message=message)
