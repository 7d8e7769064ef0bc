"""How long GitHub waits for an answer, and how long the pure parts take.

Usage: python -m benchmarks.github_forge [--json FILE]
"""

import argparse
import hashlib
import hmac
import http.client
import json
import statistics
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bot.config.settings import GitHubSettings, RepositorySettings
from bot.core import commands
from bot.core.event_json import key_of, kind_of, to_payload
from bot.core.events import Event
from bot.report import markdown
from bot.server.app import create_app
from bot.server.serve import HttpServer
from bot.sources import webhook
from components.state import Store
from tests.server_support import RecordedBot, settings_for
from tests.unit.report.shapes import several

SECRET = "hush"  # a made-up secret
TIMES = 300


class _Storing(RecordedBot):
    """Puts what it receives into the real inbox, as the daemon does."""

    def receive(self, delivery: str, events: tuple[Event, ...]) -> bool:
        with self.store.transaction():
            new = [
                self.store.inbox.receive(
                    key_of(event, delivery, place), kind_of(event), "team", to_payload(event)
                )
                for place, event in enumerate(events)
            ]
        return any(new)


def _delivery() -> bytes:
    payload = {
        "action": "synchronize",
        "number": 7,
        "pull_request": {"head": {"sha": "a" * 40}, "body": "x" * 20_000},
        "repository": {"full_name": "acme/strategies", "default_branch": "main"},
    }
    return json.dumps(payload).encode()


def _timed(call: Callable[[], object]) -> dict[str, float]:
    taken = []
    for _ in range(TIMES):
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1000)
    taken.sort()
    return {"median_ms": statistics.median(taken), "p99_ms": taken[int(TIMES * 0.99) - 1]}


def _endpoint() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        github = GitHubSettings(repository="acme/strategies", webhook_secret=SECRET)
        repository = RepositorySettings(name="team", forge="github", github=github)
        settings = settings_for(Path(folder), port=0)
        settings = settings.model_copy(update={"repositories": (repository,)})
        bot = _Storing(Store(Path(folder) / "algoops.db"), settings)
        server = HttpServer(create_app(bot), bot.settings)
        server.start()
        connection = http.client.HTTPConnection(server.host, server.port)
        body = _delivery()
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()

        def post() -> None:
            headers = {
                "content-type": "application/json",
                "x-github-event": "pull_request",
                "x-github-delivery": str(uuid.uuid4()),
                "x-hub-signature-256": f"sha256={signature}",
            }
            connection.request("POST", "/webhooks/github", body, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != http.client.ACCEPTED:
                raise SystemExit(f"the endpoint answered {answer.status}")

        try:
            return _timed(post)
        finally:
            connection.close()
            server.stop()
            bot.store.close()


class _Careless(BaseHTTPRequestHandler):
    """What a small script of one's own would do: read the body, say 202, keep nothing."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:  # the library's name
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(http.client.ACCEPTED)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _instead() -> dict[str, float]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Careless) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port)

        def post() -> None:
            connection.request("POST", "/", _delivery())
            connection.getresponse().read()

        try:
            return _timed(post)
        finally:
            connection.close()
            server.shutdown()


def main() -> None:
    """Measure and print; `--json FILE` also writes the figures."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--json", type=Path)
    chosen = arguments.parse_args()
    body, shape = _delivery(), several()
    figures = {
        "webhook: verified, stored, answered": _endpoint(),
        "instead: http.server that keeps nothing": _instead(),
        "webhook: verify": _timed(lambda: webhook.verify(SECRET, body, "sha256=00")),
        "webhook: parse": _timed(lambda: webhook.parse("pull_request", "guid", body)),
        "command: parse": _timed(lambda: commands.parse("hello\n\n/algoops deploy\n" * 20)),
        "report: Markdown of three strategies": _timed(lambda: markdown.markdown(shape)),
    }
    for what, found in figures.items():
        print(f"{what:<40} {found['median_ms']:8.3f} ms median {found['p99_ms']:8.3f} ms p99")
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
