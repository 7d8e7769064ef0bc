"""The dashboard issue: one for a repository, whatever breaks, edited only when its text changes."""

import os
import signal
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
import yaml

from bot.core.event_json import to_payload
from bot.core.events import Adopt, CommandIssued, Restore
from bot.core.failpoints import ENV
from bot.daemon.commands import run_command
from bot.landing.board import show_board
from bot.landing.drifted import adopt_drift, drifted
from bot.report.board import BOARD_MARKER
from bot.sources.poll import Poll, board_key
from bot.sources.webhook import parse
from components.errors import TransientError, UserError
from tests.fakes.github.server import Fault
from tests.github_support import APP, app_settings
from tests.team_support import Team, job, settings
from tests.warm_support import Command

BODY = f"{BOARD_MARKER}\nall is well\n"
TITLE = "AlgoOps dashboard"


@pytest.fixture
def team(github, world):
    made = Team(github, world, "board_team")
    made.watched.forge.access = replace(made.watched.forge.access, dashboard=True)
    return made


def test_issue_is_made_once_and_edited_by_one_call_each(desk):
    first = desk.forge.show_board(TITLE, BODY, "")
    before = desk.forge.calls
    assert desk.forge.show_board(TITLE, BODY + "more", first) == first
    assert desk.forge.calls - before == 1
    assert [i.body for i in desk.repo.issues.values()] == [BODY + "more"]


def test_issue_that_a_power_cut_kept_from_being_written_down_is_found_again(desk):
    made = desk.forge.show_board(TITLE, BODY, "")
    desk.github.state.open_issue(desk.repo, "another", "of a person", "ann")
    again = desk.connect()
    assert again.show_board(TITLE, BODY + "more", "") == made
    again.close()
    assert len(desk.repo.issues) == 2


SHOWS = """
import sys
from pathlib import Path
from bot.config.settings import load
from bot.daemon.opening import open_world
from bot.landing.board import show_board
from tests.team_support import job
with open_world(load(Path(sys.argv[1]), env={})) as world:
    show_board(world, job("board"))
"""


def test_power_cut_between_making_the_issue_and_writing_it_down_makes_no_second(desk, tmp_path):
    settings(tmp_path, desk.github)
    config = tmp_path / "config.yaml"
    document = yaml.safe_load(config.read_text())
    document["repositories"][0]["github"]["dashboard"] = True
    config.write_text(yaml.safe_dump(document))
    for failpoint, code in (("board.shown", -signal.SIGKILL), ("", 0)):
        with mock.patch.dict(os.environ, {ENV: failpoint}):
            showing = Command(config, code=SHOWS)
        assert showing.finish().returncode == code
    assert len(desk.repo.issues) == 1


def test_issue_whose_answer_was_lost_is_not_made_twice(desk):
    desk.github.faults.append(Fault("POST .*/issues$", after=True))
    with pytest.raises(TransientError):
        desk.forge.show_board(TITLE, BODY, "")
    desk.forge.show_board(TITLE, BODY, "")
    assert len(desk.repo.issues) == 1


def test_issue_of_somebody_else_with_the_same_mark_is_left_alone(desk):
    theirs = desk.github.state.open_issue(desk.repo, TITLE, BODY, "ann")
    made = desk.forge.show_board(TITLE, BODY + "ours", "")
    assert made != str(theirs.number)
    assert theirs.body == BODY


def test_app_finds_its_own_issue_among_others(desk, tmp_path):
    as_app, public = app_settings(tmp_path)
    desk.github.app(APP, public)
    as_app["private_key_file"] = Path(as_app["private_key_file"])
    forge = desk.connect(**as_app)
    desk.github.state.open_issue(desk.repo, TITLE, BODY, "ann")
    made = forge.show_board(TITLE, BODY, "")
    again = desk.connect(**as_app)
    assert again.show_board(TITLE, BODY, "") == made
    forge.close()
    again.close()
    assert len(desk.repo.issues) == 2


