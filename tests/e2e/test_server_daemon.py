"""The API over the real daemon: generated requests, real components, real jobs."""

import resource
import socket
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from bot.demo.stage import ON_BASE, set_stage
from tests.server_fuzz import MODES, attack, schema_of, validated
from tests.worker_support import ForkingDaemon

TOKEN = "a-token-for-the-real-daemon"
HEADERS = {"authorization": f"Bearer {TOKEN}"}
STRATEGIES = "/api/production/strategies"
BACKTESTS = "/api/production/backtests"
WAIT_S = 240.0


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALGOOPS_API_TOKEN", TOKEN)
        patch.setenv("ALGOOPS_SANDBOX__BACKEND", "bubblewrap")
        stage = set_stage(tmp_path_factory.mktemp("daemon") / "stage", 0)
        started = ForkingDaemon(stage.config, stage.state)
        started.start()
        try:
            yield started
        finally:
            started.stop()


@pytest.fixture(scope="module")
def base(daemon):
    return daemon.url


@pytest.fixture(scope="module")
def name(base) -> str:
    """A strategy of the base branch, once the daemon has seen it."""
    deadline = time.monotonic() + WAIT_S
    wanted = ON_BASE[-1]
    while time.monotonic() < deadline:
        answer = httpx.get(f"{base}/api/v1/strategies/{wanted}", timeout=30)
        if answer.status_code == 200 and answer.json()["deployed_version"]:
            return wanted
        time.sleep(0.1)  # why: another process is at work; there is a deadline
    raise AssertionError(f"{wanted} was not seen")


def test_every_component_of_the_real_daemon_is_healthy(base):
    deadline = time.monotonic() + WAIT_S
    body = {}
    while body.get("overall") != "healthy" and time.monotonic() < deadline:
        body = httpx.get(f"{base}{STRATEGIES}/health/", timeout=30).json()
        time.sleep(0.1)  # why: on a busy machine a component may not answer in time once
    assert body["overall"] == "healthy", body
    assert body["components"]["sandbox_runner"]["backend"] == "bubblewrap"
    while httpx.get(f"{base}/readyz", timeout=30).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)  # why: as above


HALF_OPEN = 1_200
HEAD = b"POST /api/production/strategies/validate-code/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture
def descriptors():
    """Room for both ends' worth of sockets in this process; the daemon keeps its own limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * HALF_OPEN), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        HEAD,
        HEAD + b"Content-Length: 9\r\n\r\n{",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
    ids=["silent", "half a head", "half a body", "kept alive"],
)
def test_a_thousand_connections_that_say_no_more_keep_nobody_out(daemon, descriptors, sent):
    address = ("127.0.0.1", urlsplit(daemon.url).port)
    with ExitStack() as stack:
        for _ in range(HALF_OPEN):
            client = stack.enter_context(socket.create_connection(address, timeout=60))
            with suppress(ConnectionError):  # an earlier one made room for it, and this may too
                client.sendall(sent)
        answer = httpx.get(f"{daemon.url}/healthz", timeout=10)
        assert answer.json() == {"status": "ok"}
        assert len(list(Path(f"/proc/{daemon.pid}/fd").iterdir())) < 500


@pytest.mark.timeout(900)
def test_a_sandbox_test_and_a_backtest_really_run(base, name):
    test = httpx.post(
        f"{base}{STRATEGIES}/sandbox-test/",
        json={"strategy_id": name, "resource_limits": {"memory": "256m"}},
        headers=HEADERS,
        timeout=WAIT_S,
    ).json()
    assert (test["status"], test["success"], test["exit_code"]) == ("passed", True, 0), test
    assert test["resource_usage"]["max_memory_mb"] > 10

    asked = {"strategy_id": name, "symbols": ["SPX"], "start_date": "2010-01-01"}
    begun = httpx.post(f"{base}{BACKTESTS}/run-sandbox/", json=asked, headers=HEADERS, timeout=60)
    assert begun.status_code == 202, begun.text
    number = begun.json()["backtest_id"]
    state = wait_for_end(base, number)
    assert state["status"] == "completed", state["error_message"]
    (result,) = state["results"]
    assert result["symbol"] == "SPX"
    assert result["metrics"]["start"].startswith("2010")


def wait_for_end(base: str, number: int) -> dict:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        state = httpx.get(f"{base}{BACKTESTS}/{number}/status/", timeout=30).json()
        if state["status"] not in {"queued", "running"}:
            return state
        time.sleep(0.1)  # why: another process is at work; there is a deadline
    raise AssertionError(f"backtest {number} did not end")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"symbols": ["NO_SUCH"]}, {400, 404}),
        ({"ref": "no-such-branch"}, {400, 404}),
        ({"start_date": "2030-01-01", "end_date": "2031-01-01"}, {202, 400}),
    ],
)
def test_a_backtest_of_what_is_not_there_is_refused_with_a_reason(base, name, change, status):
    answer = httpx.post(
        f"{base}{BACKTESTS}/run-sandbox/",
        json={"strategy_id": name, **change},
        headers=HEADERS,
        timeout=60,
    )
    assert answer.status_code in status, answer.text


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("mode", MODES)
def test_any_request_to_the_real_daemon_gets_an_answer_that_is_documented(base, name, mode):
    assert attack(schema_of(base), mode, 4, validated(TOKEN)) > 20
