"""Signing in to read the pages of a bot that others can reach: a token for a cookie."""

from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from bot.server.auth import COOKIE, SESSION_SECONDS, TokenRole
from bot.server.parts import parts

MAX_FORM = 4096
MAX_FIELDS = 10
router = APIRouter(include_in_schema=False)


def _local(target: str) -> str:
    """Only a path of this site; anything else goes to the first page."""
    plain = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if plain else "/"


def _fields(form: str) -> dict[str, str]:
    """The first value of each field; none of a form that is not ours."""
    try:
        return {key: values[0] for key, values in parse_qs(form, max_num_fields=MAX_FIELDS).items()}
    except ValueError:
        return {}


@router.get("/login")
def form(request: Request, next: str = "/") -> HTMLResponse:  # noqa: A002  # the parameter's name in the address
    """Ask for a token."""
    renderer = parts(request).renderer
    return renderer.page("login.html", next=_local(next), wrong=False)


@router.post("/login")
async def sign_in(request: Request) -> Response:
    """Trade a token for a cookie that reads."""
    raw = (await request.body())[:MAX_FORM].decode("utf-8", "replace")
    fields = _fields(raw)
    target = _local(fields.get("next", "/"))
    keys = parts(request).keys
    identity = keys.bearer(fields.get("token", ""))
    renderer = parts(request).renderer
    if identity is None or identity.role is TokenRole.AUTHOR:
        return renderer.page("login.html", status=401, next=target, wrong=True)
    answer = RedirectResponse(target, status_code=303)
    answer.set_cookie(
        COOKIE,
        keys.session(identity),
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="strict",
        secure=parts(request).backend.settings.server.public_url.startswith("https:"),
    )
    return answer
