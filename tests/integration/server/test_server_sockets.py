"""Clients that mean harm, on real sockets."""

import json
import socket
import threading
import time

import httpx
import pytest

from bot.core.notices import CheckEnded, RunChanged
from bot.server.app import create_app
from bot.server.serve import HttpServer
from components.errors import ConfigError, TransientError
from components.schema.results.values import ExecutionResult, Outcome, Status
from tests.server_support import settings_for


def read_all(client: socket.socket) -> bytes:
    """Everything until the other side closes; a reset is a close too."""
    parts = []
    try:
        while part := client.recv(65_536):
            parts.append(part)
    except ConnectionError:
        parts.append(b"")
    return b"".join(parts)


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def dripped_into_the_void(client: socket.socket) -> bool:
    """Send one byte more; whether the other side has hung up."""
    try:
        client.sendall(b"A")
        return client.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def alive(base: str) -> bool:
    return httpx.get(f"{base}/healthz", timeout=10).json() == {"status": "ok"}


@pytest.fixture
def hurried(monkeypatch):
    """The server's deadlines, short enough for a test."""
    monkeypatch.setattr("bot.server.serve.HEADER_SECONDS", 0.4)
    monkeypatch.setattr("bot.server.serve.STALLED_SECONDS", 0.4)
    monkeypatch.setattr("bot.server.guard.BODY_SECONDS", 0.4)


