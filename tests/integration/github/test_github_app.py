"""As a GitHub App: tokens renewed, check runs with annotations, its own comment."""

from pathlib import Path

import pytest

from components.errors import ConfigError, TransientError, UserError
from components.forge.github import MARKER
from components.ports import StatusState
from components.schema.results.values import Severity, Verdict
from tests.fakes.github.server import Fault
from tests.github_support import APP, app_settings, finding, report_of, strategy_of


@pytest.fixture
def app(desk, tmp_path):
    settings, public = app_settings(tmp_path)
    desk.github.app(APP, public)
    forge = desk.connect(**settings | {"private_key_file": Path(settings["private_key_file"])})
    yield forge
    forge.close()
    forge.mirror.close()


def test_a_check_run_begins_and_ends_with_its_lines_in_four_calls(desk, app):
    pull = desk.propose()
    app.ping()
    before = len(desk.github.asked())
    proposal = app.proposal("pr/1")
    app.fetch()
    app.set_status(pull.head_sha, "algoops", StatusState.PENDING, "running", "")
    report = report_of(
        head=pull.head_sha,
        verdict=Verdict.FAILED,
        strategies=[strategy_of(verdict=Verdict.FAILED, findings=[finding()])],
    )
    app.publish(proposal, report, f"{MARKER}\nreport", "")
    app.set_status(
        pull.head_sha, "algoops", StatusState.FAILURE, "alpha failed", "https://x.test/1"
    )
    assert len(desk.github.asked()) - before == 4
    (run,) = desk.repo.check_runs.values()
    assert (run["status"], run["conclusion"]) == ("completed", "failure")
    (note,) = run["annotations"]
    assert (note["path"], note["start_line"], note["annotation_level"]) == (
        "strategies/alpha/strategy.py",
        3,
        "failure",
    )
    assert desk.repo.marks == []


def test_more_than_fifty_lines_go_in_batches(desk, app):
    pull = desk.propose()
    findings = [finding(line=n + 1) for n in range(130)]
    report = report_of(
        head=pull.head_sha, strategies=[strategy_of(verdict=Verdict.FAILED, findings=findings)]
    )
    app.set_status(pull.head_sha, "algoops", StatusState.PENDING, "", "")
    app.publish(app.proposal("pr/1"), report, MARKER, "")
    app.set_status(pull.head_sha, "algoops", StatusState.FAILURE, "no", "")
    (run,) = desk.repo.check_runs.values()
    assert len(run["annotations"]) == 130


def test_after_a_restart_the_same_check_run_is_completed(desk, app):
    pull = desk.propose()
    app.set_status(pull.head_sha, "algoops", StatusState.PENDING, "", "")
    reborn = desk.connect(**{**vars(app.access), "base_url": desk.github.api_url})
    reborn.set_status(pull.head_sha, "algoops", StatusState.SUCCESS, "ok", "")
    (run,) = desk.repo.check_runs.values()
    assert run["conclusion"] == "success"


def test_a_report_after_the_end_of_the_run_still_gets_its_lines(desk, app):
    pull = desk.propose()
    app.set_status(pull.head_sha, "algoops", StatusState.PENDING, "", "")
    app.set_status(pull.head_sha, "algoops", StatusState.NEUTRAL, "nothing", "")
    notes = [finding(severity=Severity.WARNING)]
    report = report_of(head=pull.head_sha, strategies=[strategy_of(findings=notes)])
    app.publish(app.proposal("pr/1"), report, MARKER, "")
    (run,) = desk.repo.check_runs.values()
    assert run["conclusion"] == "neutral"
    assert [n["annotation_level"] for n in run["annotations"]] == ["warning"]


def test_an_error_of_ours_blocks_the_merge_and_is_no_failure_of_the_author(desk, app):
    pull = desk.propose()
    app.set_status(pull.head_sha, "algoops", StatusState.ERROR, "no sandbox", "")
    (run,) = desk.repo.check_runs.values()
    assert run["conclusion"] == "action_required"


def test_the_installation_token_is_renewed_before_it_ends(desk, app):
    desk.github.installation_token_s = 1
    app.ping()
    app.ping()
    made = [r for r in desk.github.requests if r.path.endswith("/access_tokens")]
    assert len(made) == 2


def test_the_app_finds_its_own_comment_again(desk, app):
    desk.propose()
    desk.github.state.comment(desk.repo, 1, f"{MARKER}\nforged", "eve")
    proposal = app.proposal("pr/1")
    mine = app.publish(proposal, report_of(), f"{MARKER}\none", "")
    reborn = desk.connect(**{**vars(app.access), "base_url": desk.github.api_url})
    assert reborn.publish(reborn.proposal("pr/1"), report_of(), f"{MARKER}\ntwo", "") == mine


def test_git_is_reached_with_the_installation_token(desk, app):
    pull = desk.propose()
    app.proposals()
    app.fetch()
    assert app.mirror.resolve("refs/pull/1/head") == pull.head_sha


def test_doctor_names_the_permissions_that_the_app_lacks(app):
    assert app.missing_permissions() == (
        "the App needs Issues: write; found read",
        "the App needs Checks: write; found none",
    )


def test_a_key_of_another_app_is_refused_in_words(desk, app):
    desk.github.apps.clear()
    with pytest.raises(TransientError):
        desk.connect(**{**vars(app.access), "base_url": desk.github.api_url}).ping()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"installation_id": None}, "installation_id"),
        ({"private_key_file": None}, "private_key_file"),
    ],
)
def test_incomplete_app_settings_are_named(desk, app, changed, words):
    with pytest.raises(ConfigError, match=words):
        desk.connect(**{**vars(app.access), **changed})


def test_fresh_installation_token_that_a_server_does_not_know_yet_is_tried_again(desk, app):
    desk.propose()
    app.ping()
    desk.github.faults.append(Fault("GET .*/pulls/1", 401, times=2))
    assert app.proposal("pr/1")
    desk.github.faults.append(Fault("GET .*/pulls/1", 401, times=9))
    with pytest.raises(UserError, match="does not accept the token"):
        app.proposal("pr/1")


def test_token_of_a_person_that_is_refused_is_not_tried_again(desk):
    desk.github.faults.append(Fault("GET .*/pulls/1", 401))
    with pytest.raises(UserError, match="does not accept the token"):
        desk.forge.proposal("pr/1")
