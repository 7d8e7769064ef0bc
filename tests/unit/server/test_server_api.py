from concurrent.futures import CancelledError

import pytest

from bot.config.stages import StageSettings
from bot.core.requests import (
    BacktestRequest,
    ComponentHealth,
    DeployOutcome,
    DeployRequest,
    DriftRequest,
    LimitRequest,
    NotReady,
    PromoteRequest,
    RollbackRequest,
    SandboxTestRequest,
)
from components.errors import ConfigError, Conflict, Moved, TransientError, UserError
from components.schema.results.values import ExecutionResult, Status
from tests.server_support import result

STRATEGIES = "/api/production/strategies"
BACKTESTS = "/api/production/backtests"
SMALLEST = {
    "name": "RSI",
    "description": "Test",
    "parameters": {},
    "indicators": {},
    "entry_rules": [],
    "exit_rules": [],
}


# --- validators --------------------------------------------------------------------------------


@pytest.mark.parametrize("slash", ["/", ""])
def test_the_smallest_definition_is_valid_with_and_without_the_slash(client, slash):
    answer = client.post(f"{STRATEGIES}/validate-schema{slash}", json=SMALLEST)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"status", "message", "validated_data", "schema_version"}
    assert (body["status"], body["schema_version"]) == ("valid", "2.0.0")
    assert body["validated_data"]["name"] == "RSI"
    assert body["validated_data"]["version"] == "1.0.0"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"name": "not a name"}, "name"),
        ({"name": None}, "name"),
        ({"colour": "red"}, "colour"),
        ({"schema_version": "1.0.0"}, "2.0.0"),
        ({"framework": "rules", "entry_rules": ["close >>> 3"]}, "entry_rules[0]"),
    ],
)
def test_an_invalid_definition_is_400_and_names_what_is_wrong(client, change, word):
    answer = client.post(f"{STRATEGIES}/validate-schema/", json={**SMALLEST, **change})
    assert answer.status_code == 400
    body = answer.json()
    assert {"status", "message", "errors", "details"} <= set(body)
    assert (body["status"], body["code"]) == ("invalid", "invalid_definition")
    assert any(word in text for text in body["errors"])


@pytest.mark.parametrize("document", ["[]", "null", "3", '"text"', "{}"])
def test_what_is_no_definition_at_all_is_400(client, document):
    answer = client.post(
        f"{STRATEGIES}/validate-schema/",
        content=document,
        headers={"content-type": "application/json"},
    )
    assert (answer.status_code, answer.json()["status"]) == (400, "invalid")


def test_harmless_code_is_validated_and_formatted(client):
    code = "import numpy as np\nx=np.array( [1,2] )\n"
    answer = client.post(f"{STRATEGIES}/validate-code/", json={"code": code})
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"status", "safe", "message", "formatted_code", "checks_passed"}
    assert (body["status"], body["safe"]) == ("validated", True)
    assert body["formatted_code"] == "import numpy as np\n\nx = np.array([1, 2])\n"
    assert body["checks_passed"]


@pytest.mark.parametrize("strict", [True, False])
def test_dangerous_code_is_rejected_strict_or_not(client, strict):
    code = "import os\nos.system('id')\n"  # why: it is judged, and never run
    answer = client.post(f"{STRATEGIES}/validate-code/", json={"code": code, "strict_mode": strict})
    assert answer.status_code == 400
    body = answer.json()
    assert {"status", "error", "safe", "message", "details", "issues", "severity"} <= set(body)
    assert (body["status"], body["safe"]) == ("rejected", False)
    assert body["error"] == "Code validation failed"
    assert body["issues"][0]["line"] == 1


def test_a_syntax_error_is_rejected_not_a_bug(client):
    answer = client.post(f"{STRATEGIES}/validate-code/", json={"code": "def f(:\n"})
    assert (answer.status_code, answer.json()["status"]) == (400, "rejected")


def test_code_with_a_lone_surrogate_is_rejected_not_a_bug(client):
    answer = client.post(
        f"{STRATEGIES}/validate-code/",
        content=b'{"code": "x = \'\\ud800\'"}',
        headers={"content-type": "application/json"},
    )
    assert answer.status_code in {400, 422}


def test_a_configuration_is_validated_with_its_defaults(client):
    answer = client.post(f"{BACKTESTS}/validate-config/", json={"initial_capital": 5000})
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"status", "message", "validated_config", "warnings"}
    assert body["validated_config"]["initial_capital"] == 5000
    assert body["validated_config"]["finalize_trades"] is True