@pytest.mark.parametrize("sent", [b"", b"G", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-"])
def test_a_client_that_does_not_finish_its_head_is_cut_off(hurried, base, connect, sent):
    with connect() as client:
        client.sendall(sent)
        started = time.monotonic()
        assert read_all(client) == b""
        assert time.monotonic() - started < 60
    assert alive(base)


def test_a_head_dripped_byte_by_byte_is_cut_off(hurried, base, connect):
    with connect() as client:
        started = time.monotonic()
        client.sendall(b"GET / HTTP/1.1\r\n")
        client.settimeout(0.05)
        cut = False
        while not cut and time.monotonic() - started < 60:
            cut = dripped_into_the_void(client)
    assert cut
    assert alive(base)


def test_a_second_request_dripped_on_a_used_connection_is_cut_off(hurried, base, connect):
    with connect() as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert status_of(client.recv(4096)) == 200
        client.sendall(b"GET /hea")
        read_all(client)
    assert alive(base)


def test_a_body_that_does_not_come_is_408(hurried, base, connect):
    with connect() as client:
        client.sendall(
            b"POST /api/production/strategies/validate-code/ HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        answer = read_all(client)
    assert status_of(answer) == 408
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "body_too_slow"


def test_a_huge_declared_body_is_refused_before_it_is_sent(base, connect):
    with connect() as client:
        client.sendall(
            b"POST /api/production/strategies/validate-code/ HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nContent-Length: 99999999999999999999\r\n\r\n"
        )
        answer = read_all(client)
    assert status_of(answer) == 413
    assert b"body_too_large" in answer


def test_an_endless_chunked_body_is_cut_off_at_the_cap(base, connect):
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with connect() as client:
        client.sendall(
            b"POST /api/production/strategies/validate-code/ HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        sent = 0
        try:
            for _ in range(1000):
                client.sendall(chunk)
                sent += len(chunk)
        except OSError:
            assert sent < 60 << 20
        answer = read_all(client)
    assert answer == b"" or status_of(answer) == 413
    assert sent < 60 << 20
    assert alive(base)


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -4\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
    ],
)
def test_requests_that_are_none_are_4xx_and_the_server_lives(base, connect, head):
    with connect() as client:
        client.sendall(head + b"\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        answer = read_all(client)
    assert answer == b"" or 400 <= status_of(answer) < 500
    assert alive(base)


@pytest.mark.parametrize(
    "path",
    [
        "/../etc/passwd",
        "/static/../../app.py",
        "//",
        "/%2e%2e/",
        "/static/%5c..%5capp.py",
        "/%00",
        "/%ff",
    ],
)
def test_tricks_with_paths_find_nothing(base, connect, path):
    with connect() as client:
        client.sendall(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        )
        answer = read_all(client)
    assert status_of(answer) in {200, 404}
    assert b"root:" not in answer
    assert b"create_app" not in answer


def test_a_client_that_does_not_read_is_cut_off(hurried, base, connect):
    ask = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connect(SO_RCVBUF=4096) as client:
        client.sendall(ask * 200)
        deadline = time.monotonic() + 60
        cut = False
        while time.monotonic() < deadline and not cut:
            try:
                client.send(ask)
            except OSError:
                cut = True
            threading.Event().wait(0.05)
    assert cut
    assert alive(base)


def test_hundreds_of_idle_connections_do_not_stop_the_server(hurried, base, server):
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(300)]
    deadline = time.monotonic() + 60
    ok = False
    while not ok and time.monotonic() < deadline:
        try:
            ok = httpx.get(f"{base}/healthz", timeout=30).status_code == 200
        except httpx.HTTPError:
            ok = False
    for client in idle:
        client.close()
    assert ok


# --- events ------------------------------------------------------------------------------------


def lines_of(base: str, topic: str, seen: list[str], opened: threading.Event) -> None:
    with httpx.stream("GET", f"{base}/events", params={"topic": topic}, timeout=20) as answer:
        for line in answer.iter_lines():
            opened.set()
            if line:
                seen.append(line)
            if line.startswith("data:"):
                return


def test_a_watcher_is_told_of_its_run_and_of_no_other(base, bot):
    seen: list[str] = []
    opened = threading.Event()
    watching = threading.Thread(target=lines_of, args=(base, "run:5", seen, opened))
    watching.start()
    assert opened.wait(60)
    bot.tell(RunChanged(4, "failed"))
    bot.tell(CheckEnded(5, "breakout", "schema", Outcome.PASSED, 0.01))
    watching.join(60)
    assert not watching.is_alive()
    assert [line for line in seen if line.startswith("data:")] == [
        'data: {"kind": "CheckEnded", "topics": ["all", "run:5"]}'
    ]


def test_the_server_stops_at_once_though_somebody_watches(bot):
    made = HttpServer(create_app(bot), bot.settings)
    made.start()
    opened = threading.Event()
    base = f"http://127.0.0.1:{made.port}"

    def watch() -> None:
        try:
            lines_of(base, "all", [], opened)
        except httpx.HTTPError:
            opened.set()

    watching = threading.Thread(target=watch)
    watching.start()
    assert opened.wait(60)
    started = time.monotonic()
    made.stop()
    assert time.monotonic() - started < 60
    watching.join(60)
    assert not watching.is_alive()


def test_too_many_watchers_are_told_to_come_back(base, monkeypatch):
    monkeypatch.setattr("bot.server.live.MAX_WATCHERS", 1)
    with httpx.stream("GET", f"{base}/events", timeout=10) as first:
        lines = first.iter_lines()
        assert next(lines).startswith("retry:")
        second = httpx.get(f"{base}/events", timeout=10)
    assert (second.status_code, second.json()["code"]) == (503, "busy")
    assert int(second.headers["retry-after"]) > 0


@pytest.mark.parametrize("topic", ["", "run:", "run:x", "strategy:../x", "everything"])
def test_a_topic_that_there_is_not_is_422(base, topic):
    assert httpx.get(f"{base}/events", params={"topic": topic}).status_code == 422


# --- starting ----------------------------------------------------------------------------------


def test_a_taken_port_is_said_at_start(server, bot, tmp_path):
    settings = settings_for(tmp_path, port=server.port)
    with pytest.raises(ConfigError, match=r"cannot listen.*already in use"):
        HttpServer(create_app(bot), settings)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_server_that_ends_at_its_start_is_said(bot, monkeypatch):
    def broken(_listener):
        raise RuntimeError("no room")

    monkeypatch.setattr(bot, "subscribe", broken)
    server = HttpServer(create_app(bot), bot.settings)
    with pytest.raises(TransientError, match="ended before it could answer"):
        server.start()
    server.stop()


def test_an_open_door_is_refused_at_start(bot, tmp_path):
    settings = settings_for(tmp_path, host="0.0.0.0", port=0)
    bare = settings.model_copy(update={"api_token": type(settings)().api_token})
    with pytest.raises(ConfigError, match="without a token"):
        HttpServer(create_app(bot), bare)


def test_long_work_beyond_what_is_bounded_is_503_and_reads_go_on(bot, base):
    release = threading.Event()

    def slow() -> ExecutionResult:
        release.wait(60)
        return ExecutionResult(status=Status.PASSED)

    bot.answers["sandbox_test"] = slow
    headers = {"authorization": "Bearer a-token-for-tests"}
    codes: list[int] = []

    def ask() -> None:
        codes.append(
            httpx.post(
                f"{base}/api/production/strategies/sandbox-test/",
                json={"name": "sma_cross"},
                headers=headers,
                timeout=80,
            ).status_code
        )

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 50
    while codes.count(503) < 4 and time.monotonic() < deadline:
        assert alive(base)
    release.set()
    for thread in threads:
        thread.join(60)
    assert sorted(codes) == [200] * 8 + [503] * 4
