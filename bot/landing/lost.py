"""Live strategies that somebody took off the base without the bot: for everybody to see."""

from datetime import UTC, datetime, timedelta

from bot.landing.drifted import find_drift
from components.state import Store
from components.state.tables.records import Deployment

SHOWN_FOR = timedelta(days=1)


def lost_lately(store: Store) -> tuple[Deployment, ...]:
    """Those of the last day that are still gone, and that nobody has answered."""
    found = store.deployments.lost(datetime.now(UTC) - SHOWN_FOR)
    return tuple(d for d in found if find_drift(store, d.repository, d.name) is not None)


def lost_words(lost: Deployment) -> str:
    """What happened, and how to bring it back, in one sentence."""
    return (
        f"{lost.repository}: {lost.name} was live and is gone from the base"
        f" since {lost.deployed_at[:16]} UTC ({lost.reason}); `algoops restore {lost.name}` brings"
        f" it back, `algoops adopt {lost.name}` takes it as meant"
    )
