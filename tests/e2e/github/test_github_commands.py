"""Commands on GitHub, end to end: who may, what is bound to which commit, what lands."""

import pytest

from tests.e2e.github.conftest import FOLDER, GOOD, bad, wait_for

DEFINITION = f"{FOLDER}/strategy.yaml"


def version(number):
    """The good strategy under another version, with other bytes."""
    text = GOOD[DEFINITION].replace(b"version: 1.0.0", f"version: {number}".encode())
    return {**GOOD, DEFINITION: text}


@pytest.fixture(scope="module")
def deployed(shared_stage):
    """Version 1.0.0 landed by command: what the tests below build upon."""
    stage = shared_stage
    stage.repo.required = ["algoops"]  # the base is protected, as docs/github.md advises
    pull = stage.propose("first", GOOD)
    state, report = stage.reported(pull)
    assert (state, report.verdict) == ("success", "passed"), stage.report(pull)
    said = stage.say(pull, "Good.\n\n/algoops deploy\n")
    answer = stage.answered(pull, 1)[0]
    assert "Deployed `sma_cross 1.0.0`" in answer
    return pull, said


def test_deploy_merges_what_was_tested_and_tags_it(stage, deployed):
    pull, said = deployed
    stage.quiet()
    assert pull.merged_at
    assert stage.git.tip("refs/tags/sma_cross/v1.0.0") == pull.merge_commit
    run = stage.runs(pull)[0]
    from components.schema.results.report import Report

    tested = Report.model_validate_json(stage.store.runs.get(run.id).report).merge_tree
    assert stage.git.run("rev-parse", f"{pull.merge_commit}^{{tree}}") == tested
    assert [r for _, r in said.reactions] == ["eyes", "+1"]
    assert stage.store.versions.deployed("team", "sma_cross").version == "1.0.0"


def test_the_report_of_a_good_one_shows_numbers_and_a_chart(stage, deployed):
    pull, _ = deployed
    text = stage.report(pull)
    assert "| `sma_cross` |" in text
    assert "```mermaid" in text
    assert f"/algoops deploy {pull.head_sha[:12]}" in text


def test_a_strangers_comment_does_nothing_and_is_told_so(stage):
    pull = stage.propose("strange", bad("strange"))
    stage.reported(pull)
    said = stage.say(pull, "/algoops deploy", by="stranger")
    assert "needs write access" in stage.answered(pull, 1)[0]
    stage.quiet()
    assert [r for _, r in said.reactions] == ["eyes", "confused"]
    assert pull.state == "open"


def test_a_failed_proposal_is_not_deployed(stage):
    pull = stage.propose("failed", bad("failed"))
    stage.reported(pull)
    said = stage.say(pull, "/algoops deploy")
    stage.answered(pull, 1)
    stage.quiet()
    assert pull.state == "open"
    assert [r for _, r in said.reactions] == ["eyes", "confused"]


def test_a_commit_that_the_report_does_not_name_is_not_deployed(stage, deployed):
    pull = stage.propose("stale", version("1.1.0"))
    assert stage.reported(pull)[0] == "success"
    old = pull.head_sha
    stage.push("stale", {f"{FOLDER}/notes.md": b"later\n"})
    stage.say(pull, f"/algoops deploy {old}")
    answer = stage.answered(pull, 1)[0]
    stage.quiet()
    assert pull.state == "open", answer
    assert stage.git.tip("refs/tags/sma_cross/v1.1.0") == ""


def test_help_and_nonsense_are_answered(stage):
    pull = stage.propose("help", bad("helped"))
    stage.say(pull, "/algoops destroy everything")
    assert "no command destroy" in stage.answered(pull, 1)[0]


def test_quotes_and_edits_are_no_commands(stage):
    pull = stage.propose("quoted", bad("quoted"))
    stage.reported(pull)
    said = stage.say(pull, "> /algoops deploy\n\nreally?")
    stage.github.state.edit_comment(stage.repo, said, "/algoops deploy", "ann")
    stage.quiet()
    assert stage.answers(pull) == []
    assert said.reactions == []


def test_a_version_that_is_taken_back_is_held_and_the_one_before_is_live(stage, deployed):
    pull = stage.propose("better", version("1.2.0"))
    assert stage.reported(pull)[0] == "success"
    stage.say(pull, "/algoops deploy")
    stage.answered(pull, 1)
    wait_for(lambda: pull.merged_at, "the deploy")
    said = stage.say(pull, "/algoops rollback sma_cross it trades at the wrong hour")
    answer = stage.answered(pull, 2)[1]
    stage.quiet()
    assert "Rolled back `sma_cross` to `1.0.0`" in answer
    assert [r for _, r in said.reactions] == ["eyes", "+1"]
    assert stage.git.run("show", f"main:{DEFINITION}").encode() == GOOD[DEFINITION].strip()
    assert stage.store.versions.deployed("team", "sma_cross").version == "1.0.0"
    assert stage.store.holds.active("team", "sma_cross", "1.2.0") is not None
    revert = max(stage.repo.pulls.values(), key=lambda p: p.number)
    assert revert.title == "Roll back sma_cross from 1.2.0 to 1.0.0"
    assert revert.merged_at
    assert stage.repo.status_of(revert.head_sha)["algoops"] == "success"
    assert [b for b in stage.git.branches() if "algoops/" in b] == []


def test_a_deleted_strategy_is_live_no_more(stage, deployed):
    pull = stage.propose("removal", dict.fromkeys(GOOD))
    stage.reported(pull)
    stage.github.state.merge(stage.repo, pull, pull.head_sha, "Remove it", "ann")
    wait_for(lambda: stage.store.versions.deployed("team", "sma_cross") is None, "its end")
    (last, *_) = stage.store.deployments.list(repository="team", name="sma_cross", limit=1)
    assert last.kind == "removal"
