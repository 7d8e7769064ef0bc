"""Who may do what: bearer tokens with roles, and a login cookie for people who read pages.

Reads are open on loopback. Whatever changes something, and every read of a bot that others can
reach, needs a token. The cookie opens pages only (GET), so no other site can act through it.
"""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from fastapi import Request
from fastapi.security.utils import get_authorization_scheme_param

from bot.config.settings import Settings, TokenSettings
from bot.server.errors import ApiError, problem
from bot.server.parts import parts

COOKIE = "algoops_session"
SESSION_SECONDS = 12 * 3600
SAFE_METHODS = frozenset({"GET", "HEAD"})


class TokenRole(StrEnum):
    """What a token allows; a deployer may also read, an admin also accept changed policies.

    An author's opens the tools for agents, and nothing else.
    """

    AUTHOR = "author"
    READER = "reader"
    DEPLOYER = "deployer"
    ADMIN = "admin"


@dataclass(frozen=True)
class Requester:
    """Who asks. `name` goes into the audit log as the actor."""

    name: str
    role: TokenRole

    @property
    def actor(self) -> str:
        """The name as the audit log writes it."""
        return f"token:{self.name}"


LOCAL = Requester("local", TokenRole.READER)


class Keys:
    """The configured tokens, as digests; the secrets themselves are not kept."""

    def __init__(self, settings: Settings) -> None:
        secret = settings.api_token.get_secret_value()
        whole = (
            (TokenSettings(name="api", sha256=_digest(secret), role="deployer"),) if secret else ()
        )
        self._tokens = (*whole, *settings.server.tokens)
        self._cookie_key = secrets.token_bytes(32)

    @property
    def any(self) -> bool:
        """Whether there is any token."""
        return bool(self._tokens)

    def bearer(self, secret: str) -> Requester | None:
        """The holder of a secret. Compares with every token, each in constant time."""
        given = _digest(secret)
        found: Requester | None = None
        for token in self._tokens:
            if hmac.compare_digest(given, token.sha256):
                found = Requester(token.name, TokenRole(token.role))
        return found

    def session(self, identity: Requester) -> str:
        """A cookie value for a reader: name and expiry, signed with a key of this process."""
        expiry = int(time.time()) + SESSION_SECONDS
        payload = f"{identity.name.encode().hex()}.{expiry}"
        return f"{payload}.{self._sign(payload)}"

    def from_session(self, cookie: str) -> Requester | None:
        """Who logged in; None for a forged or expired cookie."""
        payload, _, signature = cookie.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(payload).encode()):
            return None
        name, _, expiry = payload.partition(".")
        fresh = int(expiry) > time.time()
        return Requester(bytes.fromhex(name).decode(), TokenRole.READER) if fresh else None

    def _sign(self, payload: str) -> str:
        return hmac.new(self._cookie_key, payload.encode(), hashlib.sha256).hexdigest()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def identify(request: Request, keys: Keys) -> Requester | None:
    """Who asks, by bearer token or (for reads) by cookie.

    Raises:
        ApiError: 401 for a token that is not known. Nobody is let in by sending a wrong one.
    """
    scheme, secret = get_authorization_scheme_param(request.headers.get("authorization"))
    if scheme:
        found = keys.bearer(secret) if scheme.lower() == "bearer" else None
        if found is None:
            raise _unauthenticated("the token is not known", "invalid_token")
        return found
    cookie = request.cookies.get(COOKIE)
    return keys.from_session(cookie) if cookie and request.method in SAFE_METHODS else None


def reader(request: Request) -> Requester:
    """Dependency of every read. Raises ApiError 401."""
    identity = identify(request, parts(request).keys)
    if identity is None and not parts(request).exposed:
        return LOCAL
    if identity is None:
        raise _unauthenticated("reading from elsewhere needs a token", "unauthenticated")
    return _no_author(identity)


def page_reader(request: Request) -> Requester:
    """As `reader`, for pages: who is not let in is sent to sign in. Raises ApiError 401 or 303."""
    try:
        return reader(request)
    except ApiError as error:
        if error.body.code != "unauthenticated":
            raise
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        place = f"/login?next={quote(asked, safe='')}"
        raise problem(303, "sign_in", "sign in first", headers={"Location": place}) from None


def deployer(request: Request) -> Requester:
    """Dependency of everything that changes something. Raises ApiError 401 or 403."""
    keys = parts(request).keys
    if not keys.any:
        raise _unauthenticated(
            "this bot has no token, so nothing can be changed over HTTP",
            "no_token_configured",
            hint="set ALGOOPS_API_TOKEN, or server.tokens in config.yaml, and start it again",
        )
    identity = identify(request, keys)
    if identity is None:
        raise _unauthenticated("this needs a token", "unauthenticated")
    if _no_author(identity).role is TokenRole.READER:
        raise problem(403, "forbidden", f"the token '{identity.name}' may read, and change nothing")
    return identity


def admin(request: Request) -> Requester:
    """Dependency of what operators alone may read. Raises ApiError 401 or 403."""
    identity = deployer(request)
    if identity.role is not TokenRole.ADMIN:
        raise problem(403, "forbidden", f"the token '{identity.name}' has not the role admin")
    return identity


def author(request: Request) -> str:
    """The name of the author whose token a request bears. Raises ApiError 401 or 403."""
    identity = identify(request, parts(request).keys)
    if identity is None:
        raise _unauthenticated("the tools for agents need an author's token", "unauthenticated")
    if identity.role is not TokenRole.AUTHOR:
        raise problem(
            403,
            "forbidden",
            f"the token '{identity.name}' is no author's",
            hint="an agent needs one with `role: author`: it can deploy nothing",
        )
    return identity.name


def _no_author(identity: Requester) -> Requester:
    if identity.role is TokenRole.AUTHOR:
        raise problem(403, "forbidden", f"the token '{identity.name}' opens /mcp and nothing else")
    return identity


def _unauthenticated(error: str, code: str, hint: str = "") -> ApiError:
    return problem(
        401,
        code,
        error,
        hint=hint or "send the header `Authorization: Bearer TOKEN`",
        headers={"WWW-Authenticate": 'Bearer realm="algoops"'},
    )
