"""GitHub's answers: what they let us do, and which error each stands for."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from components.errors import TransientError, UserError

ISO = "%Y-%m-%dT%H:%M:%SZ"
NOT_FOUND, GONE, NOT_MODIFIED, UNPROCESSABLE = 404, 410, 304, 422
_SERVER_ERROR, _TOO_MANY, _FORBIDDEN, UNAUTHORISED = 500, 429, 403, 401


class Refused(UserError):
    """GitHub understood and said no.

    Attributes:
        status: the HTTP status.
        said: GitHub's own words, "" where it had none.
    """

    def __init__(self, message: str, *, status: int, hint: str = "", said: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.said = said


@dataclass(frozen=True)
class Answer:
    """One answer: status, headers (lower-case names) and the decoded body."""

    status: int
    headers: Mapping[str, str]
    data: Any


@dataclass
class Budget:
    """What GitHub lets us do for now, read from its own headers. Times in seconds since 1970."""

    remaining: int | None = None
    reset_at: float = 0.0
    blocked_until: float = 0.0

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take over what an answer says."""
        if headers.get("x-ratelimit-resource", "core") != "core":
            return
        remaining = _float(headers.get("x-ratelimit-remaining"))
        if remaining is not None:
            self.remaining = int(remaining)
            self.reset_at = _float(headers.get("x-ratelimit-reset")) or 0.0

    def wait_s(self, now: float, *, reserve: int = 0) -> float:
        """Seconds until a call may be made; 0 when at once."""
        wait = self.blocked_until - now
        if self.remaining is not None and self.remaining <= reserve:
            wait = max(wait, self.reset_at - now)
        return max(0.0, wait)


def error_of(verb: str, url: str, answer: Answer, budget: Budget, now: float) -> Exception:
    """The error that an answer of 400 or more stands for: wait, repair, or ask differently.

    A rate limit is noted in `budget`, so that the next call waits without asking.
    """
    said = _message(answer.data)
    after = _retry_after(answer.headers, now)
    where = f"{verb} {url.partition('?')[0]}"
    if answer.status >= _SERVER_ERROR:
        return TransientError(f"GitHub answered {answer.status} to {where}", retry_after_s=after)
    if answer.status == _TOO_MANY or (
        answer.status == _FORBIDDEN and _limited(answer.headers, said)
    ):
        return _limit(answer.headers, said, budget, now, after)
    if answer.status == UNAUTHORISED:
        return Refused(
            "GitHub does not accept the token",
            status=UNAUTHORISED,
            hint="it may have expired; make a new one and set it in the environment",
        )
    if answer.status == _FORBIDDEN:
        return _missing(where, answer.headers, said)
    words = f"GitHub answered {answer.status} to {where}: {said}"
    return Refused(words, status=answer.status, said=said)


def graphql_error(errors: Any) -> Exception:
    """The error that the `errors` of a GraphQL answer stand for, which comes with status 200."""
    found = [e for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []
    said = _message({"errors": found})
    if any(e.get("type") == "RATE_LIMITED" for e in found):
        return later(said or "GitHub's rate limit is reached", 60.0)
    return Refused(f"GitHub's GraphQL answered: {said}", status=UNPROCESSABLE, said=said)


def _retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait, from either of the forms that HTTP has; None: it does not say."""
    said = headers.get("retry-after")
    date = iso_date(said or "")
    if date:
        return max(0.0, datetime.fromisoformat(date).timestamp() - now)
    return _float(said)


def _limit(
    headers: Mapping[str, str], said: str, budget: Budget, now: float, wait: float | None
) -> TransientError:
    """GitHub's rules: Retry-After, else the reset time, else at least a minute."""
    if wait is None and headers.get("x-ratelimit-remaining") == "0":
        wait = (_float(headers.get("x-ratelimit-reset")) or now) - now
    wait = 60.0 if wait is None else max(wait, 0.05)
    budget.blocked_until = now + wait
    return later(said or "GitHub's rate limit is reached", wait)


def later(message: str, wait_s: float) -> TransientError:
    """An error that says in how many seconds to try again."""
    return TransientError(f"{message}; again in {wait_s:.0f} s", retry_after_s=wait_s)


def _limited(headers: Mapping[str, str], said: str) -> bool:
    return (
        "retry-after" in headers
        or headers.get("x-ratelimit-remaining") == "0"
        or "rate limit" in said.lower()
    )


def _missing(where: str, headers: Mapping[str, str], said: str) -> Refused:
    needed = headers.get("x-accepted-github-permissions", "")
    hint = (
        f"give the token or the App: {needed}"
        if needed
        else "`algoops doctor` shows what is missing"
    )
    return Refused(f"GitHub does not allow {where}: {said}", status=_FORBIDDEN, hint=hint)


def _message(data: Any) -> str:
    if not isinstance(data, dict):
        return ""
    errors = (e.get("message", "") if isinstance(e, dict) else e for e in data.get("errors") or ())
    parts = [str(part) for part in (data.get("message", ""), *errors)]
    return "; ".join(part for part in parts if part)[:500]


def decoded(status: int, text: Any) -> Any:
    """The body of an answer; None where there is none, or where an error's body is no JSON."""
    if not text or status == NOT_MODIFIED:
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        if status >= 400:  # noqa: PLR2004  # a proxy's error page; its status says enough
            return None
        raise TransientError("GitHub's answer is not JSON", hint="is base_url the API?") from error


def taken(data: Any, *path: str) -> Any:
    """The value at `path` of an answer.

    Raises:
        TransientError: the answer has none: not what GitHub documents.
    """
    for key in path:
        if not isinstance(data, dict) or data.get(key) is None:
            raise TransientError(
                f"GitHub's answer lacks {'.'.join(path)}", hint="is base_url GitHub's REST API?"
            )
        data = data[key]
    return data


def iso_date(header: str) -> str:
    """A `Date` header as ISO time with Z, "" where it is none."""
    try:
        said = parsedate_to_datetime(header)
    except ValueError:
        return ""
    return said.astimezone(UTC).strftime(ISO)


def _float(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None
