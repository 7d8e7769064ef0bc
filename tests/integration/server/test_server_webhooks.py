import hashlib
import hmac
import json

import httpx
import pytest

from bot.config.settings import GitHubSettings, RepositorySettings
from bot.core.events import BaseMoved, CommandIssued, Deploy, ProposalChanged
from bot.server.app import create_app
from bot.server.serve import HttpServer
from components.errors import TransientError
from tests.server_support import bot_in, settings_for

SECRETS = {"team": "first-secret", "other": "second-secret"}
REPOSITORY = {"full_name": "Acme/Strategies", "default_branch": "main"}


@pytest.fixture
def bot(tmp_path):
    settings = settings_for(tmp_path, port=0)
    secret_file = tmp_path / "webhook-secret"
    secret_file.write_text(SECRETS["other"] + "\n")
    repositories = tuple(
        RepositorySettings(
            name=name,
            forge="github",
            github=GitHubSettings(repository=where, **secret),
        )
        for name, where, secret in (
            ("team", "acme/strategies", {"webhook_secret": SECRETS["team"]}),
            ("other", "acme/other", {"webhook_secret_file": secret_file}),
        )
    )
    made = bot_in(tmp_path, settings.model_copy(update={"repositories": repositories}))
    yield made
    made.store.close()


def post(base: str, event: str, payload: object, *, secret: str = SECRETS["team"], **headers: str):
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    sent = {
        "content-type": "application/json",
        "x-github-event": event,
        "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "x-hub-signature-256": signature,
    }
    return httpx.post(f"{base}/webhooks/github", content=body, headers=sent | headers, timeout=20)


def pull_request(head: str = "a" * 40) -> dict:
    return {
        "action": "synchronize",
        "number": 7,
        "pull_request": {"head": {"sha": head}},
        "repository": REPOSITORY,
    }


def test_a_signed_push_to_a_pull_request_is_stored_under_our_name_of_the_repository(base, bot):
    answer = post(base, "pull_request", pull_request())
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    (what, (delivery, events)) = bot.asked[0]
    assert what == "receive"
    assert delivery.startswith("72d3162e")
    assert events == (ProposalChanged("team", "pr/7", "a" * 40),)


def test_the_same_delivery_twice_is_a_duplicate(base, bot):
    assert post(base, "pull_request", pull_request()).json()["status"] == "accepted"
    again = post(base, "pull_request", pull_request())
    assert (again.status_code, again.json()["status"]) == (202, "duplicate")


def test_a_comment_is_a_command(base, bot):
    payload = {
        "action": "created",
        "issue": {"number": 7, "pull_request": {}},
        "comment": {"id": 3, "body": "/algoops deploy", "user": {"login": "ada", "type": "User"}},
        "repository": REPOSITORY,
    }
    assert post(base, "issue_comment", payload).json()["status"] == "accepted"
    (event,) = bot.asked[0][1][1]
    assert isinstance(event, CommandIssued)
    assert (event.repository, event.actor, event.command) == ("team", "ada", Deploy())


def test_a_push_to_the_base_is_told(base, bot):
    payload = {"ref": "refs/heads/main", "after": "b" * 40, "repository": REPOSITORY}
    post(base, "push", payload)
    assert bot.asked[0][1][1] == (BaseMoved("team", "b" * 40),)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-hub-signature-256": ""},
        {"x-hub-signature-256": "sha256=" + "0" * 64},
        {"x-hub-signature-256": "sha1=abc"},
        {"x-hub-signature-256": "\xff\xfe"},
    ],
)
def test_what_is_not_signed_is_401_and_not_even_parsed(base, bot, headers):
    body = json.dumps(pull_request()).encode()
    sent = {key: value.encode("latin-1") for key, value in headers.items()}
    answer = httpx.post(f"{base}/webhooks/github", content=body, headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")
    assert bot.asked == []


def test_the_secret_of_one_repository_does_not_speak_for_another(base, bot):
    answer = post(base, "pull_request", pull_request(), secret=SECRETS["other"])
    assert (answer.status_code, answer.json()["status"]) == (202, "ignored")
    assert bot.asked == []


@pytest.mark.parametrize("event", ["ping", "star", "pull_request\x7f"])
def test_what_does_not_concern_us_is_ignored(base, bot, event):
    payload = {"zen": "hi", "repository": REPOSITORY}
    answer = post(base, event, payload)
    assert (answer.status_code, answer.json()["status"]) == (202, "ignored")


BROKEN = [b"", b"{", b"[]", b"7", b"null", b"\xff", b"[" * 100_000, b'{"a": 1} {"b": 2}']


@pytest.mark.parametrize("event", ["pull_request", "ping", "star"])
@pytest.mark.parametrize("payload", BROKEN, ids=range(len(BROKEN)))
def test_a_signed_body_that_is_no_payload_is_400(base, bot, payload, event):
    answer = post(base, event, payload)
    assert (answer.status_code, answer.json()["code"]) == (400, "refused")
    assert "JSON" in answer.json()["error"]
    assert bot.asked == []


def test_a_form_without_its_payload_is_400(base, bot):
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = post(base, "pull_request", b"other=1", **form)
    assert (answer.status_code, answer.json()["code"]) == (400, "refused")


def test_a_delivery_that_does_not_say_what_happened_is_400(base, bot):
    answer = post(base, "", pull_request())
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_event")
    assert bot.asked == []


def test_a_payload_without_its_fields_is_400(base, bot):
    answer = post(base, "pull_request", {"repository": REPOSITORY, "number": "x"})
    assert (answer.status_code, answer.json()["code"]) == (400, "refused")


@pytest.mark.parametrize("delivery", ["", "a b", "../x", "x" * 101])
def test_a_delivery_needs_a_proper_id(base, bot, delivery):
    answer = post(base, "pull_request", pull_request(), **{"x-github-delivery": delivery})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_delivery")


def test_a_payload_larger_than_a_mebibyte_is_taken(base, bot):
    payload = pull_request() | {"padding": "x" * (2 << 20)}
    assert post(base, "pull_request", payload).json()["status"] == "accepted"


def test_a_payload_over_25_mebibytes_is_413(base, bot):
    answer = post(base, "pull_request", b"x" * ((25 << 20) + 1))
    assert answer.status_code == 413


def test_what_could_not_be_stored_is_503_so_that_the_forge_sends_it_again(base, bot):
    bot.answers["receive"] = TransientError("the disk is full")
    assert post(base, "pull_request", pull_request()).status_code == 503


def test_without_a_secret_the_endpoint_is_off(tmp_path):
    (tmp_path / "plain").mkdir()
    plain = bot_in(tmp_path / "plain", settings_for(tmp_path / "plain", port=0))
    server = HttpServer(create_app(plain), plain.settings)
    server.start()
    try:
        answer = post(f"http://127.0.0.1:{server.port}", "ping", {})
        assert (answer.status_code, answer.json()["code"]) == (404, "webhook_off")
    finally:
        server.stop()
        plain.store.close()
