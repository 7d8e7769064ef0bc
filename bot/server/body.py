"""Read a request's JSON body strictly: type, encoding, depth, numbers; then into a model."""

import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NoReturn, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from bot.server.errors import ApiError, invalid_body, problem

MAX_DEPTH = 64
Model = TypeVar("Model", bound=BaseModel)


def parse(raw: bytes) -> Any:
    """A JSON document from bytes.

    Raises:
        ApiError: 400 where it is not UTF-8, not JSON, holds NaN or an absurd number, or is nested
            deeper than MAX_DEPTH.
    """
    try:
        document = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError:
        raise _not_json("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise _not_json(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except ValueError as error:  # e.g. an integer of thousands of digits
        raise _not_json(str(error)[:200]) from None
    _refuse_deep(document)
    return document


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


def _not_json(why: str) -> ApiError:
    return problem(400, "invalid_json", f"the request's body is not valid JSON: {why}")


def _refuse_deep(document: Any) -> None:
    """Walk level by level, so that nothing here recurses."""
    level = _containers([document])
    for _ in range(MAX_DEPTH + 1):
        if not level:
            return
        level = [child for node in level for child in _containers(_children(node))]
    raise _too_deep()


def _containers(nodes: Iterable[Any]) -> list[Any]:
    return [node for node in nodes if isinstance(node, dict | list)]


def _children(node: Any) -> Iterable[Any]:
    return node.values() if isinstance(node, dict) else node


def _too_deep() -> ApiError:
    return problem(400, "too_deep", f"the JSON is nested deeper than {MAX_DEPTH} levels")


async def document(request: Request) -> Any:
    """The request's JSON document.

    Raises:
        ApiError: 415 for another content type, 400 where it is not JSON.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise problem(
            415,
            "unsupported_media_type",
            "send the body as JSON, with the header `Content-Type: application/json`",
        )
    return parse(await request.body())


def of(model: type[Model]) -> Callable[[Request], Awaitable[Model]]:
    """A dependency that reads the body into `model`; 422 names each field that is wrong."""

    async def read(request: Request) -> Model:
        try:
            return model.model_validate(await document(request))
        except ValidationError as error:
            raise invalid_body(error) from None

    return read