def test_a_suspicious_configuration_is_valid_with_warnings(client):
    body = client.post(
        f"{BACKTESTS}/validate-config/", json={"commission": 0, "margin": 0.05}
    ).json()
    assert any("commission" in text for text in body["warnings"])
    assert any("margin" in text for text in body["warnings"])


@pytest.mark.parametrize("config", [{"commission": -1}, {"colour": 1}, {"margin": 7}, [], "x"])
def test_a_wrong_configuration_is_400(client, config):
    answer = client.post(f"{BACKTESTS}/validate-config/", json=config)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_config")
    assert answer.json()["errors"]


# --- sandbox test ------------------------------------------------------------------------------


def test_a_sandbox_test_has_the_keys_that_clients_know(bot, ids, deployer):
    answer = deployer.post(
        f"{STRATEGIES}/sandbox-test/",
        json={
            "strategy_id": 1,
            "ref": "main",
            "timeout": 5,
            "resource_limits": {"cpu": 0.5, "memory": "256m"},
        },
    )
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "passed",
        "success": True,
        "execution_time": 0.5,
        "exit_code": 0,
        "output": "hello",
        "errors": "",
        "timed_out": False,
        "resource_usage": {"max_memory_mb": 80.5, "cpu_percent": 50.0},
    }
    limits = LimitRequest(wall_s=5, memory_mb=256, cpus=0.5)
    assert bot.asked == [("sandbox_test", SandboxTestRequest("1", "token:api", "main", limits))]


def test_a_sandbox_test_that_times_out_is_an_answer(bot, ids, deployer):
    bot.answers["sandbox_test"] = ExecutionResult(status=Status.TIMEOUT, message="30 s were over")
    body = deployer.post(f"{STRATEGIES}/sandbox-test/", json={"name": "sma_cross"}).json()
    assert (body["success"], body["timed_out"], body["errors"]) == (False, True, "30 s were over")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"strategy_id": "a", "name": "b"},
        {"name": "sma_cross", "timeout": 0},
        {"name": "sma_cross", "timeout": -5},
        {"name": "sma_cross", "ref": "--upload-pack=x"},
        {"name": "../../etc/passwd"},
        {"name": "sma_cross", "resource_limits": {"memory": "lots"}},
        {"name": "sma_cross", "resource_limits": {"cpu": 0}},
        {"name": "sma_cross", "surprise": 1},
    ],
)
def test_a_wrong_sandbox_request_is_422_and_starts_nothing(bot, ids, deployer, body):
    answer = deployer.post(f"{STRATEGIES}/sandbox-test/", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")
    assert answer.json()["details"]
    assert bot.asked == []


def test_an_unknown_strategy_is_404_everywhere(deployer):
    calls = [
        deployer.post(f"{STRATEGIES}/sandbox-test/", json={"name": "nobody"}),
        deployer.get(f"{STRATEGIES}/nobody/lifecycle/"),
        deployer.get(f"{STRATEGIES}/99/lifecycle"),
        deployer.post(f"{STRATEGIES}/nobody/deploy/", json={}),
        deployer.post(f"{STRATEGIES}/nobody/rollback/", json={"reason": "x"}),
        deployer.post(f"{BACKTESTS}/run-sandbox/", json={"strategy_id": "nobody"}),
        deployer.get(f"{BACKTESTS}/99/status/"),
        deployer.get(f"{BACKTESTS}/x/status/"),
        deployer.get(f"{BACKTESTS}/{'9' * 40}/status/"),
        deployer.get(f"{STRATEGIES}/{'9' * 40}/lifecycle/"),
        deployer.get("/api/v1/strategies/nobody"),
        deployer.get("/api/v1/runs/99"),
        deployer.get(f"/api/v1/runs/{'9' * 40}"),
        deployer.get("/badge/nobody.svg"),
    ]
    assert [(c.status_code, c.json()["code"]) for c in calls] == [(404, "not_found")] * len(calls)


# --- lifecycle ---------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["sma_cross", "1"])
@pytest.mark.parametrize("slash", ["/", ""])
def test_a_lifecycle_is_found_by_number_and_by_name(client, ids, key, slash):
    body = client.get(f"{STRATEGIES}/{key}/lifecycle{slash}").json()
    assert set(body) == {
        "strategy_id",
        "name",
        "current_status",
        "version",
        "lifecycle_tracking",
        "timestamps",
        "audit_log",
    }
    assert (body["strategy_id"], body["name"], body["version"]) == (1, "sma_cross", "1.1.0")
    assert body["current_status"] == "deployed"
    assert set(body["lifecycle_tracking"]) == {
        "generation_attempts",
        "test_attempts",
        "fix_attempts",
        "error_count",
        "last_error",
    }
    assert "deployed" in body["timestamps"]
    assert {"timestamp", "actor", "event", "old", "new"} <= set(body["audit_log"][0])


# --- deploy and rollback -----------------------------------------------------------------------


def test_a_deploy_passes_on_what_was_asked_and_answers_what_landed(bot, ids, deployer):
    answer = deployer.post(
        f"{STRATEGIES}/momentum/deploy/",
        json={
            "ref": "momentum",
            "sha": "3" * 40,
            "commit_message": "go",
            "create_tag": True,
            "tag_version": "1.0.0",
        },
    )
    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "strategy_id", "branch", "commit", "tag", "message"}
    assert bot.asked == [
        (
            "deploy",
            DeployRequest(
                name="2",
                actor="token:api",
                ref="momentum",
                sha="3" * 40,
                message="go",
                create_tag=True,
                tag_version="1.0.0",
            ),
        )
    ]


