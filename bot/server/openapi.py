"""What the OpenAPI document says beyond what FastAPI derives: bodies, errors, tokens."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from bot.server.errors import Problem
from bot.server.shapes import HealthAnswer

REF = "#/components/schemas/{model}"
ALWAYS = (400, 401, 408, 413, 421, 500, 503)
MEANING = {
    400: "Not valid JSON, or refused: `error` says why",
    401: "A token is needed, or the one sent is not known",
    403: "The token may read only",
    404: "No such thing",
    405: "The path takes another method",
    408: "The body did not arrive in time",
    409: "The current state does not allow it: not ready, conflicting, or moved meanwhile",
    413: "The body is too large",
    415: "The body is not declared as JSON",
    421: "The Host header is not one this bot answers to",
    422: "The JSON is not what this endpoint takes: `details` names the fields",
    429: "Too much of this is under way",
    500: "A bug of the bot",
    503: "Unavailable for now: try again after `Retry-After` seconds",
}
DESCRIPTION = """\
Checks, deploys and rolls back trading strategies kept in git.

**Tokens.** Reading is open on loopback. Whatever changes something, and every read of a bot that
others can reach, needs `Authorization: Bearer TOKEN`: the value of `ALGOOPS_API_TOKEN`, or one of
`server.tokens` with the role `reader`, `deployer` or `admin`. (One with the role `author` opens the
tools for agents at `/mcp` alone.)

**Errors** are JSON with a stable `code` for programs, `error` and `hint` for people, and `details`
where single fields are at fault.

Every path works with and without its trailing slash.
"""


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of an operation, beside those that any may give."""
    return {
        status: {"model": Problem, "description": MEANING[status]}
        for status in sorted({*statuses, *ALWAYS} - {500})
    }


def takes(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of an operation that reads `model` from its body."""
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": REF.format(model=model.__name__)}}},
        }
    }


def install(app: FastAPI, bodies: tuple[type[BaseModel], ...]) -> None:
    """Give the application its OpenAPI document, made once.

    Args:
        app: the application, with all its routes.
        bodies: the models that `takes` names.
    """

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, bodies)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way


def _document(app: FastAPI, bodies: tuple[type[BaseModel], ...]) -> dict[str, Any]:
    made = get_openapi(
        title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes
    )
    parts = made.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for model in bodies:
        schema = model.model_json_schema(ref_template=REF)
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            _secure(path, method, operation)
            _own_422(operation)
    return made


def _own_422(operation: dict[str, Any]) -> None:
    """Where FastAPI put its own shape of 422, ours stands."""
    ours = {"schema": {"$ref": REF.format(model=Problem.__name__)}}
    answer = operation["responses"].get("422")
    if answer is not None:
        answer.update(description=MEANING[422], content={"application/json": ours})


def _secure(path: str, method: str, operation: dict[str, Any]) -> None:
    if path.startswith("/webhooks") or path in {"/healthz", "/readyz"}:
        operation["security"] = []
    elif method == "get" or "reads" in operation.get("tags", ()):
        operation["security"] = [{}, {"token": []}]
    else:
        operation["security"] = [{"token": []}]


def unhealthy() -> dict[int | str, dict[str, Any]]:
    """The answers of a health endpoint beside 200."""
    return {
        **errors(),
        503: {"model": HealthAnswer, "description": "A vital component is unavailable"},
    }
