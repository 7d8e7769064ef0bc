"""Who can reach the server: its address, and whether it may be open to others; no framework."""

import ipaddress
import socket
from importlib.util import find_spec
from typing import cast
from urllib.parse import urlsplit

from bot.config.settings import ServerSettings, Settings
from components.errors import ConfigError

SHORTEST_TOKEN = 16


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def exposed(server: ServerSettings) -> bool:
    """Whether others than this machine's users can reach the bot, directly or by a proxy."""
    public = urlsplit(server.public_url).hostname or ""
    return not is_loopback(server.host) or bool(public and not is_loopback(public))


def refuse_open_door(settings: Settings) -> None:
    """Called before binding.

    Raises:
        ConfigError: the bot would be reachable by others and no token is configured, or one that
            could be guessed.
    """
    if not exposed(settings.server):
        return
    if 0 < len(settings.api_token.get_secret_value()) < SHORTEST_TOKEN:
        raise ConfigError(
            f"server: a token of less than {SHORTEST_TOKEN} characters can be guessed by others",
            hint='python3 -c "import secrets; print(secrets.token_urlsafe(32))" makes a good one',
        )
    if not (settings.api_token.get_secret_value() or settings.server.tokens):
        where = settings.server.public_url or settings.server.host
        raise ConfigError(
            f"server: refusing to listen for {where} without a token",
            hint="set ALGOOPS_API_TOKEN or server.tokens, or use host 127.0.0.1",
        )


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to an address. Raises ConfigError where it can't be used."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(cast("tuple[str, int]", address))
    except OSError as error:
        raise ConfigError(
            f"server: cannot listen on {host} port {port}: {error.strerror}",
            hint="choose another server.port, or stop what uses it",
        ) from error
    return listener


def has_authors(settings: Settings) -> bool:
    """Whether a token opens the tools for agents; else their SDK is not loaded."""
    return any(token.role == "author" for token in settings.server.tokens)


def refuse_missing_sdk(settings: Settings) -> None:
    """Called before the daemon starts. Raises ConfigError where the SDK is missing."""
    if has_authors(settings) and find_spec("mcp") is None:
        raise ConfigError(
            "server: a token has the role author, and the package mcp is not installed",
            hint="pip install 'algoops[agents]'",
        )
