import hashlib
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bot.config.settings import Settings, TokenSettings
from bot.core.requests import NeedsAdmin
from bot.server.app import create_app
from bot.server.auth import COOKIE, Keys, Requester, TokenRole
from bot.server.reach import exposed, refuse_open_door
from components.errors import ConfigError
from components.state.tables.looks import SealedLook, SealedPart
from tests.server_support import TOKEN, bot_in, populated, settings_for

READER = "reads-only"


def sha(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def exposed_client(folder: Path, **more) -> TestClient:
    tokens = (TokenSettings(name="dashboard", sha256=sha(READER), role="reader"),)
    settings = settings_for(folder, host="0.0.0.0", tokens=tokens, **more)
    app = create_app(bot_in(folder, settings))
    return TestClient(app, base_url="https://bot.example", raise_server_exceptions=False)


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


@pytest.mark.parametrize(
    ("host", "public_url", "expected"),
    [
        ("127.0.0.1", "", False),
        ("localhost", "", False),
        ("::1", "", False),
        ("127.8.8.8", "", False),
        ("0.0.0.0", "", True),
        ("::", "", True),
        ("10.1.2.3", "", True),
        ("bot.internal", "", True),
        ("127.0.0.1", "http://127.0.0.1:8321", False),
        ("127.0.0.1", "https://bot.example", True),
    ],
)
def test_only_what_this_machine_alone_can_reach_is_not_exposed(
    host, public_url, expected, tmp_path
):
    server = settings_for(tmp_path, host=host, public_url=public_url).server
    assert exposed(server) is expected


def test_an_open_door_is_refused_before_binding():
    settings = Settings.model_validate({"server": {"host": "0.0.0.0"}})
    with pytest.raises(ConfigError, match=r"without a token.*ALGOOPS_API_TOKEN"):
        refuse_open_door(settings)


def test_a_token_opens_the_door(tmp_path):
    refuse_open_door(settings_for(tmp_path, host="0.0.0.0"))


def test_a_token_that_can_be_guessed_is_refused_before_binding():
    settings = Settings.model_validate({"server": {"host": "0.0.0.0"}, "api_token": "secret"})
    with pytest.raises(ConfigError, match="less than 16 characters"):
        refuse_open_door(settings)


def test_loopback_needs_no_token():
    refuse_open_door(Settings())


def test_reading_is_open_on_loopback(client):
    assert client.get("/api/v1/strategies").status_code == 200


def test_changing_without_a_token_is_401_and_says_how(client):
    answer = client.post("/api/production/strategies/x/deploy/", json={})
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"
    assert "Authorization: Bearer" in answer.json()["hint"]
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_changing_a_bot_that_has_no_token_says_how_to_get_one(tmp_path):
    settings = settings_for(tmp_path).model_copy(update={"api_token": Settings().api_token})
    with TestClient(create_app(bot_in(tmp_path, settings)), base_url="http://localhost") as client:
        answer = client.post("/api/production/strategies/x/deploy/", json={})
    assert (answer.status_code, answer.json()["code"]) == (401, "no_token_configured")
    assert "ALGOOPS_API_TOKEN" in answer.json()["hint"]


@pytest.mark.parametrize(
    "header",
    ["Bearer wrong", "Bearer ", "Basic YTpi", f"Basic {TOKEN}", "Bearer \xe9", f"bearer {TOKEN}x"],
)
def test_a_wrong_token_is_refused_even_where_reading_is_open(client, header):
    answer = client.get("/api/v1/strategies", headers={"authorization": header.encode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


def test_a_reader_may_read_but_not_change(tmp_path):
    with exposed_client(tmp_path) as client:
        assert client.get("/api/v1/strategies", headers=bearer(READER)).status_code == 200
        answer = client.post(
            "/api/production/strategies/x/deploy/", json={}, headers=bearer(READER)
        )
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_an_agents_token_changes_nothing_through_the_interface(tmp_path):
    tokens = (TokenSettings(name="mia", sha256=sha("agent"), role="author"),)
    bot = bot_in(tmp_path, settings_for(tmp_path, host="0.0.0.0", tokens=tokens))
    bot.door = lambda *_: None
    app = create_app(bot)
    changes = [
        (verb, path.translate(str.maketrans("", "", "{}")))
        for path, verbs in app.openapi()["paths"].items()
        for verb in verbs.keys() & {"post", "put", "delete", "patch"}
        if not path.startswith("/webhooks")  # signed by the forge: a token opens nothing there
    ]
    assert len(changes) > 4
    with TestClient(app, base_url="https://bot.example") as client:
        for verb, path in changes:
            answer = client.request(verb, path, headers=bearer("agent"), json={})
            assert answer.status_code == 403, (verb, path)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/strategies",
        "/metrics",
        "/api/production/strategies/health/",
        "/badge/x.svg",
        "/events",
    ],
)
def test_elsewhere_every_read_needs_a_token(tmp_path, path):
    with exposed_client(tmp_path) as client:
        assert client.get(path).json()["code"] == "unauthenticated"


def test_elsewhere_the_validators_need_a_token_too(tmp_path):
    with exposed_client(tmp_path) as client:
        answer = client.post("/api/production/strategies/validate-schema/", json={})
    assert answer.status_code == 401


def test_elsewhere_probes_stay_open(tmp_path):
    with exposed_client(tmp_path) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/readyz").json() == {"status": "ready"}


def test_elsewhere_a_page_leads_to_sign_in_and_back(tmp_path):
    with exposed_client(tmp_path) as client:
        sent = client.get("/runs?page=2", follow_redirects=False)
        assert sent.status_code == 303
        assert sent.headers["location"] == "/login?next=%2Fruns%3Fpage%3D2"
        form = client.get(sent.headers["location"])
        assert 'value="/runs?page=2"' in form.text
        back = client.post(
            "/login", data={"token": READER, "next": "/runs?page=2"}, follow_redirects=False
        )
        assert (back.status_code, back.headers["location"]) == (303, "/runs?page=2")
        assert client.get("/runs").status_code == 200


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(tmp_path):
    with exposed_client(tmp_path, public_url="https://bot.example") as client:
        answer = client.post("/login", data={"token": TOKEN}, follow_redirects=False)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Secure"))
    assert TOKEN not in cookie


def test_a_session_reads_but_changes_nothing_even_of_a_deployer(tmp_path):
    with exposed_client(tmp_path) as client:
        client.post("/login", data={"token": TOKEN})
        assert client.get("/api/v1/strategies").status_code == 200
        answer = client.post("/api/production/strategies/x/deploy/", json={})
    assert answer.status_code == 401


def test_a_wrong_token_signs_nobody_in(tmp_path):
    with exposed_client(tmp_path) as client:
        answer = client.post("/login", data={"token": "guess"})
        assert answer.status_code == 401
        assert "not known" in answer.text
        assert client.get("/", follow_redirects=False).status_code == 303


def test_a_form_that_is_not_ours_signs_nobody_in(tmp_path):
    with exposed_client(tmp_path) as client:
        answer = client.post("/login", data={f"field{n}": "x" for n in range(50)})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "target",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""],
)
def test_sign_in_leads_to_no_other_site(tmp_path, target):
    with exposed_client(tmp_path) as client:
        answer = client.post(
            "/login", data={"token": READER, "next": target}, follow_redirects=False
        )
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("cookie", ["", "x", "a.b.c", "..", "616461.9999999999.", "\u00e9.1.2"])
def test_a_forged_session_is_nobody(tmp_path, cookie):
    assert Keys(settings_for(tmp_path)).from_session(cookie) is None


