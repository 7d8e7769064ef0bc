"""Asks for the checks of a proposal: they wait in the queue, at the place of whoever it is of."""

from bot.landing.context import World

LATER = -1
"""Priority of what no person waits for: an agent's push, a moved base, the clock's own look."""


def ask_check(
    world: World,
    repository: str,
    proposal: str,
    actor: str,
    priority: int = 0,
    **asked: bool,
) -> None:
    """Put a check of a proposal into the queue; one that waits already is that one.

    Args:
        world: everything.
        repository: its key in the configuration.
        proposal: its id.
        actor: whose turn it takes, see `Proposal.actor`; "" where nobody knows.
        priority: higher goes first; below 0 after everybody else, as an agent's always is, if
            nobody asked for its check.
        asked: fields of `CheckRequest`.
    """
    payload = {"proposal": proposal, **asked}
    if not asked.get("asked"):
        priority = min(priority, own_priority(world, repository, proposal, actor))
    world.store.jobs.enqueue("check", proposal, repository, payload, priority, author=actor)
    world.wake.set()


def own_priority(world: World, repository: str, proposal: str, actor: str) -> int:
    """The priority of a proposal's checks when they are its turn: an agent's come after people's.

    Args:
        world: everything.
        repository: its key in the configuration.
        proposal: its id.
        actor: whose turn it takes.
    """
    watched = world.watched.get(repository)
    behind = watched is not None and watched.authors.behind_people(proposal, actor)
    return LATER if behind else 0


def ask_orders(world: World, *repositories: str, priority: int = 0) -> None:
    """Have what is deployed looked at for new bars; a look that waits already is that one.

    Args:
        world: everything.
        repositories: keys in the configuration.
        priority: as above.
    """
    for name in repositories:
        world.store.jobs.enqueue("forward", name, name, {}, priority)
    world.wake.set()
