import re
import sqlite3

import pytest
from starlette.testclient import TestClient

from bot.server.app import create_app
from components.state.tables.looks import SealedLook
from tests.github_support import report_of, strategy_of
from tests.server_support import BAD_IMPORT, REPOSITORY, bot_in, populate
from tests.unit.report.shapes import SHAPES
from tests.unit.report.test_report_further import FOUND

HTML = {"accept": "text/html,*/*"}
PAGES = (
    "/",
    "/strategies/sma_cross",
    "/strategies/1",
    "/strategies/broken",
    "/strategies/breakout",
    "/strategies/1?life=whole",
    "/strategies/1?symbol=SPX",
    "/strategies/1?symbol=NOPE",
    "/strategies/1/diff?old=1.0.0&new=1.1.0",
    "/runs",
    "/runs/1",
    "/runs/4",
    "/runs/5",
    "/deployments",
    "/book",
    "/audit",
    "/audit?strategy=sma_cross",
    "/health",
    "/docs",
    "/login",
    "/?q=sma&state=deployed",
    "/?q=nothing_like_it",
    "/?state=bogus&page=77",
)


@pytest.fixture(scope="module")
def bot(tmp_path_factory):
    """Only read by the tests of this file, so made once."""
    made = bot_in(tmp_path_factory.mktemp("state"))
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def ids(bot):
    return populate(bot.store)


@pytest.fixture(scope="module")
def client(bot, ids):
    app = create_app(bot)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def get(client, ids):
    return lambda path: client.get(path, headers=HTML)


def test_figures_of_sealed_bars_are_a_row_for_each_symbol_and_a_missing_one_is_a_dash(
    bot, get, monkeypatch
):
    symbols = [
        {"symbol": "SPX", "open_sharpe": 0.83, "sealed_sharpe": -0.4},
        {"symbol": "<b>", "open_sharpe": 0.5, "sealed_sharpe": None},
    ]
    look = SealedLook(
        REPOSITORY, "sma_cross", "t", "c", parts=(), agrees=True, figures={"symbols": symbols}
    )
    assert "Sealed bars" not in get("/strategies/sma_cross").text
    monkeypatch.setitem(bot.answers, "sealed_figures", look)
    page = get("/strategies/sma_cross").text
    rows = re.search(r'id="sealed">.*?<tbody>(.*?)</tbody>', page, re.DOTALL)[1]
    shown = ["SPX", "0.83", "\N{MINUS SIGN}0.40", "&lt;b&gt;", "0.50", "\N{EN DASH}"]
    assert re.findall(r">([^<>]+)<", rows) == shown


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers(get, path):
    answer = get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_inline_script_style_or_a_foreign_address(get, path):
    page = get(path).text
    scripts = re.findall(r"<script\b[^>]*>", page)
    assert all('src="/static/' in tag for tag in scripts)
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", page)
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', page)