def test_a_deploy_without_a_tag_answers_null(bot, ids, deployer):
    bot.answers["deploy"] = DeployOutcome("deployed", 1, "main", "c" * 40, "", "done")
    body = deployer.post(f"{STRATEGIES}/momentum/deploy/", json={"create_tag": False}).json()
    assert body["tag"] is None


def test_what_is_not_ready_is_409_with_the_keys_that_clients_know(bot, ids, deployer):
    bot.answers["deploy"] = NotReady("broken is failed", current_status="failed")
    answer = deployer.post(f"{STRATEGIES}/broken/deploy/", json={})
    assert answer.status_code == 409
    body = answer.json()
    assert (body["error"], body["code"]) == ("broken is failed", "not_ready")
    assert (body["current_status"], body["required_status"]) == ("failed", "ready")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (UserError("version 1.0.0 is held"), 400, "refused"),
        (Conflict("both changed it", paths=("a.py",)), 409, "conflict"),
        (Moved("main moved"), 409, "moved"),
        (TransientError("GitHub is down", retry_after_s=12), 503, "unavailable"),
        (ConfigError("/srv/secret/config.yaml: bad key"), 503, "operator_needed"),
        (TimeoutError(), 503, "interrupted"),
        (CancelledError(), 503, "interrupted"),
        (RuntimeError("a bug at /srv/secret/file.py"), 500, "internal"),
    ],
)
def test_each_way_to_fail_has_its_code_and_leaks_nothing(bot, ids, deployer, error, status, code):
    bot.answers["deploy"] = error
    answer = deployer.post(f"{STRATEGIES}/momentum/deploy/", json={})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "/srv/secret" not in answer.text
    assert "Traceback" not in answer.text
    if status == 503:
        assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    "body",
    [
        {"ref": "a", "pr": 1},
        {"ref": "-rf"},
        {"ref": "a b"},
        {"sha": "HEAD"},
        {"sha": "abc123"},
        {"pr": 0},
        {"pr": "x"},
        {"tag_version": "$(id)"},
        {"create_tag": "perhaps"},
    ],
)
def test_a_wrong_deploy_is_422_and_does_nothing(bot, ids, deployer, body):
    assert deployer.post(f"{STRATEGIES}/momentum/deploy/", json=body).status_code == 422
    assert bot.asked == []


def test_a_rollback_passes_on_what_was_asked(bot, ids, deployer):
    answer = deployer.post(
        f"{STRATEGIES}/sma_cross/rollback/", json={"version": "1.0.0", "reason": "losses"}
    )
    assert answer.json() == {
        "status": "rolled_back",
        "strategy_id": 1,
        "reverted_to": "1.0.0",
        "branch": "main",
        "commit": "d" * 40,
        "reason": "losses",
        "message": "rolled back",
    }
    assert bot.asked == [("rollback", RollbackRequest("1", "token:api", "losses", version="1.0.0"))]


def test_an_answer_to_a_drift_passes_on_what_was_asked(bot, ids, deployer):
    url = "/api/v1/strategies/sma_cross/drift"
    answer = deployer.post(url, json={"answer": "restore", "reason": "not ours"})
    assert answer.json() == {"status": "rolled_back", "strategy_id": 1, "message": "rolled_back"}
    deployer.post(url, json={"answer": "adopt"})
    assert [asked for _, asked in bot.asked] == [
        DriftRequest("sma_cross", "token:api", "restore", "not ours"),
        DriftRequest("sma_cross", "token:api", "adopt"),
    ]
    assert deployer.post(url, json={"answer": "forget"}).status_code == 422
    del deployer.headers["authorization"]
    assert deployer.post(url, json={"answer": "adopt"}).status_code == 401
    assert len(bot.asked) == 2


