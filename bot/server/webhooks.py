"""POST /webhooks/github: verified, stored durably, then answered."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool

from bot.config.settings import RepositorySettings, Settings
from bot.core.events import Tick
from bot.server.backend import Backend
from bot.server.errors import problem
from bot.server.openapi import errors
from bot.server.parts import parts
from bot.server.shapes import Status
from bot.sources import webhook
from components.errors import ConfigError

DELIVERY = re.compile(r"^[A-Za-z0-9-]{1,100}$")
router = APIRouter(tags=["webhooks"])


def listening(settings: Settings) -> tuple[RepositorySettings, ...]:
    """The repositories whose webhooks can be verified; none means the endpoint is off."""
    return tuple(repository for repository in settings.repositories if _secret(repository))


def _secret(repository: RepositorySettings) -> str:
    """The shared secret, from the configuration or its file; "" where there is none.

    Raises:
        ConfigError: the file cannot be read.
    """
    github = repository.github
    if github is None:
        return ""
    if github.webhook_secret_file is None:
        return github.webhook_secret.get_secret_value()
    try:
        return github.webhook_secret_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(
            f"cannot read {github.webhook_secret_file}: {error.strerror}",
            hint="it is named by github.webhook_secret_file",
        ) from error


@router.post(
    "/webhooks/github",
    status_code=202,
    responses=errors(400, 401, 404, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"type": "object"}},
                webhook.FORM: {
                    "schema": {"type": "object", "properties": {"payload": {"type": "string"}}}
                },
            },
        }
    },
)
async def github(
    request: Request,
    x_hub_signature_256: Annotated[str, Header()] = "",
    x_github_event: Annotated[str, Header()] = "",
    x_github_delivery: Annotated[str, Header()] = "",
) -> Status:
    """Take a delivery. It is verified before it is parsed, and stored before it is answered.

    `status` is accepted, duplicate (this delivery id was taken before) or ignored (verified, and
    about nothing that this bot watches).
    """
    backend = parts(request).backend
    repositories = listening(backend.settings)
    if not repositories:
        raise problem(
            404,
            "webhook_off",
            "no webhook secret is configured, so webhooks are off",
            hint="set github.webhook_secret of the repository",
        )
    body = await request.body()
    verified = [r for r in repositories if _signed(r, body, x_hub_signature_256)]
    if not verified:
        raise problem(401, "bad_signature", "the signature does not belong to this body")
    if not DELIVERY.match(x_github_delivery):
        raise problem(400, "bad_delivery", "the header X-GitHub-Delivery is missing or malformed")
    if not x_github_event:
        raise problem(400, "bad_event", "the header X-GitHub-Event is missing")
    payload = webhook.payload_of(request.headers.get("content-type", ""), body)
    return await run_in_threadpool(
        _take, backend, verified, x_github_event, x_github_delivery, payload
    )


def _signed(repository: RepositorySettings, body: bytes, signature: str) -> bool:
    return webhook.verify(_secret(repository), body, signature)


def _is_about(backend: Backend, repository: RepositorySettings, body: bytes) -> bool:
    """By GitHub's id, for a repository may be renamed, and its old name given to another one."""
    number = backend.forge_number(repository.name)
    if number is not None:
        return webhook.number_of(body) == number
    name = repository.github.repository if repository.github is not None else ""
    return bool(name) and webhook.repository_of(body).lower() == name.lower()


def _take(
    backend: Backend,
    verified: Iterable[RepositorySettings],
    event: str,
    delivery: str,
    body: bytes,
) -> Status:
    name = webhook.repository_of(body)
    for repository in verified:
        if not _is_about(backend, repository, body):
            continue
        bases = {name: repository.base}
        events = webhook.parse(event, delivery, body, bases, repository.proposals.bots)
        if not events:
            break
        ours = tuple(
            e if isinstance(e, Tick) else replace(e, repository=repository.name) for e in events
        )
        return Status(status="accepted" if backend.receive(delivery, ours) else "duplicate")
    return Status(status="ignored")
