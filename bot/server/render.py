"""Templates to answers: everything is escaped, nothing undefined is printed."""

import re
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

from bot.report.templates import environment
from bot.server import text
from components.texts import harmless

TEMPLATES = Path(__file__).parent / "templates"
OPTIONAL = (
    "topic",
    "nav",
    "with_names",
    "symbol",
    "metric_tiles",
    "comparison",
    "figure",
    "chart_url",
    "trades",
)


def project_version() -> str:
    """The installed version of AlgoOps."""
    try:
        return version_of("algoops")
    except PackageNotFoundError:
        return "from source"


def inline(plain: str) -> Markup:
    """Text with `code` in backticks shown as code; everything is escaped."""
    parts = re.split(r"`([^`\n]{1,200})`", harmless(plain))
    pieces = [
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)  # format escapes
        for place, part in enumerate(parts)
    ]
    return Markup("").join(pieces)


class Renderer:
    """The Jinja2 environment with the filters of the pages."""

    def __init__(self) -> None:
        self._env = environment(TEMPLATES)
        self._env.filters.update(
            number=text.number,
            signed=text.signed,
            percent=text.percent,
            count=text.count,
            when=text.when,
            proposal=text.proposal,
            seconds=text.seconds,
            share=text.share,
            name=text.name,
            caret=text.caret,
            inline=inline,
        )
        self._env.globals.update({"tone": text.tone, "version": project_version()})

    def page(self, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """One page. Values that only some pages have may be left out (OPTIONAL)."""
        known = dict.fromkeys(OPTIONAL) | values
        return HTMLResponse(self._env.get_template(template).render(known), status_code=status)