def test_deleted_issue_is_made_anew(desk):
    made = desk.forge.show_board(TITLE, BODY, "")
    del desk.repo.issues[int(made)]
    desk.propose()
    assert desk.forge.show_board(TITLE, BODY, made) in map(str, desk.repo.issues)


def test_repository_without_issues_is_told_in_one_sentence(desk):
    desk.repo.has_issues = False
    with pytest.raises(UserError, match="disabled"):
        desk.forge.show_board(TITLE, BODY, "")


def test_drift_stands_in_the_issue_and_a_comment_there_answers_it(github, world, team):
    show_board(world, job("board"))
    number = world.store.meta.get(board_key("team"))
    issue = team.repo.issues[int(number)]
    assert "`/algoops restore board_team` takes it off the base: nothing of it was" in issue.body
    calls = team.watched.forge.calls
    show_board(world, job("board"))
    assert team.watched.forge.calls == calls
    github.state.comment(team.repo, issue.number, "/algoops restore board_team", "ann")
    heard = []
    Poll(team.watched.forge, heard.append, Remembering(world.store.meta)).look()
    (said,) = [e for e in heard if isinstance(e, CommandIssued)]
    assert (said.proposal, said.command) == (f"pr/{number}", Restore("board_team"))
    event = replace(said, said_at="")
    run_command(world, job("command", "answered", to_payload(event)))
    answers = [c.body for c in team.repo.comments.values() if c.author == "bot"]
    assert any("board_team" in body for body in answers)


def test_restore_on_github_is_merged_as_a_rollback_is_and_ends_the_drift(github, world):
    team = Team(github, world, "put_back_team")
    first = next(d for d in drifted(world.store, "team") if d.name == team.name)
    current = world.store.deployments.list("team", team.name, limit=2)
    with world.store.transaction():  # 1.0.0, the one before, is what was taken in
        adopt_drift(world.store, "team", replace(first, mark=str(current[1].id)))
    assert [d.version for d in drifted(world.store, "team") if d.name == team.name] == ["1.1.0"]
    done = team.command("", Restore(team.name), "restore")
    assert (done.ok, done.code) == (True, "rolled_back"), done.message
    assert team.live == "1.0.0"
    assert team.name not in {d.name for d in drifted(world.store, "team")}
    (pull,) = team.pulls
    assert (pull.head_ref, bool(pull.merged_at)) == (team.branch, True)


class Remembering:
    """A memory that began before everything, and knows the rest from the store."""

    def __init__(self, meta):
        self.meta = meta

    def get(self, key):
        return "2000-01-01T00:00:00Z" if key.startswith("born:") else self.meta.get(key)

    def put(self, key, value):
        raise AssertionError(key)


def test_comment_on_the_dashboard_is_heard_by_webhook_and_on_other_issues_it_is_not():
    def delivery(body):
        return (
            b'{"action": "created", "repository": {"full_name": "a/b"}, "issue": {"number": 4,'
            b' "body": "' + body + b'"}, "comment": {"id": 9, "created_at": "", "user":'
            b' {"login": "ann"}, "body": "/algoops adopt alpha"}}'
        )

    heard = parse("issue_comment", "1", delivery(BOARD_MARKER.encode() + b"\\nx"))
    assert [type(e.command).__name__ for e in heard] == ["Adopt"]
    assert parse("issue_comment", "1", delivery(b"a question")) == ()


def test_adoption_while_a_restore_waits_for_reviews_is_refused(github, world):
    team = Team(github, world, "two_answers_team")
    first = next(d for d in drifted(world.store, "team") if d.name == team.name)
    team.repo.reviews = 1
    assert team.command("", Restore(team.name), "restore").code == "waiting"
    refused = team.command("", Adopt(team.name), "adopt")
    assert (refused.ok, refused.code) == (False, "under_way"), refused.message
    assert f"merge or close {team.pr} first" in refused.message
    assert next(d for d in drifted(world.store, "team") if d.name == team.name) == first
