"""What the endpoints share: made once by create_app, found through the request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import anyio
    from starlette.requests import Request

    from bot.report.lines import Path
    from bot.server.auth import Keys
    from bot.server.backend import Backend
    from bot.server.compare_view import SideFigures, SideReport
    from bot.server.health import Health
    from bot.server.live import Hub
    from bot.server.metrics import Meters
    from bot.server.reading import ByContent
    from bot.server.render import Renderer
    from components.schema.results.report import StrategyReport


@dataclass(frozen=True)
class Parts:
    """One server's own things.

    Attributes:
        exposed: others than this machine's users can reach it: reads need a token too.
        slow: bounds the requests that wait for sandboxes, git or the forge.
    """

    backend: Backend
    keys: Keys
    exposed: bool
    hub: Hub
    health: Health
    meters: Meters
    sparks: ByContent[StrategyReport, Path | None]
    sides: ByContent[SideReport, SideFigures]
    renderer: Renderer
    slow: anyio.CapacityLimiter


def parts(request: Request) -> Parts:
    """The parts of the application that serves this request."""
    return cast("Parts", request.app.state.parts)