def test_the_policy_of_every_answer_is_strict(client):
    for path in ("/", "/healthz", "/static/style.css", "/nope", "/api/v1/strategies"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_the_first_page_tells_what_is_deployed_proposed_and_failing(get):
    page = get("/").text
    for word in ("sma_cross", "1.1.0", "momentum", "Ready", "Needs attention", "broken"):
        assert word in page
    assert "<code>os</code> may not be imported" in page


def test_what_an_author_wrote_is_shown_never_run(get):
    page = get("/runs/4").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert BAD_IMPORT.hint in page
    assert "strategy.py:3:8" in page


def test_a_diff_is_escaped_and_marked(get):
    page = get("/strategies/1/diff?old=1.0.0&new=1.1.0").text
    assert '<span class="add">+fast = 20 &lt;b&gt;</span>' in page
    assert "Not text." in page


def test_a_strategy_page_has_its_life_versions_figures_and_trades(get):
    page = get("/strategies/sma_cross").text
    for word in (
        "from 1.0.0",
        "Superseded",
        "Version before",
        "Buy and hold",
        "Trades",
        "deployed by ada",
        "24 earlier trades",
    ):
        assert word in page


def test_a_strategy_page_says_what_single_bars_leave_open_and_in_which_units_it_traded(get):
    page = get("/strategies/momentum").text
    assert "single bars can&#39;t decide 3 trades" in page
    assert "Return -8.2 % to " in page
    assert "Traded SPX in multiples of 0.000001." in page
    assert "single bars" not in get("/strategies/sma_cross").text


def test_a_stopped_run_says_what_stopped_it(tmp_path):
    bot = bot_in(tmp_path)
    run = bot.store.runs.start("main", "pr/1", "1" * 40, "0" * 40, "check")
    bot.store.runs.supersede(run.id, "cancelled")
    with TestClient(create_app(bot), base_url="http://127.0.0.1") as client:
        page = client.get(f"/runs/{run.id}", headers=HTML).text
    bot.store.close()
    assert "<strong>Stopped before a verdict:</strong> cancelled." in page
    assert "newer commit" not in page


def test_page_of_a_run_lists_everything_that_a_deploy_would_land(tmp_path):
    bot = bot_in(tmp_path)
    run = bot.store.runs.start("main", "pr/1", "1" * 40, "0" * 40, "check")
    found = SHAPES["lands_more"]()
    bot.store.runs.finish(run.id, found.verdict, found.model_dump_json())
    with TestClient(create_app(bot), base_url="http://127.0.0.1") as client:
        page = client.get(f"/runs/{run.id}", headers=HTML).text
    bot.store.close()
    for words in (
        "policy-change",
        "removes the gate <code>sharpe</code>",
        "removed: the base has 2.1.0, and a deploy takes it away",
        "renamed from gamma",
        "rules/risk.yaml",
        ".github/workflows/ci.yml",
        "a|b`c&lt;img&gt;.md",
    ):
        assert words in page


def test_a_finished_run_is_not_live_and_a_running_one_is(get):
    assert "data-topic" not in get("/runs/4").text
    page = get("/runs/5").text
    assert 'data-topic="run:5"' in page
    assert 'http-equiv="refresh"' in page


@pytest.mark.parametrize(
    "path",
    ["/nope", "/strategies/nobody", "/runs/99", "/strategies/a%2Fb", "/strategies/%00", "/..%2f"],
)
def test_what_is_not_there_is_a_page_that_says_so(get, path):
    answer = get(path)
    assert answer.status_code == 404
    assert "Not found" in answer.text


def test_a_diff_without_versions_says_what_to_name(get):
    answer = get("/strategies/1/diff")
    assert answer.status_code == 400
    assert "old=1.0.0" in answer.text


@pytest.mark.parametrize("path", ["/?page=0", "/runs?page=x", "/runs/x", "/audit?before=x"])
def test_a_wrong_parameter_is_no_bug(get, path):
    assert get(path).status_code == 422


def test_a_missing_version_in_a_diff_is_not_found(get):
    assert get("/strategies/1/diff?old=9.9.9&new=1.0.0").status_code == 404


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/static/style.css", "text/css"),
        ("/static/charts.js", "javascript"),
        ("/static/vendor/uPlot.iife.min.js", "javascript"),
        ("/static/icon.svg", "image/svg+xml"),
    ],
)
def test_what_pages_need_is_served_by_us(client, path, kind):
    answer = client.get(path)
    assert answer.status_code == 200
    assert kind in answer.headers["content-type"]


@pytest.mark.parametrize(
    "path",
    ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static//etc/passwd"],
)
def test_nothing_else_is_served(client, path):
    assert client.get(path).status_code == 404


# --- lists -------------------------------------------------------------------------------------


def test_lists_are_paged(client, ids):
    body = client.get("/api/v1/strategies?per_page=2&page=2").json()
    assert (body["total"], body["page"], len(body["items"])) == (4, 2, 2)
    runs = client.get("/api/v1/runs?per_page=2").json()
    assert [r["id"] for r in runs["items"]] == [5, 4]
    assert runs["more"] is True


def test_strategies_are_filtered_by_state_and_name(client, ids):
    deployed = client.get("/api/v1/strategies?status=deployed").json()
    assert [s["name"] for s in deployed["items"]] == ["sma_cross"]
    assert client.get("/api/v1/strategies?q=%25").json()["total"] == 0


def test_a_run_comes_with_its_whole_report(client, ids):
    body = client.get(f"/api/v1/runs/{ids['failing']}").json()
    assert body["report"]["strategies"][0]["stage"] == "code"
    assert client.get(f"/api/v1/runs/{ids['running']}").json()["report"] is None


def test_deployments_are_newest_first(client, ids):
    items = client.get("/api/v1/deployments?strategy=sma_cross").json()["items"]
    assert [d["version"] for d in items] == ["1.1.0", "1.0.0"]


