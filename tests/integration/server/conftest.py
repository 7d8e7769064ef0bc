import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.server.app import create_app
from bot.server.serve import HttpServer
from tests.server_support import RecordedBot, bot_in, populate, settings_for


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[RecordedBot]:
    made = bot_in(tmp_path, settings_for(tmp_path, port=0))
    populate(made.store)
    yield made
    made.store.close()


@pytest.fixture
def server(bot: RecordedBot) -> Iterator[HttpServer]:
    made = HttpServer(create_app(bot), bot.settings)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def base(server: HttpServer) -> str:
    return f"http://127.0.0.1:{server.port}"


@pytest.fixture
def connect(server: HttpServer) -> Callable:
    @contextmanager
    def opened(**options) -> Iterator[socket.socket]:
        with socket.socket() as client:
            for name, value in options.items():
                client.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
            client.settimeout(60)
            client.connect(("127.0.0.1", server.port))
            yield client

    return opened
