"""Figures of sealed bars that the policy lets people see: of what is deployed, and never before."""

from bot.landing.drifted import EXTERNAL
from components.schema.policies.risk import RiskPolicy
from components.state import Store
from components.state.tables.looks import SealedLook


def shown_figures(
    store: Store, repository: str, name: str, policy: RiskPolicy
) -> SealedLook | None:
    """The last look at the very content that the bot deployed and that is live now.

    None where the policy shows nothing, where nothing is deployed, or somebody put it on the base
    without the bot: nobody gets at the figures by a push.
    """
    if policy.holdout is None or policy.holdout.shown != "after_deploy":
        return None
    live = store.deployments.current(repository, name)
    if live is None or live.kind == EXTERNAL:
        return None
    looks = store.looks.all(repository)
    return next(
        (one for one in reversed(looks) if one.strategy == name and one.tree == live.tree), None
    )
