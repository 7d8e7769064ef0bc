"""A strategy's content at a ref, for one-off requests: sandbox tests and backtests."""

from dataclasses import dataclass

from bot.checks.run import read_subject
from bot.checks.strategy import Subject
from bot.core.decisions import StrategyChange
from bot.landing.context import Watched, World
from bot.landing.drifted import find_drift
from bot.server.backend import NotFound
from components.errors import UserError
from components.state.tables.records import Strategy


@dataclass(frozen=True)
class Found:
    """A known strategy, where it is watched, and its content."""

    strategy: Strategy
    watched: Watched
    subject: Subject


def find_strategy(world: World, name: str) -> tuple[Strategy, Watched]:
    """A strategy by number or name, with its repository.

    Raises:
        NotFound: there is none.
    """
    strategy = world.store.strategies.find(name)
    if strategy is None or strategy.repository not in world.watched:
        raise NotFound(f"there is no strategy {name}")
    return strategy, world.watched[strategy.repository]


def find_changed(world: World, name: str) -> tuple[str, Watched]:
    """Name and repository of a strategy by number or name, or of content that is on no record.

    Raises:
        NotFound: there is none.
        UserError: several repositories have one.
    """
    if (known := world.store.strategies.find(name)) and known.repository in world.watched:
        return known.name, world.watched[known.repository]
    drifted = ((w, find_drift(world.store, w.name, name)) for w in world.watched.values())
    found = [watched for watched, drift in drifted if drift is not None and drift.answers]
    if len(found) > 1:
        where = ", ".join(w.name for w in found)
        raise UserError(f"{where} have {name}", hint="answer on the command line: --repository")
    if not found:
        raise NotFound(f"there is no strategy {name[:100]!r}")
    return name, found[0]


def find_subject(world: World, name: str, ref: str = "") -> Found:
    """A strategy's content at a branch, tag or commit; "" is what is deployed, else proposed.

    Raises:
        NotFound: no such strategy, or it is not there at that ref.
    """
    strategy, watched = find_strategy(world, name)
    watched.forge.fetch()
    repository = watched.where.repository
    tree = _tree_at(watched, strategy.name, ref) if ref else _current_tree(world, watched, strategy)
    if tree is None:
        raise NotFound(f"{strategy.name} is not there at {ref or 'the base'}")
    if repository.objects.header(tree) is None:
        raise NotFound(f"the content of {strategy.name} is not in the repository any more")
    change = StrategyChange(strategy.name, None, tree)
    return Found(strategy, watched, read_subject(watched.where, change))


def _tree_at(watched: Watched, name: str, ref: str) -> str | None:
    commit = watched.where.repository.resolve(ref)
    if commit is None:
        raise NotFound(f"there is no branch, tag or commit {ref!r}")
    return watched.where.repository.tree_at(commit, f"{watched.where.root}/{name}")


def _current_tree(world: World, watched: Watched, strategy: Strategy) -> str | None:
    deployed = _tree_at(watched, strategy.name, watched.forge.base())
    if deployed is not None:
        return deployed
    proposed = world.store.versions.newest_proposed(watched.name, strategy.name)
    newest = proposed or world.store.versions.last_moved(watched.name, strategy.name)
    return newest.tree if newest is not None and newest.tree else None
