"""The pages over the real daemon: a push is watched, deployed, improved, compared, rolled back."""

import re
import time

import httpx
import pytest
from playwright.sync_api import Page, expect

from bot.demo.stage import EXAMPLES, Stage

TOKEN = "a-token-for-the-real-daemon"
HEADERS = {"authorization": f"Bearer {TOKEN}"}
NAME = "sma_cross"
FOLDER = f"strategies/{NAME}"
API = f"/api/production/strategies/{NAME}"
CHECKS_MS = 240_000


@pytest.fixture
def stage(world, monkeypatch):
    monkeypatch.setenv("ALGOOPS_API_TOKEN", TOKEN)
    world.start()
    return world.stage


@pytest.fixture
def base(stage) -> str:
    return stage.daemon.url


def push(stage: Stage, branch: str, **changes: str) -> None:
    """Propose the example on one symbol, with lines of its definition changed."""
    stage.author.start(branch)
    stage.author.put(EXAMPLES / "strategies" / NAME, FOLDER)
    file = stage.author.folder / FOLDER / "strategy.yaml"
    text = file.read_text().replace("[SPX, IXIC]", "[SPX]")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)
    stage.author.push(branch, f"Propose {branch}")


def verdict_on_its_page(page: Page, base: str, state: str) -> None:
    """Watch the strategy's page until its head shows a state; nobody presses reload."""
    page.goto(f"{base}/strategies/{NAME}")
    expect(page.locator(".head")).to_contain_text(state, timeout=CHECKS_MS)


def deploy(base: str, branch: str) -> dict:
    answer = httpx.post(f"{base}{API}/deploy/", json={"ref": branch}, headers=HEADERS, timeout=300)
    assert answer.status_code == 200, answer.text
    return answer.json()


def wait_for_run(base: str, branch: str) -> int:
    """The number of the run that checks a branch."""
    deadline = time.monotonic() + 120
    found: list[dict] = []
    while not found and time.monotonic() < deadline:
        runs = httpx.get(f"{base}/api/v1/runs", timeout=30).json()["items"]
        found = [run for run in runs if run["proposal"].endswith(f"/{branch}")]
    return found[0]["id"]


@pytest.mark.timeout(1200)
def test_a_strategy_is_pushed_watched_deployed_improved_compared_and_rolled_back(
    browse, base, stage, keep
):
    page = browse(viewport={"width": 1280, "height": 900})
    page.goto(base)
    expect(page.locator("#live-mark")).to_have_text("live")

    push(stage, "trend")
    expect(page.get_by_role("link", name=NAME)).to_be_visible(timeout=60_000)
    page.goto(f"{base}/runs/{wait_for_run(base, 'trend')}")
    expect(page.locator(".head")).to_contain_text("Passed", timeout=CHECKS_MS)
    expect(page.locator(".steps li").filter(has_text="Passed")).to_have_count(6)
    expect(page.locator(".uplot").first).to_be_visible()
    keep(page, "daemon-run")

    verdict_on_its_page(page, base, "Ready")
    first = deploy(base, "trend")
    assert first["status"] == "deployed"
    assert re.fullmatch(r"[0-9a-f]{40}", first["commit"])
    expect(page.locator(".head")).to_contain_text("Deployed")

    push(
        stage,
        "faster",
        **{"version: 1.0.0": "version: 1.1.0", "fast: {default: 30": "fast: {default: 40"},
    )
    expect(page.locator(".head")).to_contain_text("Ready", timeout=CHECKS_MS)
    deploy(base, "faster")
    expect(page.locator(".facts").first).to_contain_text("1.1.0")
    page.reload()
    keep(page, "daemon-strategy")
    expect(page.get_by_text("Version before").first).to_be_attached()
    page.get_by_role("link", name="from 1.0.0").first.click()
    expect(page.locator(".diff .add").filter(has_text="default: 40")).to_be_visible()
    keep(page, "daemon-diff")

    answer = httpx.post(
        f"{base}{API}/rollback/",
        json={"version": "1.0.0", "reason": "slower was better"},
        headers=HEADERS,
        timeout=300,
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "rolled_back"
    assert answer.json()["reverted_to"] == "1.0.0"
    page.goto(f"{base}/strategies/{NAME}")
    expect(page.get_by_text("Version 1.1.0 is held.")).to_be_visible()
    expect(page.locator(".facts").first).to_contain_text("1.0.0")
    keep(page, "daemon-rolled-back")
    held = httpx.post(f"{base}{API}/deploy/", json={"ref": "faster"}, headers=HEADERS, timeout=300)
    assert 400 <= held.status_code < 500
