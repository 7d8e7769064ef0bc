"""Taking in what came onto the base without the bot: it is checked, and recorded if it passes."""

from collections.abc import Sequence

from bot.core.notices import StrategyChanged
from bot.deploy.drift import see_base
from bot.deploy.recheck import DRIFT, judge_base
from bot.deploy.restore import nothing_drifted
from bot.landing.context import Watched, World
from bot.landing.drifted import Drift, adopt_drift, find_drift
from bot.landing.outcomes import CommandOutcome
from bot.landing.own_commits import PROPOSAL
from bot.landing.reverts import open_rollback
from bot.landing.unfinished import finish_open, refuse_unknown
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
    with watched.lane:
        watched.forge.fetch()
        refuse_unknown(finish_open(world, watched), name)
        seen = find_drift(world.store, watched.name, name)
        see_base(world, watched, name)
        drift = find_drift(world.store, watched.name, name)
        if drift is None:
            return nothing_drifted(world, watched, name)
        waiting = _rollback_under_way(world, watched, name)
        if waiting is not None:
            return waiting
    if seen is not None and seen.tree != drift.tree:
        return _moved_on(name)  # whoever asked has not seen what is there now
    problem = drift.refused
    if not problem and not drift.gone:
        current = world.store.deployments.current(watched.name, name)
        judged = judge_base(world, watched, job, {name}, DRIFT)
        problem = _fails([s for s in judged if current and s.tree == current.tree])
    if problem:
        return CommandOutcome(ok=False, code="not_adopted", message=_not_adopted(drift, problem))
    with watched.lane:
        return _taken_in(world, watched, drift, actor)


def _rollback_under_way(world: World, watched: Watched, name: str) -> CommandOutcome | None:
    """Somebody wants what was tested back, and that waits: both answers would contradict."""
    try:
        intent = open_rollback(world, watched, name, "")
    except LookupError:
        return None
    where = intent.details.get(PROPOSAL, "its branch")
    words = not_adopted(name, f"a rollback of it waits already: merge or close {where} first", [])
    return CommandOutcome(ok=False, code="under_way", message=words)


def _not_adopted(drift: Drift, problem: str) -> str:
    others = [answer for answer in drift.answers if not answer[0].startswith("adopt ")]
    return not_adopted(drift.name, problem, others)


def _fails(judged: Sequence[StrategyReport]) -> str:
    """Why what was checked does not pass, "" where it does."""
    if not judged:
        return "it changed again meanwhile, or its check was stopped: ask again"
    if judged[0].verdict is Verdict.PASSED:
        return ""
    failed = next((c for c in judged[0].checks if c.name is judged[0].stage), None)
    return f"its check says: {failed.summary if failed else judged[0].verdict}".rstrip(".")


def _moved_on(name: str) -> CommandOutcome:
    words = not_adopted(name, "it changed again meanwhile: look at it, then ask again", [])
    return CommandOutcome(ok=False, code="moved_on", message=words)


def _taken_in(world: World, watched: Watched, drift: Drift, actor: str) -> CommandOutcome:
    """Record it, where it is still what was checked. The caller holds the lane."""
    store, name = world.store, drift.name
    now = find_drift(store, watched.name, name)
    if now is None or (now.mark, now.tree) != (drift.mark, drift.tree):
        return _moved_on(name)
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
