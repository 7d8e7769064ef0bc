import re
import threading

import pytest
from playwright.sync_api import expect

from bot.core.notices import CheckEnded, RunChanged, StrategyChanged
from components.schema.results.report import CheckResult
from components.schema.results.values import CheckName, Outcome
from tests.server_support import (
    BAD_IMPORT,
    REPOSITORY,
    deploy,
    failed_report,
    passed_report,
    propose,
)

PAGES = {
    "index": "/",
    "strategy": "/strategies/sma_cross",
    "strategy-failed": "/strategies/broken",
    "run-passed": "/runs/2",
    "run-failed": "/runs/4",
    "run-live": "/runs/5",
    "runs": "/runs",
    "queue": "/queue",
    "compare": "/compare?s=sma_cross&s=momentum&s=broken",
    "deployments": "/deployments",
    "book": "/book",
    "audit": "/audit",
    "health": "/health",
    "docs": "/docs",
    "diff": "/strategies/1/diff?old=1.0.0&new=1.1.0",
    "login": "/login",
}
CUT = """() => {
  const wide = document.documentElement.clientWidth, scrolls = (one) => one.closest(".scroll, pre, .skip");
  return [...document.querySelectorAll("main *, header *")].filter((one) => {
    const box = one.getBoundingClientRect();
    return box.width > 1 && (box.right > wide + 1 || box.left < -1) && !scrolls(one);
  }).map((one) => one.outerHTML.slice(0, 120)).concat(
    [...document.querySelectorAll(".board")].filter((one) => one.scrollWidth > one.parentElement.clientWidth)
      .map(() => "the list of strategies"));
}"""
"""Elements that stand out of the page, and a list of strategies that has to be scrolled sideways."""

BROKEN_WORDS = """() => [...document.querySelectorAll(".board tbody bdi")].flatMap((name) => {
  const texts = document.createTreeWalker(name, NodeFilter.SHOW_TEXT), broken = [];
  while (texts.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    if (new Set([...range.getClientRects()].map((box) => box.top)).size > 1)
      broken.push(texts.currentNode.data);
  }
  return broken;
})"""
"""Words of names in the list of strategies that stand on more than one line."""

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True}


COLOURS = ("color-contrast", "link-in-text-block")
"""The rules of axe-core that a change of colours alone can break."""


@pytest.fixture
def long_pages(bot, ids):
    """Pages of strategies and proposals with long names, which are on the other pages as well."""
    long = passed_report("relative_strength_rotation_monthly_rebalanced_with_volatility")
    one_word = passed_report("Averyveryverylongnamewithoutanyunderscoreatallinside")
    for number, made in enumerate((long, one_word)):
        run = propose(bot.store, made, f"branch/improve-{made.name}", f"{number}" * 40)
        deploy(bot.store, made, f"{number + 8}" * 40, run)
        bad = failed_report(made.name)
        failed = propose(bot.store, bad, f"branch/break-{made.name}", f"{number + 3}" * 40)
        proposal = f"branch/improve-{made.name}"
        bot.store.jobs.enqueue("check", proposal, REPOSITORY, {}, author=f"{made.name}@example.org")
    more = {name: f"/strategies/{made.name}" for name, made in (("l", long), ("w", one_word))}
    more |= {"long-run": f"/runs/{run}", "long-failed": f"/runs/{failed}", "f": "/?state=failed"}
    return more | {"long-compare": f"/compare?s={long.name}&s={one_word.name}"}


@pytest.fixture
def check_pages(browse, base, long_pages, serious, keep):
    """Load every page once: long names are cut nowhere, and axe-core finds nothing serious."""

    def check(look, also, **options):
        page, found = browse(**options), {}
        for name, path in (PAGES | long_pages).items():
            page.goto(base + path)
            keep(page, f"{name}-{look}")
            found[name] = page.evaluate(CUT)
            if name in PAGES:
                found[name] += [*serious(page), *also(page, name)]
            if name == "index":
                found[name] += page.evaluate(BROKEN_WORDS)
        assert {name: what for name, what in found.items() if what} == {}

    return check


def test_every_page_is_whole_accessible_and_silent_in_light_and_dark(check_pages, serious, keep):
    def in_dark(page, name):
        page.emulate_media(color_scheme="dark")
        keep(page, f"{name}-dark")
        found = serious(page, *COLOURS)
        page.emulate_media(color_scheme="light")
        return found

    check_pages("light", in_dark, color_scheme="light", viewport={"width": 1280, "height": 900})


def test_every_page_fits_a_phone_and_is_accessible_on_it(check_pages):
    def too_wide(page, _name):
        width = page.evaluate("document.documentElement.scrollWidth")
        return [f"{width} px"] if width > PHONE["viewport"]["width"] else []

    check_pages("phone", too_wide, **PHONE)


def test_fifty_long_names_take_less_than_3000_px_on_a_phone(bot, browse, base):
    for number in range(52):
        name = f"mean_reversion_intraday_index_{'x' * (number % 14)}_{number:02}"
        propose(bot.store, passed_report(name), f"branch/{name}", f"{number:040x}")
        propose(bot.store, failed_report(name), f"branch/bad-{name}", f"{number:039x}f")
    page = browse(**PHONE)
    page.goto(base)
    assert page.locator(".board tbody tr").count() == 50
    assert page.evaluate("document.documentElement.scrollHeight") < 3_000
    assert page.evaluate(BROKEN_WORDS) == []


