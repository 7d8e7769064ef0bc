"""Every published example payload goes through the endpoint: never a 5xx, known events taken."""

import gzip
import hashlib
import hmac
import json
import uuid
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from bot.config.settings import GitHubSettings, RepositorySettings
from bot.server.app import create_app
from bot.sources import webhook
from tests.server_support import bot_in, settings_for

EXAMPLES = json.loads(
    gzip.decompress((Path(__file__).parents[2] / "data/github/webhooks.json.gz").read_bytes())
)
SECRET = "hush"


def _repositories():
    named = {
        webhook.repository_of(json.dumps(payload).encode())
        for event in EXAMPLES
        for payload in event["examples"]
    }
    return tuple(
        RepositorySettings(
            name=f"r{n}",
            forge="github",
            github=GitHubSettings(repository=name, webhook_secret=SECRET),
        )
        for n, name in enumerate(sorted(named - {""}))
    )


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("endpoint")
    settings = settings_for(folder).model_copy(update={"repositories": _repositories()})
    bot = bot_in(folder, settings)
    with TestClient(
        create_app(bot), base_url="http://127.0.0.1", raise_server_exceptions=False
    ) as made:
        yield made
    bot.store.close()


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda e: e["name"])
def test_every_published_example_is_answered(client, event):
    for payload in event["examples"]:
        body = json.dumps(payload).encode()
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        answer = client.post(
            "/webhooks/github",
            content=body,
            headers={
                "content-type": "application/json",
                "x-github-event": event["name"],
                "x-github-delivery": str(uuid.uuid4()),
                "x-hub-signature-256": f"sha256={signature}",
            },
        )
        assert answer.status_code == 202, answer.text
        bases = {webhook.repository_of(body): "main"}
        taken = webhook.parse(event["name"], "guid", body, bases)
        assert answer.json()["status"] == ("accepted" if taken else "ignored")


def deliver(client, body, kind, event="pull_request", secret=SECRET):
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return client.post(
        "/webhooks/github",
        content=body,
        headers={
            "content-type": kind,
            "x-github-event": event,
            "x-github-delivery": str(uuid.uuid4()),
            "x-hub-signature-256": f"sha256={signature}",
        },
    )


def an_example(event):
    (found,) = [e["examples"][0] for e in EXAMPLES if e["name"] == event]
    return json.dumps(found)


def test_a_delivery_as_a_form_which_github_offers_too_is_understood(client):
    body = urlencode({"payload": an_example("pull_request")}).encode()
    answer = deliver(client, body, "application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")


@pytest.mark.parametrize(
    "body",
    [b"", b"payload=", b"payload=%7B", b"other=1", b"&" * 100_000, b"\xff=%ff", b"a=1&" * 99],
)
def test_a_form_without_a_payload_is_400(client, body):
    answer = deliver(client, body, "application/x-www-form-urlencoded; charset=utf-8")
    assert (answer.status_code, answer.json()["code"]) == (400, "refused")


def test_the_signature_of_a_form_is_that_of_its_raw_body(client):
    body = urlencode({"payload": an_example("pull_request")}).encode()
    answer = deliver(client, body, "application/x-www-form-urlencoded", secret="another")
    assert answer.status_code == 401


def test_a_body_above_githubs_own_limit_is_refused_before_it_is_read(client):
    answer = deliver(client, b"{}" + b" " * webhook.MAX_BODY, "application/json")
    assert answer.status_code == 413