def test_the_audit_log_is_read_page_by_page_to_its_end(client, ids):
    seen, before = [], ""
    while True:
        body = client.get(f"/api/v1/audit?per_page=7{before}").json()
        seen += [row["id"] for row in body["items"]]
        if body["before"] is None:
            break
        before = f"&before={body['before']}"
    assert seen == list(range(len(seen), 0, -1))


def test_chart_data_has_the_strategy_the_benchmark_and_the_version_before(client, ids):
    chart = client.get("/api/v1/strategies/sma_cross/equity").json()
    assert [s["key"] for s in chart["equity"]] == ["s1", "s2", "s3"]
    assert len(chart["time"]) == len(chart["equity"][0]["values"]) == 300
    assert max(v for v in chart["drawdown"][0]["values"]) <= 0


def test_chart_data_without_a_backtest_is_empty(client, ids):
    assert client.get("/api/v1/strategies/broken/equity").json()["time"] == []
    answer = client.get(f"/api/v1/runs/{ids['failing']}/equity?strategy=broken")
    assert answer.status_code == 404


def test_a_badge_shows_the_state(client, ids):
    answer = client.get("/badge/sma_cross.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "Deployed 1.1.0" in answer.text


def test_the_openapi_document_names_bodies_errors_and_tokens(client):
    document = client.get("/openapi.json").json()
    deploy = document["paths"]["/api/production/strategies/{strategy_id}/deploy/"]["post"]
    assert deploy["security"] == [{"token": []}]
    assert {"200", "400", "401", "403", "404", "409", "413", "415", "422", "503"} <= set(
        deploy["responses"]
    )
    schema = deploy["requestBody"]["content"]["application/json"]["schema"]
    assert schema["$ref"].rpartition("/")[2] in document["components"]["schemas"]
    assert document["components"]["schemas"]["DeployBody"]["examples"]


def test_all_references_of_the_openapi_document_resolve(client):
    text = client.get("/openapi.json").text
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert names <= set(client.get("/openapi.json").json()["components"]["schemas"])


def test_the_endpoints_of_production_are_all_there(client):
    paths = client.get("/openapi.json").json()["paths"]
    old = {(method, path) for path, ms in paths.items() for method in ms if "/production/" in path}
    assert len(old) == 13


def test_a_runs_tear_sheet_is_linked_and_may_use_its_own_style_only(get, ids):
    run = ids["deployed"]
    assert f'href="/runs/{run}/sheet"' in get(f"/runs/{run}").text
    answer = get(f"/runs/{run}/sheet")
    assert answer.status_code == 200
    policies = answer.headers.get_list("content-security-policy")
    assert len(policies) == 1
    assert policies[0].startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policies[0]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_sheet_of_a_run_without_a_report_says_why_there_is_none(get, ids):
    answer = get(f"/runs/{ids['running']}/sheet")
    assert answer.status_code == 404
    assert "is not over: it has no report yet" in answer.text
    assert get("/runs/999999/sheet").status_code == 404


def test_the_sheet_of_a_run_whose_details_are_gone_says_so(tmp_path):
    bot = bot_in(tmp_path)
    run = populate(bot.store)["deployed"]
    with sqlite3.connect(tmp_path / "algoops.db") as database:  # as retention does
        database.execute("DELETE FROM documents WHERE user = ?", (f"run:{run}",))
    with TestClient(create_app(bot), base_url="http://127.0.0.1") as client:
        answer = client.get(f"/runs/{run}/sheet", headers=HTML)
        page = client.get(f"/runs/{run}", headers=HTML).text
    bot.store.close()
    assert answer.status_code == 404
    assert "are no longer kept" in answer.text
    assert "/sheet" not in page


def test_page_of_a_run_shows_what_further_runs_found_and_their_curve(tmp_path):
    bot = bot_in(tmp_path)
    run = bot.store.runs.start("main", "pr/1", "1" * 40, "0" * 40, "check")
    found = report_of(strategies=[strategy_of(further=(FOUND,))])
    bot.store.runs.finish(run.id, found.verdict, found.model_dump_json())
    with TestClient(create_app(bot), base_url="http://127.0.0.1") as client:
        page = client.get(f"/runs/{run.id}", headers=HTML).text
    bot.store.close()
    for words in ("Further runs on SPX", "84.39 %", "35.77", "2005-08-04", "out-of-sample parts"):
        assert words in page
