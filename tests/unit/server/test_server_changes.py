import pytest

from bot.core.requests import ComponentHealth
from components.schema.results.report import CheckResult
from components.schema.results.values import CheckName, Outcome, Verdict

HTML = {"accept": "text/html,*/*"}


@pytest.fixture
def get(client, ids):
    return lambda path: client.get(path, headers=HTML)


def test_a_hold_is_told_at_the_top(bot, get):
    bot.hold("sma_cross", "1.0.0", reason="loses money", actor="ada")
    assert "Version 1.0.0 is held." in get("/strategies/sma_cross").text


def test_health_in_words_without_host_paths(bot, get):
    bot.components["disk"] = ComponentHealth(available=False, detail="full: /srv/secret/data")
    page = get("/health").text
    assert "Unhealthy" in page
    assert "/srv/secret" not in page


def test_an_empty_bot_says_how_to_begin(client):
    page = client.get("/", headers=HTML).text
    assert "No strategies yet" in page
    assert "strategy.yaml" in page


def test_a_hold_is_set_and_lifted(deployer, ids):
    body = {"version": "1.0.0", "reason": "loses"}
    assert deployer.post("/api/v1/strategies/1/holds", json=body).json()["status"] == "held"
    assert deployer.post("/api/v1/strategies/1/holds/lift", json=body).json()["status"] == "lifted"
    assert deployer.post("/api/v1/strategies/1/holds/lift", json=body).status_code == 404


def test_metrics_are_what_prometheus_reads(bot, client, ids):
    from prometheus_client.parser import text_string_to_metric_families

    from bot.core.notices import Answered, CheckEnded, RunChanged
    from components.schema.results.values import Outcome

    bot.tell(CheckEnded(1, "sma_cross", "backtest", Outcome.PASSED, 0.4))
    bot.tell(RunChanged(1, "passed"))
    bot.tell(Answered("first", 0.7))
    client.get("/api/v1/strategies/sma_cross")
    text = client.get("/metrics").text
    found = {f.name: f for f in text_string_to_metric_families(text)}
    for name in (
        "algoops_jobs",
        "algoops_strategies",
        "algoops_sandbox_guests",
        "algoops_forge_quota_remaining",
        "algoops_forge_calls",
        "algoops_event_lag_seconds",
        "algoops_oldest_job_seconds",
        "algoops_answer_seconds",
        "algoops_database_bytes",
        "algoops_deployments",
        "algoops_check_duration_seconds",
        "algoops_runs",
        "algoops_http_request_duration_seconds",
    ):
        assert name in found
    routes = {s.labels["route"] for s in found["algoops_http_request_duration_seconds"].samples}
    assert "/api/v1/strategies/{strategy_id}" in routes
    assert not any("sma_cross" in route for route in routes)


def test_a_host_path_in_the_last_error_stays_on_the_host(bot, client, ids):
    bot.store.strategies.record_error("local", "broken", "no /srv/secret/engine", actor="bot")
    for path in ("/api/v1/strategies", "/api/production/strategies/broken/lifecycle/", "/"):
        text = client.get(path).text
        assert "no engine" in text
    assert "/srv/secret" not in client.get("/api/v1/strategies").text


def test_a_run_whose_details_were_removed_still_tells_its_verdict(bot, get):
    bot.store.prune(0)
    page = get("/runs/3").text
    assert "no longer kept" in page
    assert "Passed" in page


def test_reports_of_an_older_version_do_not_break_the_pages(bot, client, get):
    old = '{"strategies": [], "from": "another time"}'
    run = bot.store.runs.start("local", "pr/8", "8" * 40, "0" * 40, "check")
    bot.store.runs.finish(run.id, Verdict.PASSED, old)
    for name, version in (("sma_cross", "1.1.0"), ("momentum", "1.0.0")):
        bot.store.verdicts.put(f"key-{name}-{version}", name, version, Verdict.PASSED, old)
    for path in ("/", "/runs", f"/runs/{run.id}", "/strategies/sma_cross", "/strategies/momentum"):
        assert get(path).status_code == 200
    assert client.get(f"/api/v1/runs/{run.id}").json()["report"] is None
    assert client.get("/api/v1/strategies/sma_cross/equity").json()["time"] == []


def test_a_run_at_work_shows_what_its_jobs_say(bot, client, get):
    run = bot.store.runs.start("local", "pr/9", "9" * 40, "0" * 40, "check")
    passed = CheckResult(name=CheckName.SCHEMA, outcome=Outcome.PASSED, summary="", duration_s=0.1)
    bot.store.runs.check(run.id, "sma_cross", passed)
    bot.answers["words"] = {"sma_cross": ("sma_cross/SPX: stdout: <script>alert(1)</script>",)}
    page = get(f"/runs/{run.id}").text
    assert "Output so far" in page
    assert "&lt;script&gt;alert(1)" in page
    said = client.get(f"/api/v1/runs/{run.id}").json()["output"]
    assert said == {"sma_cross": ["sma_cross/SPX: stdout: <script>alert(1)</script>"]}