def test_a_promotion_passes_on_what_was_asked(bot, ids, deployer):
    url = "/api/v1/strategies/sma_cross/promote"
    answer = deployer.post(url, json={"to": "live", "version": "1.0.0"})
    assert answer.json() == {
        "status": "promoted",
        "strategy_id": 1,
        "version": "1.0.0",
        "branch": "live",
        "commit": "e" * 40,
        "tag": None,
        "message": "promoted",
    }
    asked = PromoteRequest("1", "token:api", stage="live", version="1.0.0")
    assert bot.asked == [("promote", asked)]
    assert deployer.post(url, json={"to": "../live"}).status_code == 422
    assert len(bot.asked) == 1


def test_what_each_stage_has_is_told_where_a_strategy_is(bot, ids, deployer):
    (one,) = bot.settings.repositories
    stages = (StageSettings(name="paper"), StageSettings(name="live", branch="live"))
    bot.settings = bot.settings.model_copy(
        update={"repositories": (one.model_copy(update={"stages": stages}),)}
    )
    bot.store.deployments.record(
        one.name, "sma_cross", "1.0.0", kind="deploy", commit="e" * 40, actor="ada", stage="live"
    )
    shown = deployer.get("/api/v1/strategies/sma_cross").json()["stages"]
    assert [s["stage"] for s in shown] == ["paper", "live"]
    assert (shown[1]["version"], shown[1]["commit"]) == ("1.0.0", "e" * 40)
    listed = {s["name"]: s["stages"] for s in deployer.get("/api/v1/strategies").json()["items"]}
    assert listed["sma_cross"] == shown
    page = deployer.get("/strategies/sma_cross").text
    assert "On live <b>1.0.0</b>" in page
    assert "On live" in deployer.get("/strategies/sma_cross?life=whole").text


@pytest.mark.parametrize(
    "body",
    [{}, {"reason": ""}, {"reason": "x", "commit_hash": "main"}, {"reason": "x", "version": "a/b"}],
)
def test_a_rollback_needs_a_reason_and_real_ids(bot, ids, deployer, body):
    assert deployer.post(f"{STRATEGIES}/sma_cross/rollback/", json=body).status_code == 422
    assert bot.asked == []


# --- health ------------------------------------------------------------------------------------


def test_health_names_the_components_that_clients_know(client, ids):
    body = client.get(f"{STRATEGIES}/health/").json()
    assert body["overall"] == "healthy"
    parts = body["components"]
    assert {
        "state_manager",
        "safe_tools",
        "output_validator",
        "sandbox_runner",
        "git_manager",
    } <= set(parts)
    assert parts["state_manager"]["strategies_tracked"] == 4
    assert parts["output_validator"]["strict_mode"] is True
    assert set(parts["sandbox_runner"]) >= {"available", "docker_available", "backend"}


def test_backtests_have_three_components(client):
    assert len(client.get(f"{BACKTESTS}/health").json()["components"]) == 3


def test_a_vital_component_away_is_503_and_not_ready(bot, client):
    bot.components["sandbox_runner"] = ComponentHealth(
        available=False, detail="no engine at /var/run/secret/docker.sock"
    )
    answer = client.get(f"{STRATEGIES}/health/")
    assert (answer.status_code, answer.json()["overall"]) == (503, "unhealthy")
    assert answer.json()["components"]["sandbox_runner"]["detail"] == "no engine at docker.sock"
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_another_component_away_is_degraded_and_200(bot, client):
    bot.components["forge"] = ComponentHealth(available=False, vital=False)
    answer = client.get(f"{STRATEGIES}/health/")
    assert (answer.status_code, answer.json()["overall"]) == (200, "degraded")


def test_health_asks_the_components_again_only_when_their_answers_are_old(bot, client, monkeypatch):
    monkeypatch.setattr("bot.server.health.FRESH_S", 3600.0)
    for _ in range(20):
        client.get(f"{STRATEGIES}/health/")
        client.get("/readyz")
    assert bot.health_asked == 1
    monkeypatch.setattr("bot.server.health.FRESH_S", -1.0)
    client.get("/readyz")
    assert bot.health_asked == 2


