"""An engine that loses an answer, or refuses once: no container of ours stays."""

import select
import socket
import threading
from contextlib import suppress

import docker
import pytest
from sandbox_support import SMALL, raise_wall, run_text, traces
from structlog.testing import capture_logs

from components.errors import TransientError

pytestmark = pytest.mark.docker
CREATE = b"/containers/create"
DONE = b"HTTP/1.1 204 No Content\r\n\r\n"
REFUSAL = b'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 16\r\n\r\n{"message":"no"}'


class Engine:
    """The real engine behind a socket of ours; its lists hold parts of request lines.

    A request to be lost is asked and its answer never given; one to be refused is not asked, nor
    is one to be swallowed, which is answered as if it were done. Each goes wrong once.
    """

    def __init__(self, path):
        self.lose, self.refuse, self.swallow = [], [], []
        client = docker.from_env()
        self._real = client.api._custom_adapter.socket_path
        client.close()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        with suppress(OSError):  # closed before
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        with suppress(OSError):
            while True:
                threading.Thread(
                    target=self._serve, args=self._listener.accept()[:1], daemon=True
                ).start()

    def _serve(self, client):
        with client, socket.socket(socket.AF_UNIX) as real:
            real.connect(self._real)
            other, lost = {client: real, real: client}, False
            while True:
                side = select.select([client, real], [], [])[0][0]
                chunk = side.recv(65_536)
                if not chunk or (lost and side is real):
                    return
                if side is client and _once(self.refuse, chunk):
                    client.sendall(REFUSAL)
                    continue
                if side is client and _once(self.swallow, chunk):
                    client.sendall(DONE)
                    continue
                lost = lost or (side is client and _once(self.lose, chunk))
                other[side].sendall(chunk)


def _once(words, chunk):
    line = chunk.partition(b"\r\n")[0]
    found = next((word for word in words if word in line), None)
    if found is not None:
        words.remove(found)
    return found is not None


@pytest.fixture
def engine(tmp_path, monkeypatch):
    made = Engine(tmp_path / "docker.sock")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'docker.sock'}")
    yield made
    made.close()


def test_container_made_by_an_engine_that_did_not_answer_is_gone_with_the_sandbox(engine):
    before = traces()
    wall = raise_wall("docker")
    engine.lose.append(CREATE)
    with pytest.raises(TransientError, match="Docker did not start a guest"):
        wall.start(SMALL)
    assert len(traces().containers - before.containers) == 1
    assert run_text(wall, "print(6 * 7)").stdout == "42\n"
    wall.close()
    assert traces().containers <= before.containers


@pytest.mark.parametrize("end", ["close", "reap"])
def test_container_that_the_engine_did_not_remove_at_first_is_removed_later(engine, end):
    before = traces()
    wall = raise_wall("docker")
    try:
        engine.refuse.append(b"DELETE ")
        wall.start(SMALL).destroy()
        assert len(traces().containers - before.containers) == 1
        getattr(wall, end)()
        assert traces().containers <= before.containers
    finally:
        wall.close()


def test_container_still_listed_after_the_engine_said_removed_is_gone_at_the_end_and_told(engine):
    before = traces()
    wall = raise_wall("docker")
    engine.swallow.append(b"DELETE ")
    wall.start(SMALL).destroy()
    assert len(traces().containers - before.containers) == 1
    with capture_logs() as said:
        wall.close()
    assert traces().containers <= before.containers
    assert [line["answered"] for line in said] == [True]


def test_engine_that_is_gone_holds_no_sandbox_up_at_its_end(engine, monkeypatch):
    before = traces()
    wall = raise_wall("docker")
    engine.lose.append(CREATE)
    with pytest.raises(TransientError):
        wall.start(SMALL)
    engine.close()
    with monkeypatch.context() as impatient:
        impatient.setattr("components.sandbox.backends.lost.time.sleep", pytest.fail)
        wall.close()
    monkeypatch.delenv("DOCKER_HOST")
    for left in traces().containers - before.containers:
        docker.from_env().api.remove_container(left, force=True)
