"""A small world as the soak's checker reads it: one strategy landed, one proposal is open."""

from dataclasses import replace

import pytest

from components.schema.results.values import Verdict
from components.state import Lifecycle
from components.state.tables.records import Deployment, Intent, Job, Run, Version
from tests.soak.author import Told
from tests.soak.content import Kind
from tests.soak.facts import (
    Commit,
    Database,
    Event,
    Facts,
    Forge,
    Git,
    Judged,
    Life,
    Machine,
    Move,
    Posted,
)

ROOT, HEAD, LANDED, OPEN = "0" * 40, "a" * 40, "b" * 40, "c" * 40
TREE, NEWER = "1" * 40, "2" * 40
WHOLE = "9" * 40


def a_run(number, branch, head, verdict=Verdict.PASSED, base=ROOT):
    return Run(
        id=number,
        repository="demo",
        proposal=f"branch/{branch}",
        head=head,
        base=base,
        kind="check",
        attempt="",
        status="finished",
        verdict=verdict,
        started_at="1",
        finished_at="2",
        report="{}",
    )


def a_deployment():
    return Deployment(
        id=1,
        repository="demo",
        name="alpha",
        version="1.0.0",
        kind="deploy",
        commit=LANDED,
        base_before=ROOT,
        tree=TREE,
        content_key="key",
        tag="alpha/v1.0.0",
        proposal="branch/one",
        run_id=None,
        actor="ada",
        reason="",
        deployed_at="2026-01-01T00:00:02.000Z",
    )


def a_version():
    return Version(
        id=1,
        repository="demo",
        name="alpha",
        version="1.0.0",
        proposal="branch/one",
        lifecycle=Lifecycle.DEPLOYED,
        tree=TREE,
        commit=LANDED,
        content_key="key",
        verdict="passed",
        created_at="1",
        updated_at="2",
        deployed_at="2",
    )


def a_job(kind="command", key="order", status="done"):
    return Job(
        id=1,
        kind=kind,
        key=key,
        repository="demo",
        payload={},
        status=status,
        priority=0,
        attempts=1,
        max_attempts=3,
        not_before="",
        enqueued_at="1",
    )


@pytest.fixture
def sound():
    """Nothing is wrong here."""
    landed = Commit(LANDED, (ROOT, HEAD), WHOLE, {"alpha": TREE}, f"Deploy\n\nTested-tree: {WHOLE}")
    return Facts(
        git=Git(
            history=(landed, Commit(ROOT, (), "8" * 40, {})),
            tags={"alpha/v1.0.0": LANDED},
            open={"branch/two": OPEN},
            merged=frozenset({ROOT, HEAD, LANDED}),
        ),
        database=Database(
            events=(Event("order", "CommandIssued", settled=True),),
            jobs=(a_job(),),
            runs=(a_run(1, "one", HEAD), a_run(2, "two", OPEN, base=LANDED)),
            judged=(Judged(1, "alpha", "1.0.0", TREE, "key", Verdict.PASSED, None),),
            outcomes=frozenset({"order"}),
            verdicts={"key": "passed"},
            versions=(a_version(),),
            deployments=(a_deployment(),),
            intents=(Intent(1, "deploy", "demo", LANDED, {}, "1", "2", "done"),),
            moves=(Move("alpha", "", "discovered", ""), Move("alpha", "discovered", "queued", "")),
            published={"branch/two": "2"},
        ),
        forge=Forge(
            reports={"branch/two": (Posted(OPEN, "2", "passed"),)},
            statuses={OPEN: {"algoops": "success"}},
            notes=frozenset({OPEN}),
        ),
        machine=Machine(lives=(Life(60, 120, 130, 140, 30, 32),)),
        told=Told(
            pushes=[("one", HEAD), ("two", OPEN)],
            kinds={TREE: Kind.SOUND},
            orders=[("deploy alpha", 0, f"Deployed as `{LANDED[:12]}`")],
        ),
    )


def spoil(facts, part, **changes):
    """The same world with some facts of one part changed."""
    return replace(facts, **{part: replace(getattr(facts, part), **changes)})
