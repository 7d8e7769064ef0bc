from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bot.server.app import create_app
from tests.server_support import TOKEN, RecordedBot, bot_in, populate

BASE = "http://127.0.0.1"


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[RecordedBot]:
    made = bot_in(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def ids(bot: RecordedBot) -> dict[str, int]:
    return populate(bot.store)


@pytest.fixture
def client(bot: RecordedBot) -> Iterator[TestClient]:
    with TestClient(create_app(bot), base_url=BASE, raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def deployer(client: TestClient) -> TestClient:
    client.headers["authorization"] = f"Bearer {TOKEN}"
    return client
