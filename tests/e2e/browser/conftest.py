"""A real browser: Debian's chromium, driven by playwright; SCREENSHOTS=folder keeps pictures for people."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    sync_playwright,
)

from bot.server.app import create_app
from bot.server.serve import HttpServer
from tests.server_support import ROOT, RecordedBot, bot_in, populate, settings_for

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE = (ROOT / "tests" / "data" / "axe" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[RecordedBot]:
    made = bot_in(tmp_path, settings_for(tmp_path, port=0))
    yield made
    made.store.close()


@pytest.fixture
def ids(bot: RecordedBot) -> dict[str, int]:
    return populate(bot.store)


@pytest.fixture
def base(bot: RecordedBot, ids: dict[str, int]) -> Iterator[str]:
    server = HttpServer(create_app(bot), bot.settings)
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests, which share nothing in it: each page has a context of its own."""
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(FLAGS))


@pytest.fixture
def browse(chromium: Browser, base: str) -> Iterator[Callable[..., Page]]:
    """Open a page in a new, empty context; console errors and failed scripts fail the test."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            troubles.append(f"{message.type}: {message.text}")

    def note_error(error: Error) -> None:
        troubles.append(str(error))

    def opened(**options) -> Page:
        context = chromium.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", note_error)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def keep() -> Callable[[Page, str], None]:
    """Keep a screenshot for people, where they asked for it."""
    folder = os.environ.get("SCREENSHOTS")

    def shot(page: Page, name: str) -> None:
        if folder:
            page.screenshot(path=ROOT / folder / f"{name}.png", full_page=True)

    return shot


@pytest.fixture
def serious() -> Callable[..., list[str]]:
    """What axe-core finds serious or critical on a page, as rule and first element."""

    def found(page: Page, *rules: str) -> list[str]:
        page.evaluate(f"window.axe || (() => {{{AXE}}})()")
        options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
        result = page.evaluate("options => axe.run(document, options)", options)
        return [
            f"{v['id']}: {v['nodes'][0]['html']}"
            for v in result["violations"]
            if v["impact"] in {"serious", "critical"}
        ]

    return found
