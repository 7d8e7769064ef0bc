"""Webhooks, polling and redelivery against the fake: each thing that happened is heard once."""

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from bot.core.events import (
    BaseMoved,
    Cancel,
    Check,
    CommandIssued,
    Deploy,
    ProposalChanged,
    ProposalClosed,
    Status,
)
from bot.sources import webhook
from bot.sources.poll import Poll
from bot.sources.redelivery import Redelivery
from components.errors import TransientError
from components.forge.github_values import Reaction
from tests.fakes.github.server import Fault

SECRET = "s3cret"


class Ear:
    """An endpoint as the daemon has one: verify, parse, keep by delivery id."""

    def __init__(self):
        self.events, self.seen, self.status = [], set(), 202
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(ear.hear(self.headers, body))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/webhooks/github"
        self.thread = Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def hear(self, headers, body):
        if self.status != 202:
            return self.status
        if not webhook.verify(SECRET, body, headers["X-Hub-Signature-256"]):
            return 401
        if headers["X-GitHub-Delivery"] not in self.seen:
            self.seen.add(headers["X-GitHub-Delivery"])
            self.events += webhook.parse(
                headers["X-GitHub-Event"], headers["X-GitHub-Delivery"], body
            )
        return 202

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def ear(desk):
    made = Ear()
    made.hook = desk.github.deliverer.add_hook(desk.repo, made.url, SECRET)
    yield made
    made.close()


def test_a_pull_requests_life_is_heard_by_webhook(desk, ear):
    pull = desk.propose()
    first = pull.head_sha
    second = desk.github.branch(desk.repo, "feature", {"a": b"1"}, "ann")
    desk.github.state.comment(desk.repo, 1, "/algoops check", "ann")
    desk.github.state.close(desk.repo, pull, "ann")
    desk.github.deliverer.wait()
    name = "acme/strategies"
    changed = [e for e in ear.events if not isinstance(e, CommandIssued)]
    assert changed == [
        ProposalChanged(name, "pr/1", first),
        ProposalChanged(name, "pr/1", second),
        ProposalClosed(name, "pr/1"),
    ]
    (command,) = [e for e in ear.events if isinstance(e, CommandIssued)]
    assert (command.actor, command.command, command.proposal) == ("ann", Check(), "pr/1")
    assert int(command.comment) in desk.repo.comments


def test_a_push_to_the_base_is_heard(desk, ear):
    sha = desk.github.branch(desk.repo, "main", {"a": b"1"}, "ann")
    desk.github.deliverer.wait()
    assert ear.events == [BaseMoved("acme/strategies", sha)]


def test_a_delivery_signed_with_another_secret_is_refused(desk, ear):
    ear.hook.secret = "other"
    desk.propose()
    desk.github.deliverer.wait()
    assert ear.events == []
    assert {d.status for d in ear.hook.deliveries} == {401}


def test_after_downtime_failed_deliveries_are_asked_for_again_once(desk, ear):
    ear.status = 503
    desk.propose()
    desk.github.state.comment(desk.repo, 1, "/algoops cancel", "ann")
    desk.github.deliverer.wait()
    assert ear.events == []
    ear.status = 202
    done = desk.forge.redeliver(ear.url, "2026-01-01T00:00:00Z")
    desk.github.deliverer.wait()
    assert done.redelivered == 3  # push of the branch, pull request, comment
    kinds = [type(e).__name__ for e in ear.events]
    assert kinds == ["ProposalChanged", "CommandIssued"]
    assert desk.forge.redeliver(ear.url, "2026-01-01T00:00:00Z").redelivered == 0


def test_what_is_refused_again_and_again_is_given_up(desk, ear):
    desk.propose()
    desk.github.deliverer.wait()
    ear.status = 400
    desk.github.branch(desk.repo, "main", {"x": b"1"}, "ann")
    desk.github.deliverer.wait()
    asked = []
    sweep = Redelivery(desk.forge, ear.url.removesuffix("/webhooks/github"), Notes())
    for _ in range(6):
        asked.append(sweep.sweep())
        desk.github.deliverer.wait()
    assert asked == [1, 1, 1, 0, 0, 0]