def test_a_session_of_another_process_is_nobody(tmp_path):
    settings = settings_for(tmp_path)
    cookie = Keys(settings).session(Requester("ada", TokenRole.READER))
    assert Keys(settings).from_session(cookie) is None


def test_a_session_outlives_odd_names(tmp_path):
    keys = Keys(settings_for(tmp_path))
    for name in ("ada", "a.b|c;d=e", "\N{SNOWMAN}"):
        assert keys.from_session(keys.session(Requester(name, TokenRole.DEPLOYER))) == Requester(
            name, TokenRole.READER
        )


def test_an_expired_session_is_nobody(tmp_path, monkeypatch):
    keys = Keys(settings_for(tmp_path))
    monkeypatch.setattr("bot.server.auth.SESSION_SECONDS", -1)
    assert keys.from_session(keys.session(Requester("ada", TokenRole.READER))) is None


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil", ""])
def test_another_host_name_is_refused_on_loopback(client, host):
    answer = client.get("/api/v1/strategies", headers={"host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "wrong_host")


@pytest.mark.parametrize("host", ["localhost:8321", "127.0.0.1", "[::1]:80", "LOCALHOST"])
def test_every_name_of_this_machine_is_answered(client, host):
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(("role", "admin"), [("deployer", False), ("admin", True)])
def test_only_a_token_with_the_role_admin_accepts_changed_policies(tmp_path, role, admin):
    tokens = (TokenSettings(name="risk", sha256=sha(READER), role=role),)
    populated(tmp_path)
    bot = bot_in(tmp_path, settings_for(tmp_path, tokens=tokens))
    with TestClient(create_app(bot), base_url="http://127.0.0.1") as client:
        path = "/api/production/strategies/sma_cross/deploy/"
        answer = client.post(path, json={"ref": "x"}, headers=bearer(READER))
        assert answer.status_code == 200
        assert bot.asked[-1][1].admin is admin
        bot.answers["deploy"] = NeedsAdmin("this proposal changes the rules")
        refused = client.post(path, json={"ref": "x"}, headers=bearer(READER))
    bot.store.close()
    assert refused.status_code == 403
    assert refused.json()["code"] == "policy_change"


@pytest.mark.parametrize(("role", "status"), [("reader", 403), ("deployer", 403), ("admin", 200)])
def test_only_an_admin_reads_the_figures_of_sealed_bars_and_that_is_on_record(
    tmp_path, role, status
):
    tokens = (TokenSettings(name="risk", sha256=sha(READER), role=role),)
    populated(tmp_path)
    bot = bot_in(tmp_path, settings_for(tmp_path, tokens=tokens))
    figures = {"symbols": [{"symbol": "SPX", "sealed_sharpe": 0.123}]}
    part = SealedPart("family", "2015-01-01", "2018-12-31")
    look = SealedLook("local", "sma_cross", "tree", "x", (part,), agrees=True, figures=figures)
    bot.store.looks.take(look, 10)
    with TestClient(create_app(bot), base_url="http://127.0.0.1") as client:
        assert client.get("/api/v1/holdout").status_code == 401
        answer = client.get("/api/v1/holdout", headers=bearer(READER))
    shown = [row.actor for row in bot.store.audit.list(event="holdout.shown", limit=9)]
    bot.store.close()
    assert answer.status_code == status
    assert ("0.123" in answer.text) is (status == 200)
    assert shown == ["token:risk"] * (status == 200)
    if status == 200:
        (told,) = answer.json()["looks"]
        assert (told["answer"], told["figures"]) == ("agrees", figures)


def test_without_an_authors_token_there_are_no_tools_for_agents(client):
    assert client.post("/mcp", json={}).status_code == 404
