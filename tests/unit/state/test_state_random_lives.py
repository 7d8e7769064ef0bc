"""Any order of pushes, checks, deploys, rollbacks, holds and closings keeps the books straight."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from components.errors import UserError
from components.state import Lifecycle, Store, VersionContent
from components.state.db.errors import IllegalMove
from components.state.lifecycle import IN_PROPOSAL
from components.state.story import lifecycle_story

NAMES = st.sampled_from(["RSI", "MACD"])
PROPOSALS = st.sampled_from(["", "pr/1", "pr/2"])
VERSIONS = st.sampled_from(["1.0.0", "1.1.0", "2.0.0", ""])
TREES = st.sampled_from(["a", "b"])


class Lives(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store = Store(self.folder / "a.db")
        self.landed = {}
        self.refused = 0

    def teardown(self):
        assert self.store.audit.verify() is None
        assert len(self.store.audit.list(event="lifecycle.refused", limit=10_000)) == self.refused
        self.store.close()
        shutil.rmtree(self.folder)

    def attempt(self, action):
        try:
            return action()
        except IllegalMove:
            self.refused += 1
        except UserError:
            pass
        return None

    @rule(name=NAMES, proposal=PROPOSALS, version=VERSIONS, tree=TREES)
    def push(self, name, proposal, version, tree):
        self.store.strategies.propose(
            "main",
            name,
            actor="a",
            reason="push",
            proposal=proposal,
            version=version,
            content=VersionContent(tree=tree),
        )
        assert self.store.versions.of_proposal("main", name, proposal).lifecycle == "queued"

    @rule(name=NAMES, to=st.sampled_from(list(Lifecycle)), version=VERSIONS, proposal=PROPOSALS)
    def move(self, name, to, version, proposal):
        self.attempt(
            lambda: self.store.strategies.transition(
                "main", name, to, actor="a", reason="r", version=version, proposal=proposal
            )
        )

    @rule(name=NAMES, proposal=PROPOSALS)
    def pass_all_checks_and_deploy(self, name, proposal):
        found = self.store.versions.of_proposal("main", name, proposal)
        if found is None or found.lifecycle is not Lifecycle.QUEUED:
            return
        for state in (Lifecycle.VALIDATING, Lifecycle.TESTING, Lifecycle.READY):
            self.store.strategies.transition(
                "main", name, state, actor="a", reason="r", proposal=proposal, version=found.version
            )
        self.attempt(
            lambda: self.store.strategies.transition(
                "main",
                name,
                Lifecycle.DEPLOYED,
                actor="a",
                reason="r",
                proposal=proposal,
                version=found.version,
            )
        )

    @rule(name=NAMES, proposal=PROPOSALS, version=VERSIONS, tree=TREES)
    def land(self, name, proposal, version, tree):
        self.push(name, proposal, version, tree)
        self.pass_all_checks_and_deploy(name, proposal)

    @rule(name=NAMES, version=VERSIONS)
    def roll_back(self, name, version):
        def both():
            with self.store.transaction():
                for state, number in ((Lifecycle.ROLLED_BACK, ""), (Lifecycle.DEPLOYED, version)):
                    self.store.strategies.transition(
                        "main", name, state, actor="a", reason="r", version=number
                    )

        self.attempt(both)

    @rule(proposal=PROPOSALS)
    def close(self, proposal):
        before = [s.deployed_version for s in self.store.strategies.list()]
        self.store.strategies.withdraw("main", proposal, actor="a", reason="closed")
        assert [s.deployed_version for s in self.store.strategies.list()] == before

    @rule(name=NAMES, version=VERSIONS)
    def hold(self, name, version):
        self.store.holds.hold("main", name, version, "a", "r")

    @rule(name=NAMES, version=VERSIONS)
    def unhold(self, name, version):
        self.attempt(lambda: self.store.holds.unhold("main", name, version, "a", "r"))

    @precondition(lambda self: self.store.strategies.count())
    @rule()
    def restart(self):
        self.store.close()
        self.store = Store(self.folder / "a.db")

    @invariant()
    def landed_content_never_changes(self):
        for name in ("RSI", "MACD"):
            for version in self.store.versions.list("main", name):
                if version.deployed_at:
                    known = self.landed.setdefault((name, version.version), version.tree)
                    assert version.tree == known
                    assert version.version

    @invariant()
    def strategy_says_what_its_versions_say(self):
        for strategy in self.store.strategies.list():
            versions = self.store.versions.list("main", strategy.name)
            deployed = [v for v in versions if v.lifecycle is Lifecycle.DEPLOYED]
            proposed = [v for v in versions if v.lifecycle in IN_PROPOSAL]
            assert [v.version for v in deployed] == [strategy.deployed_version][: len(deployed)]
            assert len(deployed) == bool(strategy.deployed_version)
            assert bool(proposed) == (strategy.proposed_status is not None)
            if deployed:
                assert (strategy.status, strategy.version) == (
                    Lifecycle.DEPLOYED,
                    deployed[0].version,
                )
            elif proposed:
                assert strategy.status is strategy.proposed_status
            assert lifecycle_story(self.store, "main", strategy.name)


TestLives = Lives.TestCase
TestLives.settings = settings(
    stateful_step_count=30,
    suppress_health_check=list(HealthCheck),
)