def test_without_the_right_to_see_hooks_nothing_breaks(desk, ear):
    weak = desk.connect(token=desk.github.token("ann"))
    ear.status = 503
    desk.propose()
    sweep = Redelivery(weak, ear.url.removesuffix("/webhooks/github"), Notes())
    assert [sweep.sweep(), sweep.sweep()] == [0, 0]


def test_deliveries_that_the_inbox_knows_are_not_asked_for(desk, ear):
    ear.status = 500
    desk.propose()
    desk.github.deliverer.wait()
    known = [d.guid for d in ear.hook.deliveries]
    assert desk.forge.redeliver(ear.url, "2026-01-01T00:00:00Z", known).redelivered == 0


def test_old_failures_are_left_alone(desk, ear):
    ear.status = 500
    desk.propose()
    desk.github.deliverer.wait()
    assert desk.forge.redeliver(ear.url, "2099-01-01T00:00:00Z").redelivered == 0


def test_no_hook_of_ours_means_nothing_to_redeliver(desk):
    assert desk.forge.redeliver("https://elsewhere.test/hook", "2026-01-01T00:00:00Z").seen == 0


class Notes(dict):
    """What the bot remembers; it was begun long ago."""

    def __init__(self):
        super().__init__({"born:main-repo": "2020-01-01T00:00:00Z"})

    @classmethod
    def empty(cls):
        made = cls()
        made.clear()
        return made

    def get(self, key):
        return super().get(key, "")

    def put(self, key, value):
        self[key] = value


def test_a_first_look_reports_every_open_pull_request_and_the_next_only_what_changed(desk):
    pull = desk.propose()
    heard = []
    poll = Poll(desk.forge, heard.append, Notes())
    poll.look()
    assert heard == [ProposalChanged("main-repo", "pr/1", pull.head_sha)]
    assert poll.look() == 0
    heard.clear()
    head = desk.github.branch(desk.repo, "feature", {"a": b"1"}, "ann")
    base = desk.github.branch(desk.repo, "main", {"b": b"1"}, "ann")
    poll.look()
    assert heard == [BaseMoved("main-repo", base), ProposalChanged("main-repo", "pr/1", head)]


def test_labels_and_drafts_are_changes_and_closing_is_an_end(desk):
    pull = desk.propose(draft=True)
    heard = []
    poll = Poll(desk.forge, heard.append, Notes())
    poll.look()
    desk.github.state.label(desk.repo, pull, "algoops-ok", "ann")
    assert poll.look() == 1
    desk.github.state.ready(desk.repo, pull, "ann")
    assert poll.look() == 1
    desk.github.state.push(desk.repo, "refs/heads/feature", None, "ann")
    poll.look()
    assert heard[-1] == ProposalClosed("main-repo", "pr/1")


def test_commands_given_while_polling_was_down_are_heard_once(desk):
    desk.propose()
    desk.github.state.comment(desk.repo, 1, "/algoops cancel", "ann")
    heard = []
    poll = Poll(desk.forge, heard.append, Notes())
    poll.look()
    said = desk.github.state.comment(desk.repo, 1, "/algoops deploy", "ann")
    poll.look()
    poll.look()
    commands = [e.command for e in heard if isinstance(e, CommandIssued)]
    assert commands == [Cancel(), Deploy()]
    assert heard[-1].comment == str(said.id)


def test_commands_of_listed_bots_alone_are_heard(desk):
    desk.propose()
    heard = []
    for name in ("other[bot]", "helper[bot]"):
        desk.github.state.comment(desk.repo, 1, "/algoops check", name)
    Poll(desk.forge, heard.append, Notes(), bots=["Helper[bot]"]).look()
    assert [e.actor for e in heard if isinstance(e, CommandIssued)] == ["helper[bot]"]


