"""/api/v1/holdout: what the looks at the sealed bars came to, for operators."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from bot.server import openapi, reading
from bot.server.api import Reads
from bot.server.auth import Requester, admin
from bot.server.errors import problem
from bot.server.parts import parts
from components.state.tables.looks import ANSWERS, SealedLook

router = APIRouter(prefix="/api/v1", tags=["holdout"])


class LookAnswer(BaseModel):
    """One look: who was answered what, and the figures that nobody else is told.

    `figures`: by symbol, how the run ended and the Sharpe ratios before and behind the seal.
    """

    recorded_at: str
    repository: str
    strategy: str
    tree: str
    proposal: str
    answer: str
    figures: dict[str, Any]


class LookList(BaseModel):
    """All looks, by repository, the first one first."""

    looks: list[LookAnswer]


@router.get("/holdout", responses=openapi.errors(403))
def looks(request: Request, who: Annotated[Requester, Depends(admin)]) -> LookList:
    """All looks at the sealed bars with their figures; who read them goes on record."""
    backend = parts(request).backend
    backend.store.audit.append(who.actor, "holdout.shown")
    found = (
        look for one in backend.settings.repositories for look in backend.store.looks.all(one.name)
    )
    return LookList(looks=[_told(look) for look in found])


@router.get("/strategies/{strategy_id}/holdout", responses=openapi.errors(404))
def shown(request: Request, strategy_id: str, _: Reads) -> LookAnswer:
    """The figures behind the seal of what is deployed, where the policy shows them; else 404."""
    backend = parts(request).backend
    look = backend.sealed_figures(reading.key_of(backend.store, strategy_id))
    if look is None:
        raise problem(404, "nothing_shown", "no figures of sealed bars are shown of this strategy")
    return _told(look)


def _told(look: SealedLook) -> LookAnswer:
    shared = LookAnswer.model_fields.keys() - {"answer"}
    return LookAnswer(answer=ANSWERS[look.agrees], **{name: getattr(look, name) for name in shared})
