from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bot.server.app import create_app
from tests.server_support import TOKEN, RecordedBot, bot_in, populated, populated_ids

BASE = "http://127.0.0.1"


@pytest.fixture
def bot(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RecordedBot]:
    """With strategies and runs where the test asks for `ids`, else empty."""
    if "ids" in request.fixturenames:
        populated(tmp_path)
    made = bot_in(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def ids(bot: RecordedBot) -> dict[str, int]:
    return populated_ids()


@pytest.fixture
def client(bot: RecordedBot) -> Iterator[TestClient]:
    with TestClient(create_app(bot), base_url=BASE, raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def deployer(client: TestClient) -> TestClient:
    client.headers["authorization"] = f"Bearer {TOKEN}"
    return client
