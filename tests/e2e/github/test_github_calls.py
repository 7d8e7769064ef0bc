"""REST calls of a webhook-triggered run with one strategy: four, one more for the sandbox, and three
more where fixes are suggested.

A proposal that waited for the sandbox is read again: it may be closed, or have a newer head.
"""

import pytest

from tests.e2e.github.conftest import FOLDER, GOOD, bad

MOST = 4
WITH_SANDBOX = 5
WITH_FIXES = 7
"""Reviews and the files are read, and a review is written, where a finding has a fix."""
BOTH_RED = {
    "strategies/both/strategy.yaml": b"name: both\nversion: nonsense\n",
    "strategies/both/strategy.py": bad()["strategies/alpha/strategy.py"],
}


class Counted:
    def __init__(self, stage):
        self.stage = stage
        stage.quiet()
        self.before = len(stage.github.asked())

    def calls(self):
        self.stage.quiet()
        return [f"{r.verb} {r.path}" for r in self.stage.github.asked()[self.before :]]


def no_data(name):
    """The good strategy, asking for data that is not there: not a fault of its code."""
    return {
        path.replace("sma_cross", name): text.replace(b"sma_cross", name.encode()).replace(
            b"symbols: [SPX, IXIC]", b"symbols: [NOWHERE]"
        )
        for path, text in GOOD.items()
    }


@pytest.fixture(scope="module")
def warm(shared_stage):
    """What is asked once in a daemon's life is behind."""
    shared_stage.reported(shared_stage.propose("warm", bad("warm")))
    return shared_stage


@pytest.mark.parametrize(
    ("branch", "files", "verdict", "most"),
    [
        ("green", GOOD, "passed", WITH_SANDBOX),
        ("red", bad("red"), "failed", WITH_FIXES),
        ("both-red", BOTH_RED, "failed", WITH_FIXES),
        ("no-data", no_data("no_data"), "failed", MOST),
        ("nothing", {"README.md": b"changed\n"}, "neutral", MOST),
    ],
)
def test_a_new_pull_request_takes_few_calls(stage, warm, branch, files, verdict, most):
    counted = Counted(stage)
    pull = stage.propose(branch, files)
    _, report = stage.reported(pull)
    calls = counted.calls()
    assert report.verdict == verdict
    assert len(calls) <= most, calls
    assert list(stage.repo.status_of(pull.head_sha)) == ["algoops"]


def test_a_push_that_edits_the_report_in_place_takes_few_calls(stage, warm):
    pull = stage.propose("again", bad("again"))
    stage.reported(pull)
    counted = Counted(stage)
    stage.push("again", {f"{FOLDER}/notes.md": b"more\n"})
    stage.reported(pull)
    calls = counted.calls()
    assert len(calls) <= WITH_FIXES, calls
    assert len([c for c in calls if c.startswith("PATCH")]) == 1
    assert len([c for c in stage.comments(pull) if "AlgoOps" in c]) == 1


def test_a_pull_request_that_others_have_talked_on_before_takes_few_calls(stage, warm):
    counted = Counted(stage)
    stage.github.deliverer.paused = True
    pull = stage.propose("talked", bad("talked"))
    stage.say(pull, "What is this?")
    stage.github.deliverer.paused = False
    stage.push("talked", {f"{FOLDER}/notes.md": b"more\n"})
    stage.reported(pull)
    calls = counted.calls()
    assert len(calls) <= WITH_FIXES, calls
