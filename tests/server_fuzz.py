"""Every operation of the API called with generated requests, each answer held against its words."""

from collections.abc import Callable

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

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
Schema = schemathesis.schemas.BaseSchema


def schema_of(base: str) -> Schema:
    """The API's own description, from the running server."""
    loaded = schemathesis.openapi.from_url(f"{base}/openapi.json")
    return loaded.exclude(path="/events")  # an endless answer; its own tests are elsewhere


def attack(
    schema: Schema, mode: GenerationMode, examples: int, call: Callable[[schemathesis.Case], None]
) -> int:
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
            # an operation without parameters and body has nothing to get wrong
            assert mode is GenerationMode.NEGATIVE
    return number


def validated(token: str) -> Callable[[schemathesis.Case], None]:
    """Call with a token and hold the answer against the description."""

    def call(case: schemathesis.Case) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        case.call_and_validate(headers=headers, checks=CHECKS, timeout=120)

    return call


def unauthorised(case: schemathesis.Case) -> None:
    """Call without a token: what changes something is refused."""
    status = case.call(timeout=120).status_code
    if case.operation.definition.raw["security"] == [{"token": []}]:
        assert status == 401
    assert status < 500