# --- backtests ---------------------------------------------------------------------------------


def test_a_backtest_is_queued_and_can_be_asked_for(bot, ids, deployer):
    answer = deployer.post(
        f"{BACKTESTS}/run-sandbox/",
        json={
            "strategy_id": "sma_cross",
            "config": {"commission": 0.001},
            "start_date": "2015-01-01",
            "end_date": "2016-01-01",
            "symbols": ["SPX"],
        },
    )
    assert answer.status_code == 202
    assert set(answer.json()) == {"status", "backtest_id"}
    (_, asked) = bot.asked[0]
    assert isinstance(asked, BacktestRequest)
    assert (asked.start, asked.end, asked.symbols) == ("2015-01-01", "2016-01-01", ("SPX",))
    number = answer.json()["backtest_id"]
    body = deployer.get(f"{BACKTESTS}/{number}/status/").json()
    assert set(body) == {
        "backtest_id",
        "status",
        "progress",
        "started_at",
        "completed_at",
        "execution_time",
        "error_message",
        "state_tracking",
        "audit_log",
        "results",
    }
    assert (body["status"], body["progress"], body["results"]) == ("queued", 0, None)
    bot.store.backtests.start(number)
    body = deployer.get(f"{BACKTESTS}/{number}/status/").json()
    assert body["state_tracking"]["running"] == body["started_at"]


def test_a_completed_backtest_has_its_results(bot, ids, deployer):
    number = deployer.post(f"{BACKTESTS}/run-sandbox/", json={"strategy_id": 1}).json()[
        "backtest_id"
    ]
    bot.finish_backtest(number, (result(),))
    body = deployer.get(f"{BACKTESTS}/{number}/status").json()
    assert (body["status"], body["progress"]) == ("completed", 100)
    assert body["results"][0]["metrics"]["trades"] == 36
    assert body["execution_time"] >= 0
    assert {row["event"] for row in body["audit_log"]} >= {"backtest.queued", "backtest.completed"}


def test_waiting_answers_200_with_the_results_as_soon_as_it_ends(bot, ids, deployer):
    def create_and_finish() -> int:
        number = bot.store.backtests.create("sma_cross", {}, "test").id
        bot.finish_backtest(number, (result(),))
        return number

    bot.answers["start_backtest"] = create_and_finish
    answer = deployer.post(f"{BACKTESTS}/run-sandbox/", json={"strategy_id": 1, "wait": True})
    assert (answer.status_code, answer.json()["status"]) == (200, "completed")


@pytest.mark.parametrize(
    "change",
    [
        {"start_date": "yesterday"},
        {"start_date": "2016-01-01", "end_date": "2015-01-01"},
        {"symbols": ["../../etc/passwd"]},
        {"symbols": ["A"] * 101},
        {"config": {"commission": -1}},
        {"config": {"unknown": 1}},
        {"wait": "maybe"},
    ],
)
def test_a_wrong_backtest_is_422_and_starts_nothing(bot, ids, deployer, change):
    answer = deployer.post(f"{BACKTESTS}/run-sandbox/", json={"strategy_id": "sma_cross", **change})
    assert answer.status_code == 422
    assert bot.asked == []


# --- bodies ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_415(client, kind):
    answer = client.post(
        f"{STRATEGIES}/validate-schema/", content=b"{}", headers={"content-type": kind}
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_body_over_a_mebibyte_is_413(client):
    answer = client.post(f"{STRATEGIES}/validate-code/", content=b'"' + b"x" * (1 << 20) + b'"')
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_an_empty_body_is_400(client):
    answer = client.post(
        f"{STRATEGIES}/validate-schema/", headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")


def test_another_method_is_405(client):
    answer = client.get(f"{STRATEGIES}/validate-schema/")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"


def test_details_name_the_field_at_fault_and_say_it_without_jargon(client):
    told = client.post(f"{STRATEGIES}/validate-schema/", json={}).json()["details"]
    assert [one["field"] for one in told] == ["name", "description"]
    told = client.post(f"{STRATEGIES}/validate-code/", json={"strategy_code": "x"}).json()
    assert told["details"] == [
        {"field": "code", "message": "is missing"},
        {"field": "strategy_code", "message": "is not a field of this body"},
    ]


def test_a_run_that_is_no_number_is_named_as_it_was_asked(client):
    answer = client.get("/api/v1/runs/abc")
    assert (answer.status_code, answer.json()["error"]) == (
        404,
        "there is no run 'abc': runs have numbers",
    )