def test_a_command_on_a_merged_pull_request_is_heard_and_one_on_an_issue_is_not(desk):
    pull = desk.propose()
    desk.github.state.close(desk.repo, pull, "ann")
    heard = []
    poll = Poll(desk.forge, heard.append, Notes())
    poll.look()
    desk.github.state.comment(desk.repo, 1, "/algoops rollback alpha 1.0.0 it is bad", "ann")
    desk.github.state.comment(desk.repo, 77, "/algoops rollback alpha 1.0.0 it is bad", "ann")
    poll.look()
    assert [e.proposal for e in heard] == ["pr/1"]


def test_an_edited_comment_is_no_command(desk):
    desk.propose()
    began = time.time()
    desk.github.state.clock = lambda: began
    said = desk.github.state.comment(desk.repo, 1, "/algoops status", "ann")
    desk.github.state.clock = lambda: began + 2
    desk.github.state.edit_comment(desk.repo, said, "/algoops deploy", "zoe")
    heard = []
    poll = Poll(desk.forge, heard.append, Notes())
    poll.look()
    poll.look()
    assert not [e for e in heard if isinstance(e, CommandIssued)]


def test_commands_said_before_the_state_was_lost_are_not_carried_out_again(desk):
    desk.propose()
    desk.github.state.comment(desk.repo, 1, "/algoops rollback alpha it was bad", "ann")
    heard, fresh = [], Notes.empty()
    Poll(desk.forge, heard.append, fresh).look()
    desk.github.state.clock = lambda: time.time() + 5
    desk.github.state.comment(desk.repo, 1, "/algoops deploy", "ann")
    Poll(desk.forge, heard.append, fresh).look()
    assert [e.command for e in heard if isinstance(e, CommandIssued)] == [Deploy()]


def test_deliveries_that_failed_before_the_state_was_lost_are_not_asked_for(desk, ear):
    desk.github.state.clock = lambda: time.time() - 60
    ear.status = 500
    desk.propose()
    desk.github.deliverer.wait()
    lost = Redelivery(desk.forge, ear.url.removesuffix("/webhooks/github"), Notes.empty())
    assert lost.sweep() == 0


def test_command_in_a_comment_on_a_line_is_heard_and_reacted_to(desk):
    desk.propose()
    said = desk.github.state.comment_on_a_line(desk.repo, 1, "/algoops status", "ann")
    heard = []
    Poll(desk.forge, heard.append, Notes()).look()
    assert (heard[-1].command, heard[-1].comment) == (Status(), f"review-comment-{said.id}")
    desk.forge.react(heard[-1].comment, Reaction.SEEN)
    desk.forge.react("review-7", Reaction.SEEN)  # GitHub has no reactions to reviews
    assert said.reactions == [("bot", "eyes")]


def test_a_failed_look_loses_nothing(desk):
    heard = []
    poll = Poll(desk.forge, heard.append, Notes())
    poll.look()
    pull = desk.propose()
    desk.github.faults.append(Fault("GET .*/issues/comments", 500, times=4))
    with pytest.raises(TransientError):
        poll.look()
    poll.look()
    assert heard == [ProposalChanged("main-repo", "pr/1", pull.head_sha)]


def test_a_command_is_not_lost_when_the_look_fails_right_after_reading_it(desk):
    pull = desk.propose()
    desk.github.state.close(desk.repo, pull, "ann")
    heard = []
    poll = Poll(desk.forge, heard.append, Notes())
    poll.look()
    desk.github.state.comment(desk.repo, 1, "/algoops rollback alpha 1.0.0 it is bad", "ann")
    desk.github.faults.append(Fault("GET .*/pulls/1$", 500, times=4))
    with pytest.raises(TransientError):
        poll.look()
    assert heard == []
    poll.look()
    assert [e.proposal for e in heard] == ["pr/1"]