def test_a_person_finds_from_the_first_page_why_a_strategy_failed(browse, base):
    page = browse()
    page.goto(base)
    page.get_by_role("region", name="Needs attention").get_by_role("link", name="broken").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("broken")
    page.get_by_role("link", name="See the run").click()
    expect(page).to_have_url(re.compile(r"/runs/4$"))
    expect(page.get_by_text("strategies/broken/strategy.py:3:8")).to_be_visible()
    expect(page.get_by_text(BAD_IMPORT.hint)).to_be_visible()


def test_the_list_is_filtered_by_name_and_state(browse, base):
    page = browse()
    page.goto(base)
    page.get_by_label("Name").fill("mom")
    page.get_by_role("button", name="Filter").click()
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("momentum")
    page.get_by_role("link", name="Clear").click()
    page.get_by_label("State").select_option("deployed")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_charts_show_values_under_the_pointer(browse, base):
    page = browse(viewport={"width": 1280, "height": 900})
    page.goto(f"{base}/strategies/sma_cross")
    over = page.locator(".uplot .u-over").first
    over.scroll_into_view_if_needed()
    expect(page.locator("svg.still").first).to_be_hidden()
    over.hover()
    legend = page.locator(".uplot .u-legend").first
    expect(legend).to_contain_text(re.compile(r"2015-\d\d-\d\d"))
    expect(legend).to_contain_text(re.compile(r"sma_cross\s*:?\s*1\d,\d{3}"))
    expect(page.locator(".uplot .u-legend").nth(1)).to_contain_text("%")


def test_without_javascript_everything_is_still_there(browse, base, keep):
    page = browse(java_script_enabled=False)
    page.goto(f"{base}/strategies/sma_cross")
    expect(page.locator("svg.still").first).to_be_visible()
    expect(page.get_by_role("heading", name="Trades")).to_be_visible()
    page.get_by_text("24 earlier trades").click()
    page.get_by_role("link", name="from 1.0.0").click()
    expect(page.locator(".diff .add")).to_have_text("+fast = 20 <b>")
    keep(page, "diff-without-javascript")


def test_a_running_run_without_javascript_refreshes_itself(browse, base):
    page = browse(java_script_enabled=False)
    page.goto(f"{base}/runs/5")
    assert page.locator("noscript meta").count() or page.locator("meta[http-equiv=refresh]").count()


def test_the_keyboard_reaches_the_content_and_the_links(browse, base):
    page = browse()
    page.goto(base)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.closest('main') !== null")
    assert focused


def test_a_run_is_watched_live_without_a_reload(browse, base, bot, ids, keep):
    run = ids["running"]
    page = browse()
    page.goto(f"{base}/runs/{run}")
    expect(page.locator("#live-mark")).to_have_text("live")
    page.evaluate("window.notReloaded = true")
    steps = page.locator(".steps li")

    schema = CheckResult(
        name=CheckName.SCHEMA, outcome=Outcome.PASSED, summary="valid", duration_s=0.01
    )
    bot.store.runs.check(run, "breakout", schema)
    bot.tell(CheckEnded(run, "breakout", "schema", Outcome.PASSED, 0.01))
    expect(steps.nth(0)).to_contain_text("Passed")
    expect(steps.nth(1)).to_contain_text("Running")
    keep(page, "run-live-after-one-check")

    code = CheckResult(
        name=CheckName.CODE, outcome=Outcome.FAILED, summary="1 error", findings=(BAD_IMPORT,)
    )
    bot.store.runs.check(run, "breakout", code)
    bot.tell(CheckEnded(run, "breakout", "code", Outcome.FAILED, 0.01))
    expect(steps.nth(1)).to_contain_text("Failed")
    expect(page.get_by_text("strategy.py:3:8")).to_be_visible()

    bot.store.runs.supersede(run, "cancelled")
    bot.tell(RunChanged(run))
    expect(page.get_by_text("Stopped before a verdict: cancelled.")).to_be_visible()
    expect(page.locator("#live-mark")).to_have_text("finished")
    assert page.evaluate("window.notReloaded") is True


def test_the_first_page_follows_what_happens(browse, base, bot, ids):
    page = browse()
    page.goto(base)
    expect(page.locator("#live-mark")).to_have_text("live")
    bot.store.strategies.propose(
        REPOSITORY, "newcomer", actor="eve", reason="pushed", proposal="pr/9"
    )
    bot.tell(StrategyChanged("newcomer"))
    expect(page.get_by_role("link", name="newcomer")).to_be_visible()


def test_many_changes_at_once_leave_the_page_at_the_last_one(browse, base, bot, ids):
    page = browse()
    page.goto(base)
    expect(page.locator("#live-mark")).to_have_text("live")

    def storm() -> None:
        for number in range(30):
            name = f"wave_{number:02d}"
            bot.store.strategies.propose(REPOSITORY, name, actor="eve", reason="x", proposal=name)
            bot.tell(StrategyChanged(name))

    thread = threading.Thread(target=storm)
    thread.start()
    thread.join(20)
    expect(page.get_by_role("link", name="wave_29")).to_be_visible()


def test_what_authors_write_never_runs(browse, base, bot, ids):
    page = browse()
    alerts: list[str] = []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    name = "<img src=x onerror=alert(2)>"
    bot.store.strategies.propose(
        REPOSITORY, "odd", actor="<script>alert(3)</script>", reason=name, proposal=f"branch/{name}"
    )
    for path in ("/", "/strategies/odd?life=whole", "/runs/4", "/audit"):
        page.goto(base + path)
        page.wait_for_load_state("load")
    assert alerts == []
