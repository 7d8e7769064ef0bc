"""Logging: structlog, readable on a terminal, JSON for machines; secrets never leave."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from components.texts import cut, harmless, inert

_SECRET_KEY = re.compile(r"token|secret|password|authorization|private_key", re.IGNORECASE)
_SECRET_TEXT = re.compile(r"(gh[pousr]_|github_pat_)[A-Za-z0-9_]+|(?<=://)[^/\s@]+@")
HIDDEN = "***"
VALUE_CAP = 20_000
"""Characters of one value of a log line, a stack included."""


def hide_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace what looks like a secret, by its key or by its text, and what a terminal obeys."""
    for key, value in event.items():
        if _SECRET_KEY.search(key):
            event[key] = HIDDEN
        elif isinstance(value, str):
            event[key] = cut(inert(harmless(_SECRET_TEXT.sub(HIDDEN, value))), VALUE_CAP)
    return event


def set_up(*, json_lines: bool = False, level: int = logging.INFO) -> None:
    """Configure logging for this process, to stderr: stdout is for results."""
    renderer = (
        structlog.processors.JSONRenderer()
        if json_lines
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            hide_secrets,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
