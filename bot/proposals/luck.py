"""Who counts a proposal's tries, and whether its verdict still holds against all of them."""

from bot.checks.base_policies import bench_at
from bot.checks.luck import judged_again
from bot.checks.subject import Bench
from bot.landing.context import Watched, World
from bot.landing.tries import LiveCounter, StoreCounter
from bot.report.values import is_live
from components.errors import ConfigError
from components.ports import Proposal
from components.schema.results.report import Report, StrategyReport
from components.schema.results.values import Verdict
from components.state import Store


def counter_of(store: Store, repository: str, proposal: Proposal) -> StoreCounter:
    """Who counts the tries of a proposal, or holds what is live against its own count."""
    kind = LiveCounter if is_live(proposal.id) else StoreCounter
    return kind(store, repository, "push", proposal.id, proposal.author)


def judged_now(counter: StoreCounter, bench: Bench, strategy: StrategyReport) -> StrategyReport:
    """A known verdict held against the tries and the book of now; no backtest is run."""
    return judged_again(strategy, bench.policies.risk, counter)


def luck_turned(
    world: World, watched: Watched, proposal: Proposal, base: str, report: Report
) -> bool:
    """Whether a strategy of a report passed that luck alone explains by now."""
    passed = [s for s in report.strategies if s.verdict is Verdict.PASSED and s.luck]
    try:
        bench = bench_at(watched.where, world.bench, base)
    except ConfigError:
        return False  # the run that comes says it
    counter = counter_of(world.store, watched.name, proposal)
    return any(judged_now(counter, bench, s).verdict is not Verdict.PASSED for s in passed)
