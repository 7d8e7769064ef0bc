"""Proposals that are gone, and those that came back."""

from bot.core.notices import StrategyChanged
from bot.landing.context import Watched, World
from bot.landing.unfinished import finish_open
from bot.proposals.cancel import CLOSED, end_run
from components.errors import TransientError
from components.ports import Proposal

LANDING_S = 2.0


def close_proposal(world: World, watched: Watched, proposal_id: str) -> None:
    """A proposal is gone: archive what it brought and did not land, end its runs.

    Raises:
        TransientError: a deploy of it has landed and is not recorded yet; look again then.
    """
    world.running.stop(watched.name, proposal_id)
    for run in world.store.runs.unfinished(watched.name, proposal_id):
        end_run(world, watched, run, CLOSED)
    with watched.lane:  # a merge closes the pull request before the deploy has recorded it
        finish_open(world, watched)
        if proposal_id in _landing_now(world, watched):
            raise TransientError(f"{proposal_id} is being deployed", retry_after_s=LANDING_S)
        gone = world.store.strategies.withdraw(
            watched.name, proposal_id, actor="algoops", reason="its branch or pull request is gone"
        )
    if gone:
        last = world.store.runs.latest(watched.name, proposal_id, finished=True)
        world.store.meta.put(_withdrawn_key(watched, proposal_id), str(last.id) if last else "")
        world.progress.tell(StrategyChanged(""))


def came_back(world: World, watched: Watched, proposal: Proposal) -> bool:
    """Whether it was closed, or turned to another base, after its last run.

    Its strategies were archived then; a new run brings them back.
    """
    last = world.store.runs.latest(watched.name, proposal.id, finished=True)
    gone_after = world.store.meta.get(_withdrawn_key(watched, proposal.id))
    return last is not None and gone_after == str(last.id)


def _landing_now(world: World, watched: Watched) -> set[str]:
    """The proposals whose deploy is announced and not settled."""
    return {
        part["order"]["proposal"]
        for intent in world.store.intents.open("deploy", watched.name)
        for part in intent.details["parts"]
    }


def _withdrawn_key(watched: Watched, proposal_id: str) -> str:
    return f"withdrawn:{watched.name}:{proposal_id}"
