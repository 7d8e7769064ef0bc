"""Every operation of the API called with generated requests, each answer held against its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemathesis import Case
    from schemathesis.schemas import BaseSchema

MODES = ["positive", "negative"]


def schema_of(base: str) -> BaseSchema:
    """The API's own description, from the running server."""
    import schemathesis  # a second: not in processes that run other tests

    loaded = schemathesis.openapi.from_url(f"{base}/openapi.json")
    return loaded.exclude(path="/events")  # an endless answer; its own tests are elsewhere


def attack(schema: BaseSchema, mode: str, examples: int, call: Callable[[Case], None]) -> int:
    """Call every operation with generated requests; how many operations there were."""
    from schemathesis.generation.modes import GenerationMode

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
        @given(operation.as_strategy(generation_mode=GenerationMode(mode)))
        def one(case: Case) -> None:
            call(case)

        try:
            one()
        except Unsatisfiable:
            # an operation without parameters and body has nothing to get wrong
            assert mode == "negative"
    return number


def validated(token: str) -> Callable[[Case], None]:
    """Call with a token and hold the answer against the description."""
    from schemathesis import checks

    held = [
        checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]

    def call(case: Case) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        case.call_and_validate(headers=headers, checks=held, timeout=120)

    return call


def unauthorised(case: Case) -> None:
    """Call without a token: what changes something is refused."""
    status = case.call(timeout=120).status_code
    if case.operation.definition.raw["security"] == [{"token": []}]:
        assert status == 401
    assert status < 500
