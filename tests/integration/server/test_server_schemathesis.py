"""The whole API against its own description: no 5xx, no undocumented status, no wrong shape."""

import pytest
from hypothesis import settings

from bot.server.app import create_app
from bot.server.serve import HttpServer
from tests.server_fuzz import MODES, attack, schema_of, unauthorised, validated
from tests.server_support import TOKEN, bot_in, populate, settings_for

EXAMPLES = settings.default.max_examples // 4
"""Of each operation; `make deep` tries more."""
OPERATIONS = 20
"""There are more; fewer found would mean that the description was not read."""


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    folder = tmp_path_factory.mktemp("state")
    bot = bot_in(folder, settings_for(folder, port=0))
    populate(bot.store)
    server = HttpServer(create_app(bot), bot.settings)
    with pytest.MonkeyPatch.context() as hurried:
        hurried.setattr("bot.server.backtests_api.WAIT_S", 0.2)  # no backtest here ever ends
        server.start()
        yield schema_of(f"http://127.0.0.1:{server.port}")
        server.stop()
    bot.store.close()


@pytest.mark.parametrize("mode", MODES)
def test_any_request_gets_an_answer_that_is_documented(schema, mode):
    assert attack(schema, mode, EXAMPLES, validated(TOKEN)) > OPERATIONS


def test_without_a_token_nothing_is_changed(schema):
    assert attack(schema, MODES[0], 3, unauthorised) > OPERATIONS
