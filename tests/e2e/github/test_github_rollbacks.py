"""The power goes in the middle of a rollback on a protected base: it is done once, afterwards."""

import pytest

from tests.e2e.github.conftest import BAD_CODE, FOLDER, GOOD, wait_for

DEFINITION = f"{FOLDER}/strategy.yaml"


def version(number):
    """A strategy whose checks fail within milliseconds; what is live needs none."""
    text = GOOD[DEFINITION].replace(b"version: 1.0.0", f"version: {number}".encode())
    return {DEFINITION: text, f"{FOLDER}/strategy.py": BAD_CODE}


@pytest.mark.parametrize("failpoint", ["revert.proposed", "rollback.landed"])
def test_power_cut_in_a_rollback_by_pull_request_rolls_back_once(make_stage, failpoint):
    stage = make_stage()
    stage.repo.required = ["algoops"]
    pull = stage.propose("talk", {"notes.md": b"x\n"})
    for number in ("1.0.0", "1.1.0"):
        stage.git.move("refs/heads/main", stage.git.commit(version(number), "main"))
        if number == "1.0.0":
            stage.start()
            wait_for(lambda: stage.store.versions.deployed("team", "sma_cross"), "the first")
            stage.daemon.stop()
    stage.start(failpoint=failpoint)
    wait_for(lambda: stage.store.versions.landed("team", "sma_cross", "1.1.0"), "the second")
    said = stage.say(pull, "/algoops rollback sma_cross it lost money")
    wait_for(lambda: stage.daemon.ended, "the power cut")
    stage.daemon.stop()
    stage.start()
    (answer,) = stage.answered(pull, 1)
    stage.quiet()
    assert "Rolled back `sma_cross` to `1.0.0`" in answer
    assert [r for _, r in said.reactions] == ["eyes", "+1"]
    assert [p.title for p in stage.repo.pulls.values() if p.merged_at] == [
        "Roll back sma_cross from 1.1.0 to 1.0.0"
    ]
    assert len(stage.repo.pulls) == 2
    kinds = [d.kind for d in stage.store.deployments.list(repository="team", name="sma_cross")]
    assert kinds == ["rollback", "external", "external"]
    assert stage.store.holds.active("team", "sma_cross", "1.1.0").reason == "it lost money"
    assert [b for b in stage.git.branches() if "algoops/" in b] == []
