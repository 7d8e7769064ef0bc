"""How a proposal stands, for whoever asks in a comment."""

from bot.landing.context import Watched, World
from bot.landing.outcomes import CommandOutcome
from bot.landing.wishes import wish_words
from bot.report import markdown
from bot.report.escape import inline
from components.ports import Proposal


def standing_of(world: World, watched: Watched, proposal: Proposal) -> CommandOutcome:
    """Its newest run, and how the wish stands that it lands by itself."""
    run = world.store.runs.latest(watched.name, proposal.id)
    state = run.status if run is not None else "waiting"
    verdict = str(run.verdict) if run is not None and run.verdict is not None else ""
    url = world.run_url(run.id) if run is not None else ""
    words = markdown.standing(state, proposal.head, verdict, url)
    if wish := wish_words(world.store, watched.name, proposal.id):
        words += f" {inline(wish)}."
    return CommandOutcome(ok=True, code="status", message=words)
