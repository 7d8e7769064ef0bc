"""The whole API against its own description: no 5xx, no undocumented status, no wrong shape."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.generation.modes import GenerationMode

from bot.server.app import create_app
from bot.server.serve import HttpServer
from tests.server_support import TOKEN, bot_in, populate, settings_for

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 25


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("state")
    bot = bot_in(folder, settings_for(folder, port=0))
    populate(bot.store)
    server = HttpServer(create_app(bot), bot.settings)
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.stop()
    bot.store.close()


@pytest.fixture(scope="module")
def schema(base):
    loaded = schemathesis.openapi.from_url(f"{base}/openapi.json")
    return loaded.exclude(path="/events")  # an endless answer; its own tests are elsewhere


def attack(schema, mode: GenerationMode, examples: int, call) -> int:
    """Call every operation with generated requests; how many operations there were."""
    number = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        number += 1

        @seed(number)
        @settings(
            max_examples=examples,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
            database=None,
        )
        @given(operation.as_strategy(generation_mode=mode))
        def one(case: schemathesis.Case) -> None:
            call(case)

        try:
            one()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE  # an operation without anything to get wrong
    return number


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_any_request_gets_an_answer_that_is_documented(schema, mode):
    def call(case: schemathesis.Case) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        case.call_and_validate(headers=headers, checks=CHECKS, timeout=30)

    assert attack(schema, mode, EXAMPLES, call) > 20


def test_without_a_token_nothing_is_changed(schema):
    def call(case: schemathesis.Case) -> None:
        status = case.call(timeout=30).status_code
        if case.operation.definition.raw["security"] == [{"token": []}]:
            assert status == 401
        assert status < 500

    attack(schema, GenerationMode.POSITIVE, 3, call)
