"""The daemon on a GitHub of the plainest kind, with and without webhooks: the whole way."""

import pytest

from tests.e2e.github.conftest import GOOD, bad, wait_for
from tests.e2e.github.test_github_commands import version
from tests.fakes.github.server import Fault

LACKING = (
    "GET /user$",
    "GET .*/hooks",
    "POST .*/git/tags$",
    "POST .*/reactions$",
    "GET .*/issues/comments$",
)


@pytest.mark.parametrize("hook", [True, False], ids=["webhooks only", "polling only"])
def test_a_strategy_lives_its_whole_life_on_a_plain_github(make_stage, hook):
    stage = make_stage(**({} if hook else {"poll_s": 1.0, "tick_s": 5.0}))
    stage.github.plain = True
    stage.git.hide_pulls()
    stage.github.faults += [Fault(match, 404, times=10_000) for match in LACKING]
    stage.start(hook=hook)
    refused = stage.propose("refused", bad())
    assert stage.reported(refused)[0] == "failure"
    first = stage.propose("first", GOOD)
    assert stage.reported(first)[0] == "success"
    stage.push("first", {"strategies/sma_cross/notes.md": b"more\n"})
    assert stage.reported(first)[0] == "success"
    stage.say(first, "/algoops deploy")
    assert "Deployed" in stage.answered(first, 1)[0]
    assert stage.git.tip("refs/tags/sma_cross/v1.0.0") == first.merge_commit
    second = stage.propose("second", version("1.1.0"))
    assert stage.reported(second)[0] == "success"
    stage.say(second, "/algoops deploy")
    assert "Deployed" in stage.answered(second, 1)[0]
    stage.say(refused, "/algoops rollback sma_cross it loses money")
    assert "Rolled back" in stage.answered(refused, 1)[0]
    wait_for(
        lambda: (
            b"version: 1.0.0"
            in stage.git.run("show", "main:strategies/sma_cross/strategy.yaml").encode()
        ),
        "the revert",
    )
    stage.quiet()
    assert len(stage.report(first)) > 0
