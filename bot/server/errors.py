"""The one shape of an error answer, and which exception becomes which."""

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from starlette.responses import JSONResponse

from bot.agents.door import TOOLS_PATH
from bot.core.requests import NeedsAdmin, NotReady
from components.errors import AlgoOpsError, ConfigError, Conflict, Moved, TransientError, UserError
from components.state.db.errors import (
    IllegalMove,
    LockHeld,
    NotFound,
    StateCorrupt,
    StateReadOnly,
    StateTooNew,
    StateUnreadable,
    VersionTaken,
)
from components.texts import scrub

log = structlog.get_logger()

OPERATORS_FAULT = (
    ConfigError,
    LockHeld,
    StateCorrupt,
    StateReadOnly,
    StateTooNew,
    StateUnreadable,
)
"""What no client can do anything about; the text, which may name files, goes to the log."""

MAX_DETAILS = 50
MAX_TEXT = 2_000
RETRY_AFTER_S = 5
INVALID_REQUEST = -32_600
"""Of JSON-RPC."""


class Detail(BaseModel):
    """One thing that is wrong with a request: where (dotted path) and what."""

    field: str
    message: str


class Problem(BaseModel):
    """An error answer. `code` is stable and made for programs; `error` is made for people."""

    model_config = ConfigDict(extra="allow")

    code: str = Field(examples=["not_found"])
    error: str = Field(examples=["there is no strategy 'sma'"])
    hint: str = ""
    details: list[Detail] = []


class ApiError(Exception):
    """An answer other than success, ready to be sent.

    Attributes:
        status: HTTP status.
        body: the JSON document.
        headers: further response headers.
    """

    def __init__(self, status: int, body: Problem, headers: dict[str, str] | None = None) -> None:
        super().__init__(body.error)
        self.status = status
        self.body = body
        self.headers = headers or {}


def problem(  # one field of the answer each
    status: int,
    code: str,
    error: str,
    *,
    hint: str = "",
    details: list[Detail] | None = None,
    headers: dict[str, str] | None = None,
    **extra: object,
) -> ApiError:
    """An ApiError from its parts; `extra` keys stand beside `code` in the document."""
    document = {
        "code": code,
        "error": error[:MAX_TEXT],
        "hint": hint[:MAX_TEXT],
        "details": (details or [])[:MAX_DETAILS],
        **extra,
    }
    return ApiError(status, Problem.model_validate(document), headers)


def answer_of(error: ApiError, path: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An error as JSON; at the address of the tools as JSON-RPC has it, so that clients show it."""
    document = error.body.model_dump()
    if path == TOOLS_PATH:
        words = f"{error.body.error} ({error.body.hint})" if error.body.hint else error.body.error
        told = {"code": INVALID_REQUEST, "message": words, "data": {"code": error.body.code}}
        document = {"jsonrpc": "2.0", "id": None, "error": told}
    return JSONResponse(document, error.status, headers={**error.headers, **(headers or {})})


def from_expected(error: AlgoOpsError) -> ApiError:
    """The answer to one of the project's own expected errors."""
    text, hint = scrub(Exception.__str__(error)), scrub(error.hint)
    match error:
        case _ if isinstance(error, OPERATORS_FAULT):
            log.error("operator_needed", error=str(error))
            answer = _unavailable("operator_needed", "the bot needs its operator: see its log")
        case UserError():
            answer = _refused(error, text, hint)
        case TransientError() if not isinstance(error, Moved):
            answer = _unavailable("unavailable", text, hint=hint, after_s=error.retry_after_s)
        case Moved():
            answer = problem(409, "moved", text, hint=hint)
        case _:
            log.error("unexpected_error_kind", kind=type(error).__name__, error=str(error))
            answer = problem(500, "internal", "the bot met a bug: it is in its log")
    return answer


_CODES: tuple[tuple[type[UserError], int, str], ...] = (
    (NotFound, 404, "not_found"),
    (NeedsAdmin, 403, "policy_change"),
    (VersionTaken, 409, "version_taken"),
)


def _refused(error: UserError, text: str, hint: str) -> ApiError:
    for kind, status, code in _CODES:
        if isinstance(error, kind):
            return problem(status, code, text, hint=hint)
    match error:
        case NotReady():
            return _not_ready(text, hint, error.current_status, error.required_status)
        case IllegalMove():
            return _not_ready(text, hint, error.current, "ready")
        case Conflict():
            return problem(409, "conflict", text, hint=hint, paths=list(error.paths)[:MAX_DETAILS])
        case _:
            return problem(400, "refused", text, hint=hint)


def _not_ready(text: str, hint: str, current: str, required: str) -> ApiError:
    return problem(
        409, "not_ready", text, hint=hint, current_status=current, required_status=required
    )


def _unavailable(code: str, text: str, *, hint: str = "", after_s: float | None = None) -> ApiError:
    seconds = max(1, round(RETRY_AFTER_S if after_s is None else after_s))
    return problem(503, code, text, hint=hint, headers={"Retry-After": str(seconds)})


def details_of(error: ValidationError) -> list[Detail]:
    """What pydantic found, without echoing the input."""
    return [
        Detail(
            field=".".join(str(part) for part in item["loc"])[:MAX_TEXT],
            message=_plain(item)[:MAX_TEXT],
        )
        for item in error.errors(include_input=False, include_url=False, include_context=False)
    ][:MAX_DETAILS]


def _plain(item: ErrorDetails) -> str:
    """Pydantic's words without its jargon."""
    if item["type"] == "missing":
        return "is missing"
    if item["type"] == "extra_forbidden":
        return "is not a field of this body"
    return item["msg"].removeprefix("Value error, ")


def invalid_body(error: ValidationError) -> ApiError:
    """422: the JSON is well-formed, and not what this endpoint takes."""
    return problem(
        422,
        "invalid_body",
        "the request's body is not what this endpoint takes",
        hint="each entry of `details` names a field and what is wrong with it",
        details=details_of(error),
    )
