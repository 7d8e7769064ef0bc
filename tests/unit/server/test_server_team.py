"""Pages for many: the list's order, strategies side by side, the queues."""

import json
import re

import pytest
import typer
import yaml
from typer.testing import CliRunner

from bot.cli import operate
from components.schema.results.evidence import Luck
from components.state.tables.strategy_rows import ListOrder, SortBy
from components.state.tables.turns import SANDBOX
from tests.server_support import REPOSITORY, failed_report, passed_report, propose

HOSTILE = ("x" * 400, "\u0645\u0631\u062d\u0628\u0627", "<script>alert(1)</script>", "a\u202eb")


def judged(store, name, number, *, sharpe, dsr, returned):
    """A strategy with these figures."""
    made = passed_report(name)
    (one,) = made.results
    metrics = one.metrics.model_copy(update={"sharpe": sharpe, "return_pct": returned})
    luck = Luck(symbol="SPX", interval="1d", tries=40, independent=9, dsr=dsr)
    made = made.model_copy(
        update={"results": (one.model_copy(update={"metrics": metrics}),), "luck": (luck,)}
    )
    propose(store, made, f"pr/{number}", f"{number:040x}")


@pytest.fixture
def ranked(bot):
    judged(bot.store, "lucky", 1, sharpe=3.0, dsr=0.2, returned=90.0)
    judged(bot.store, "sound", 2, sharpe=1.5, dsr=0.97, returned=30.0)
    judged(bot.store, "loser", 3, sharpe=-0.5, dsr=0.01, returned=-20.0)
    propose(bot.store, failed_report("broken"), "pr/4", "4" * 40)
    return bot.store


def names_on(page):
    return re.findall(
        r'<th scope="row" class="wide"><a href="[^"]+"><bdi[^>]* title="([^"]*)">', page
    )


@pytest.mark.parametrize("by", list(SortBy))
def test_page_api_and_command_line_sort_alike(bot, client, ranked, by):
    config = bot.store.path.parent / "config.yaml"
    config.write_text(yaml.safe_dump({"state": {"dir": str(bot.store.path.parent)}}))
    app = typer.Typer()
    operate.register(app)
    words = ["status", "--sort", by, "--search", "o", "--format", "json", "--config", str(config)]
    shown = [row["name"] for row in json.loads(CliRunner().invoke(app, words).stdout)]
    asked = {"sort": by, "q": "o"}
    assert [
        r["name"] for r in client.get("/api/v1/strategies", params=asked).json()["items"]
    ] == shown
    assert names_on(client.get("/", params=asked).text) == shown
    assert sorted(shown) == ["broken", "loser", "sound"]


def test_strategies_without_figures_come_last_either_way(ranked):
    for reverse in (False, True):
        rows = ranked.strategies.list(order=ListOrder(SortBy.SHARPE, reverse))
        assert rows[-1].name == "broken"
    assert [r.name for r in rows] == ["loser", "sound", "lucky", "broken"]


def test_ranking_says_how_many_tries_there_were_and_what_is_luck(client, ranked):
    page = client.get("/?sort=return").text
    assert names_on(page)[:2] == ["lucky", "sound"]
    assert "backtests counted since" in page
    assert re.search(
        r'<th scope="col" class="num" aria-sort="descending"><a href="[^"]*">Return', page
    )
    assert "97\N{NO-BREAK SPACE}%" in page
    assert "of 40" in page
    assert names_on(client.get("/?sort=luck").text)[0] == "sound"


def test_sorted_list_keeps_search_state_and_order_from_page_to_page(bot, client):
    for number in range(60):
        bot.store.strategies.propose(
            REPOSITORY, f"many_{number:02d}", actor="ann", reason="push", proposal=f"pr/{number}"
        )
    page = client.get("/?q=many&state=queued&sort=name&reverse=1").text
    assert names_on(page)[0] == "many_59"
    following = re.search(r'rel="next" href="([^"]+)"', page)[1].replace("&amp;", "&")
    assert names_on(client.get(following).text)[-1] == "many_00"


def test_figures_follow_a_verdict_that_changes_or_goes(ranked):
    key = ranked.versions.last_moved(REPOSITORY, "sound").content_key
    better = passed_report("sound", growth=0.001)
    ranked.verdicts.put(key, "sound", "1.0.0", better.verdict, better.model_dump_json())
    found = ranked.strategies.find("sound").figures
    assert found.sharpe == better.results[0].metrics.sharpe
    assert found.luck is None
    ranked.verdicts.forget(key)
    assert ranked.strategies.find("sound").figures.sharpe is None


def test_comparison_shows_curves_and_figures_and_says_what_is_missing(client, ranked):
    page = client.get("/compare?s=lucky&s=sound&s=broken&s=nix&s=lucky").text
    assert re.findall(r'<path class="(c\d)"', page) == ["c1", "c2"]
    assert "has no figures" in page
    assert "there is no strategy &#39;nix&#39;" in page
    assert page.count('<th scope="col" class="num">') == 3
    row = re.search(r'<th scope="row">Return</th>(.*)</tr>', page)[1]
    assert re.findall(r">([^<>]+)<", row) == ["90.0\xa0%", "30.0\xa0%", "\N{EN DASH}"]


def test_comparison_of_seven_shows_six_and_names_the_rest(bot, client):
    for number in range(7):
        propose(bot.store, passed_report(f"s{number}"), f"pr/{number}", f"{number:040x}")
    page = client.get("/compare", params={"s": [f"s{number}" for number in range(7)]}).text
    assert len(re.findall(r'<path class="c\d"', page)) == 6
    assert "At most 6 at once" in page
    assert "s6" in page


def test_comparison_of_nothing_says_how_to_choose(client):
    assert "Nothing is chosen" in client.get("/compare").text


def test_hostile_names_are_shown_never_obeyed(bot, client):
    for number, name in enumerate(HOSTILE):
        propose(bot.store, passed_report(name), f"pr/{number}", f"{number:040x}")
        bot.store.jobs.enqueue("check", f"branch/{name}", REPOSITORY, {}, author=name)
    numbers = [str(row.id) for row in bot.store.strategies.list()]
    for path in ("/", "/queue", f"/compare?s={'&s='.join(numbers)}"):
        page = client.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "\u202e" not in page.text
        assert f">{'x' * 100}" not in page.text


def test_queue_shows_the_order_in_which_jobs_are_taken(bot, client):
    jobs = bot.store.jobs
    for number in range(4):
        jobs.enqueue("check", f"pr/{number}", REPOSITORY, {}, author="ann" if number else "bob")
        job = jobs.lease("w", 60)
        jobs.advance(job.id, "w", SANDBOX, 1000)
    jobs.enqueue("recheck", "later", REPOSITORY, {}, not_before="2999-01-01T00:00:00.000Z")
    first = jobs.lease("w", 60, queues=(SANDBOX,))
    page = client.get("/queue").text
    shown = re.findall(r'<th scope="row" class="wide">\w+ <bdi title="([^"]+)">', page)
    assert shown[0].removeprefix("#") == first.key.removeprefix("pr/")
    for place, number in enumerate(shown[1:4], 1):
        job = jobs.waiting_for("check", f"pr/{number.removeprefix('#')}", REPOSITORY)
        assert jobs.standing(job, SANDBOX, job.work).place == place
        assert f"place {place} of 3" in page
    assert shown[4] == "later"
    assert "tried again later" in page
    jobs.cancel("recheck", "later")
    assert client.get("/queue?page=9").text.count("place ") == 3


def test_empty_queue_says_so(client):
    page = client.get("/queue").text
    assert "Nothing is at work." in page
    assert "Nothing waits." in page
