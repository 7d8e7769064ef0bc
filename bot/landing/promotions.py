"""Promotions that were announced are done, recorded and settled, wherever a crash left them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import structlog

from bot.core.failpoints import failpoint
from bot.core.notices import StrategyChanged
from bot.core.orders import PromoteOrder
from bot.landing.context import Watched, World
from bot.landing.freezing import FreezeNow, frozen
from bot.landing.land import DEPLOY, DONE, base_is_seen, unless_frozen
from bot.landing.outcomes import CommandOutcome, keep
from bot.landing.own_commits import PROPOSAL, OwnCommit, OwnLanding, trying
from bot.landing.queued import is_queued
from bot.report import markdown
from components.errors import Enqueued, NeedsProposal, Waiting
from components.ports import Landing, Proposal, Tag
from components.state.tables.records import Intent

log = structlog.get_logger(__name__)

PROMOTION = "promotion"


@dataclass(frozen=True)
class Promotion:
    """A prepared promotion: a commit on a stage's branch that brings one strategy's folder.

    Attributes:
        onto: the stage's branch.
        before: its tip, on which the commit is; "" where the branch is not there yet.
        source: the commit of the stage before that holds this content.
        branch: where it is proposed, where nothing else may change the stage's branch.
    """

    order: PromoteOrder
    onto: str
    before: str
    commit: str
    message: str
    path: str
    version: str
    tree: str
    content_key: str
    tag: str
    source: str
    branch: str

    @property
    def own(self) -> OwnCommit:
        """Its commit, and how that is proposed."""
        return OwnCommit(
            key=self.order.key,
            commit=self.commit,
            branch=self.branch,
            onto=self.onto,
            message=self.message,
            body=markdown.promotion_body(self.message),
            status="Brings exactly what was tested.",
        )

    @property
    def landing(self) -> Landing:
        """What is to be published."""
        tag = Tag(self.tag, self.message)
        return Landing(
            commit=self.commit,
            expected_base=self.before,
            message=self.message,
            tags=(tag,) if self.tag else (),
            folders=(self.path,),
            branch=self.onto,
        )


def promotion_from(document: Mapping[str, Any]) -> Promotion:
    """The promotion that was announced."""
    fields = {key: value for key, value in document.items() if key in Promotion.__annotations__}
    return Promotion(**{**fields, "order": PromoteOrder(**document["order"])})


def announce_promotion(world: World, watched: Watched, promotion: Promotion) -> Intent:
    """Say what is about to land."""
    failpoint("promotion.prepared")
    intent = world.store.intents.announce(
        PROMOTION, watched.name, promotion.commit, asdict(promotion)
    )
    failpoint("promotion.announced")
    return intent


def finish_promotion(world: World, watched: Watched, intent: Intent) -> CommandOutcome:
    """Land, record, settle.

    Raises:
        Waiting: others act first; the intent stays open, nothing is done.
        Moved, UserError: it cannot land as announced; the intent is abandoned, nothing is done.
    """
    promotion, freeze = promotion_from(intent.details), frozen(world, watched)
    attempt = OwnLanding(world, watched, intent, promotion.own)
    with trying(attempt, markdown.promotion_ended):
        commit = _directly(watched, intent, promotion, freeze)
        if not commit:
            commit = _by_proposal(watched, intent, promotion, attempt.propose(), freeze)
    failpoint("promotion.landed")
    outcome = _promoted(promotion, commit)
    attempt.tell(outcome.message)
    with world.store.transaction():
        _record(world, watched, promotion, commit)
        base_is_seen(world, watched, promotion.before, commit, promotion.order.stage)
        keep(world.store, promotion.order.key, outcome)
    failpoint("promotion.recorded")
    world.store.intents.settle(intent.id, DONE)
    failpoint("promotion.settled")
    log.info("promoted", stage=promotion.order.stage, **outcome.data)
    world.progress.tell(StrategyChanged(promotion.order.name))
    return outcome


def _directly(
    watched: Watched, intent: Intent, promotion: Promotion, freeze: FreezeNow | None
) -> str:
    """What landed on the stage's branch; "" where that takes a proposal."""
    if intent.details.get(PROPOSAL):
        return ""
    try:
        return unless_frozen(watched, promotion.landing, freeze)
    except NeedsProposal as needed:
        log.info("promoted by a proposal", branch=promotion.onto, why=str(needed))
        return ""


def _by_proposal(
    watched: Watched,
    intent: Intent,
    promotion: Promotion,
    proposal: Proposal,
    freeze: FreezeNow | None,
) -> str:
    landing = replace(
        promotion.landing,
        proposal=proposal,
        expected_head=promotion.commit,
        own=True,
        queued=is_queued(intent),
        offered=freeze is not None,
    )
    try:
        return watched.forge.land(landing)
    except Waiting as waiting:  # what a person merges in a freeze is theirs; the bot waits
        if freeze is None or isinstance(waiting, Enqueued):
            raise
        raise Waiting(freeze.words) from waiting


def _promoted(promotion: Promotion, commit: str) -> CommandOutcome:
    order = promotion.order
    message = markdown.promoted(order.name, promotion.version, order.stage, commit, promotion.tag)
    data = {
        "name": order.name,
        "version": promotion.version,
        "commit": commit,
        "tag": promotion.tag,
        "branch": promotion.onto,
    }
    return CommandOutcome(ok=True, code="promoted", message=message, data=data)


def _record(world: World, watched: Watched, promotion: Promotion, commit: str) -> None:
    world.store.deployments.record(
        watched.name,
        promotion.order.name,
        promotion.version,
        kind=DEPLOY,
        stage=promotion.order.stage,
        commit=commit,
        actor=promotion.order.actor,
        base_before=promotion.before,
        tree=promotion.tree,
        content_key=promotion.content_key,
        tag=promotion.tag,
    )
