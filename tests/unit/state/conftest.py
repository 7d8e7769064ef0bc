"""A store on a real file, with a clock that stands still until it is told."""

from datetime import UTC, datetime, timedelta

import pytest

from components.state import Lifecycle, Store, VersionContent


class StoppedClock:
    def __init__(self):
        self.moment = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)

    def __call__(self):
        return self.moment

    def advance(self, seconds):
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def time():
    return StoppedClock()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "algoops.db"


@pytest.fixture
def store(path, time):
    with Store(path, time) as opened:
        yield opened


@pytest.fixture
def life(store):
    """Walks versions of the strategy RSI through their lives."""
    return Life(store)


class Life:
    def __init__(self, store):
        self.store = store

    def propose(self, version, proposal="pr/1", *, tree="", name="RSI"):
        return self.store.strategies.propose(
            "main",
            name,
            actor="alice",
            reason="pushed",
            proposal=proposal,
            version=version,
            content=VersionContent(tree=tree),
        )

    def move(self, *states, name="RSI", **more):
        strategy = None
        for state in states:
            strategy = self.store.strategies.transition(
                "main", name, state, **{"actor": "algoops", "reason": "because", **more}
            )
        return strategy

    def ready(self, version, proposal="pr/1", *, tree="", name="RSI"):
        self.propose(version, proposal, tree=tree, name=name)
        return self.move(
            Lifecycle.VALIDATING, Lifecycle.TESTING, Lifecycle.READY, name=name, proposal=proposal
        )

    def deploy(self, version, proposal="pr/1", *, tree="", name="RSI"):
        self.ready(version, proposal, tree=tree, name=name)
        return self.move(Lifecycle.DEPLOYED, name=name, proposal=proposal)
