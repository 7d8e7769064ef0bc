"""The tools for agents over a real repository, database and sandbox; the SDK's client asks."""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path

import anyio
import httpx
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from mcp.client.stdio import StdioServerParameters
from mcp.shared.exceptions import MCPError
from mcp.shared.message import SessionMessage
from mcp.types import jsonrpc_message_adapter
from mcp.types.methods import SPEC_CLIENT_METHODS

from bot.agents import looks
from bot.agents.bounds import serve
from bot.agents.size import MAX_TOKENS, tokens
from bot.agents.submit import submit
from bot.agents.tools import build
from bot.cli.mcp import WorkingFolder
from bot.config.settings import PROJECT, load
from bot.daemon.agents import AuthorDoor
from bot.daemon.reload import reread
from bot.daemon.service import Service
from bot.daemon.start import refusals
from bot.server.app import create_app
from bot.server.serve import HttpServer
from components.errors import AlgoOpsError, UserError
from components.schema.results.holdout import HoldoutAnswer
from tests.agents_support import (
    SECRETS,
    files_of,
    in_a_loop,
    over_http,
    run,
    with_authors,
)
from tests.cli_support import in_process
from tests.deploy_support import reported
from tests.integration.bot.conftest import ENV
from tests.server_support import passed_report
from tests.server_support import report as whole_report

TOOLS = {"rules", "check", "submit", "wait", "findings", "compare", "budget", "leaderboard"}


@pytest.fixture
def folder(tmp_path):
    """An author's working folder with one strategy."""
    made = tmp_path / "work"
    put(made / "strategies" / "calm", files_of("calm"))
    return made


def put(folder: Path, files):
    folder.mkdir(parents=True)
    for path, text in files.items():
        (folder / path).write_text(text)


@pytest.fixture
def door(stage, world, folder):
    """Ada's working folder beside the bot; the sandbox is the one that all tests share."""
    with ExitStack() as stack:
        settings = load(stage.config, env=ENV)
        made = WorkingFolder(folder, "ada", settings, settings.repositories[0], stack)
        made._bench = (world.bench, world.store)
        yield made


@pytest.fixture
def server(door):
    return build(lambda _ctx: door, "0", files=False)


@pytest.fixture
def service(stage, world_on):
    world = world_on(with_authors(stage.config))
    return Service(world, load(stage.config, env=ENV))


@pytest.fixture
def url(service):
    http = HttpServer(create_app(service), service.settings)
    http.start()
    yield f"http://127.0.0.1:{http.port}"
    http.stop()


def ask(url, author, talk, mode="auto"):
    """Let an author talk to the daemon's server."""

    async def main():
        async with over_http(url, SECRETS.get(author, author), mode) as agent:
            return await talk(agent)

    return in_a_loop(main)


# --- both transports -------------------------------------------------------------------------------


async def _looked_over(agent):
    listed = await agent.client.list_tools()
    assert {tool.name for tool in listed.tools} == TOOLS
    for tool in listed.tools:
        Draft202012Validator.check_schema(tool.input_schema)
    assert tokens(listed.model_dump_json()) <= 2 * MAX_TOKENS
    templates = await agent.client.list_resource_templates()
    assert len(templates.resource_templates) == 2
    assert "endless-loop" in await agent("rules", topic="code")
    for tool in ("deploy", "rollback", "unhold", "holdout"):
        assert f"Unknown tool: {tool}" in await agent(tool)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_agent_is_offered_eight_tools_and_none_of_them_deploys(url, mode):
    ask(url, "ada", _looked_over, mode)


def test_the_command_serves_a_working_folder_until_its_client_is_gone(stage, world, folder):
    """The real process: its standard output carries the protocol and nothing else."""

    async def talk(agent):
        await _looked_over(agent)
        assert "is refused" in await agent("check", folder="../../etc")
        assert "(branch/agents/ada/calm)" in await agent("submit", folder="strategies/calm")
        assert "No verdict yet" in await agent("wait", branch="calm", seconds=0)
        reported(world, "agents/ada/calm")
        assert (await agent("wait", branch="calm")).startswith("PASSED")
        assert (await agent("findings", branch="calm")).startswith("PASSED")

    command = ["-m", "bot", "mcp", "--author", "ada", "--config", str(stage.config)]
    run(
        StdioServerParameters(
            command=sys.executable,
            args=command,
            cwd=folder,
            env={"PYTHONPATH": str(PROJECT), **ENV},
        ),
        talk,
    )
    assert "agent.submitted" in {row.event for row in world.store.audit.list(limit=50)}


def test_a_check_over_http_is_counted_before_it_is_told_and_once(url, service):
    world = service._world

    async def talk(agent):
        assert "`check` or `submit` first" in await agent("budget")
        said = await agent("check", folder="strategies/calm", files=files_of("calm"))
        assert "backtest" in said
        told = await agent("budget")
        assert told.startswith("1 ")
        assert "a year to pass" in told
        await agent("check", folder="strategies/other", files=files_of("other"))
        assert (await agent("budget")).startswith("1 ")
        assert "entry_time" in (await _text(agent, "algoops://last/trades/other"))
        assert "xychart" in (await _text(agent, "algoops://last/chart/other"))
        assert "nothing of this name is deployed" in await agent("compare")

    ask(url, "ada", talk)
    assert world.store.tries.verify() is None

    async def others(agent):
        assert "nothing was checked yet" in await agent("findings")

    ask(url, "bob", others)


def test_a_budget_says_how_many_looks_at_the_sealed_bars_are_left(door):
    answer = HoldoutAnswer(content="c", state="agrees", looks_left=7)
    calm = passed_report("calm").model_copy(update={"holdout": answer})
    door.last = whole_report(calm, "branch/one", "a" * 40)
    assert "calm: 7 looks at the sealed bars were left" in looks.budget(door, "")


def test_a_strategy_beyond_the_bound_of_a_request_is_refused_with_the_reason(url):
    async def talk(agent):
        for _ in range(2):  # and the client can go on
            with pytest.raises(MCPError, match="larger than 1048576 bytes"):
                await agent("check", folder="strategies/x", files={"a.py": "x" * (3 << 20)})
        return await agent("leaderboard")

    assert ask(url, "ada", talk) == "Nothing is deployed yet."
    assert run(forwarder(url, SECRETS["ada"]), talk) == "Nothing is deployed yet."


LONG = "LONG"
"""Stands for 60 kB in the requests below."""


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    st.sampled_from([*sorted(SPEC_CLIENT_METHODS), "tools/nothing", LONG]),
    st.dictionaries(
        st.sampled_from(["name", "uri", "ref", "argument", "arguments", "cursor", "protocolVersion",
                         "level", "requestState", "capabilities", "clientInfo", LONG]),
        st.sampled_from([LONG, f"algoops://last/chart/{LONG}", "check", "wait", 1, [LONG] * 9,
                         {"name": LONG, "value": LONG}, {"branch": LONG}, {LONG: LONG}]),
    ),
    st.sampled_from(["2026-07-28", "2025-06-18", LONG]),
)  # fmt: skip
def test_no_request_gets_a_longer_answer_than_an_agent_can_take(url, method, params, version):
    short = lambda text: text.replace(LONG, "x" * 900) if isinstance(text, str) else ""  # noqa: E731
    if version != "2025-06-18":  # this protocol repeats some in headers, which are never so long
        method, version = short(method), short(version)
        params |= {key: short(params[key]) for key in ("name", "uri") if key in params}
    meta = {f"io.modelcontextprotocol/{key}": {} for key in ("clientCapabilities", "clientInfo")}
    meta |= {"io.modelcontextprotocol/protocolVersion": version}
    headers = {
        "Authorization": f"Bearer {SECRETS['ada']}",
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "Mcp-Protocol-Version": short(version),
        "Mcp-Method": short(method),
        "Mcp-Name": short(params.get("name", params.get("uri", ""))),
    }
    document = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params | {"_meta": meta}}
    body = json.dumps(document).replace(LONG, "x" * 60_000)
    answer = httpx.post(f"{url}/mcp", content=body, headers=headers)
    assert tokens(answer.text) <= 1.2 * MAX_TOKENS, answer.text[:500]  # JSON's own signs


def _envelope(version):
    keys = {"protocolVersion": version, "clientCapabilities": {}}
    return {"_meta": {f"io.modelcontextprotocol/{key}": value for key, value in keys.items()}}


FIRST = ("tools/list", _envelope("2026-07-28"))
SHAKE = {"protocolVersion": LONG, "capabilities": {}, "clientInfo": {"name": LONG, "version": "1"}}


@pytest.mark.parametrize(
    "requests",
    [
        [("tools/list", _envelope(LONG))],
        [FIRST, ("initialize", SHAKE)],
        [FIRST, (LONG, _envelope("2026-07-28"))],
        [("initialize", SHAKE)],
        [(LONG, {})],
        [("initialize", {**SHAKE, "protocolVersion": {LONG: LONG}})],
    ],
)
def test_no_request_over_standard_input_is_repeated_at_length(server, requests):
    async def talk():
        send, asked = anyio.create_memory_object_stream(9)
        answered, receive = anyio.create_memory_object_stream(9)
        async with anyio.create_task_group() as group:
            group.start_soon(serve, server._lowlevel_server, asked, answered)
            for number, (method, params) in enumerate(requests):
                document = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
                text = json.dumps(document).replace(LONG, "x" * 60_000)
                await send.send(SessionMessage(jsonrpc_message_adapter.validate_json(text)))
                answer = (await receive.receive()).message.model_dump_json(exclude_unset=True)
                assert tokens(answer) <= 1.2 * MAX_TOKENS, answer[:500]
            await send.aclose()
            group.cancel_scope.cancel()

    in_a_loop(talk)


def test_a_body_beyond_the_servers_bound_is_refused_before_it_is_read(url):
    with closing(HTTPConnection(url.removeprefix("http://"))) as connection:
        connection.putrequest("POST", "/mcp")
        connection.putheader("Authorization", f"Bearer {SECRETS['ada']}")
        connection.putheader("Content-Length", str(2 << 20))
        connection.endheaders()
        assert connection.getresponse().status == 413


async def _text(agent, uri):
    return (await agent.client.read_resource(uri)).contents[0].text


def test_rules_are_those_that_hold_on_the_base_branch(stage, url, service):
    document = yaml.safe_load(stage.config.read_text())
    document["repositories"][0]["policies"] = "rules"
    stage.config.write_text(yaml.safe_dump(document))
    settings = load(stage.config, env=ENV)
    service.use(reread(service._world, service.settings, lambda: settings).world, settings)

    async def talk(agent):
        return await agent("rules", topic="gates")

    assert "never-idle" not in ask(url, "ada", talk)
    stage.author.start("main")
    (stage.author.folder / "rules").mkdir()
    gate = "{id: never-idle, metric: exposure_pct, op: '>=', value: 90}"
    (stage.author.folder / "rules" / "risk.yaml").write_text(f"gates: [{gate}]\n")
    stage.author.push("main", "Never idle")
    assert "never-idle (fails): exposure_pct >= 90" in ask(url, "ada", talk)


def test_checks_of_an_agent_are_bounded_within_an_hour_as_its_pushes_are(stage, world_on):
    document = yaml.safe_load(with_authors(stage.config).read_text())
    document["repositories"][0]["proposals"] = {"checks_an_hour": {"agent": 1}}
    stage.config.write_text(yaml.safe_dump(document))
    service = Service(world_on(stage.config), load(stage.config, env=ENV))
    doors = [service.door(name, "") for name in SECRETS]
    for door in doors:
        subject = door.subject("strategies/calm", {"strategy.yaml": "nothing"})
        assert door.check(subject, lambda *_: None, threading.Event()).verdict == "failed"
        with pytest.raises(AlgoOpsError, match="1 check within an hour"):
            door.check(subject, lambda *_: None, threading.Event())


# --- submitting ------------------------------------------------------------------------------------


def test_a_submit_changes_one_folder_in_its_authors_name_and_nothing_else(server, world, stage):
    async def talk(agent):
        return await agent("submit", folder="strategies/calm", message="Calm\x1b\n\nCo: x")

    assert run(server, talk).startswith("Submitted")
    watched = world.repository("demo")
    proposal = watched.forge.proposal("branch/agents/ada/calm")
    assert (proposal.author, proposal.actor) == ("ada", "ada@agents.invalid")
    changed = stage.git("diff", "--name-only", "main", proposal.head).split()
    assert changed == ["strategies/calm/strategy.yaml"]
    assert stage.git("fsck", "--strict", "--no-dangling") == ""


def test_what_was_landed_meanwhile_is_the_ground_of_the_next_submit(server, door, world, stage):
    async def talk(agent):
        return await agent("submit", folder="strategies/calm")

    run(server, talk)
    head = stage.git("rev-parse", "refs/heads/agents/ada/calm")
    stage.git("update-ref", "refs/heads/main", head)
    assert "nothing to change" in run(server, talk)
    put(door._root / "strategies" / "second", files_of("second"))

    async def second(agent):
        return await agent("submit", folder="strategies/second", branch="calm")

    assert run(server, second).startswith("Submitted")
    assert stage.git("rev-parse", "refs/heads/agents/ada/calm^") == head


def test_two_submits_at_once_lose_nothing_that_was_acknowledged(door, stage):
    """Whoever comes second is told so, or stands on the first; the branch never drops a commit."""
    for number in range(6):
        folders = [f"strategies/s{number}{side}" for side in "ab"]
        for folder in folders:
            put(door._root / folder, files_of(Path(folder).name))
        start, made, refused = threading.Barrier(2), [], []

        def one(folder, branch=f"race{number}", start=start, made=made, refused=refused):
            start.wait()
            try:
                made.append(submit(door, door.subject(folder, {}), branch, ""))
            except AlgoOpsError as error:
                refused.append(str(error))

        threads = [threading.Thread(target=one, args=(folder,)) for folder in folders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(made) + len(refused) == 2
        assert made
        kept = stage.git("rev-list", f"refs/heads/agents/ada/race{number}").split()
        assert {m.commit for m in made} <= set(kept)
        assert all("came first" in r for r in refused)


def test_a_submit_that_comes_second_to_a_new_branch_is_told_of_the_first(door, stage, monkeypatch):
    """Whatever the forge then says of the branch, nobody has to delete or land anything."""
    forge = door.bot().watched.forge
    put(door._root / "strategies" / "second", files_of("second"))
    first = submit(door, door.subject("strategies/calm", {}), "new", "")
    monkeypatch.setattr(forge, "tip", lambda _branch: "")  # as it was a moment before
    with pytest.raises(UserError, match="another submit to agents/ada/new came first"):
        submit(door, door.subject("strategies/second", {}), "new", "")
    assert stage.git("rev-parse", "refs/heads/agents/ada/new") == first.commit


@pytest.mark.parametrize(
    ("folder", "files", "says"),
    [
        ("strategies/x", {"../../policies/risk.yaml": "gates: []"}, "refused"),
        ("../policies", {"risk.yaml": ""}, "is refused"),
        ("/etc", {"passwd": ""}, "an absolute path is refused"),
        ("strategies/x", {".git/hooks/post-update": "#!/bin/sh"}, "refused"),
        ("strategies/x", {}, "no files"),
        ("strategies/x-y", {"strategy.yaml": ""}, "no name for a strategy"),
        ("strategies/x", {"a" * 300: ""}, "refused"),
        ("strategies/x", {f"f{n}.py": "" for n in range(500)}, "more than 200 files"),
        ("strategies/x", {"big": "x" * 900_000, "link": "\ud800"}, "Submitted"),
    ],
)
def test_a_submit_can_reach_nothing_outside_of_its_strategys_folder(
    folder, files, says, url, stage
):
    before = stage.git("for-each-ref")

    async def talk(agent):
        if "link" in files:  # the client itself can't send a lone surrogate
            return await agent("submit", folder=folder, files={"big": files["big"]})
        return await agent("submit", folder=folder, files=files)

    said = ask(url, "ada", talk)
    assert says in said
    if says != "Submitted":
        assert stage.git("for-each-ref") == before


def test_work_of_another_author_is_refused_by_every_tool(url, service, stage):
    async def ada(agent):
        await agent("submit", folder="strategies/calm", files=files_of("calm"))
        reported(service._world, "agents/ada/calm")
        return await agent("findings", branch="calm")

    assert ask(url, "ada", ada).startswith("PASSED")
    head = stage.git("rev-parse", "refs/heads/agents/ada/calm")
    run_id = service.store.runs.list(limit=1)[0].id

    async def bob(agent):
        theirs = "agents/ada/calm"
        for tool in ("findings", "wait", "compare", "budget"):
            assert "is not yours" in await agent(tool, branch=theirs), tool
        files = files_of("calm", version="6.6.6")
        assert "is not yours" in await agent(
            "submit", folder="strategies/calm", files=files, branch=theirs
        )
        with pytest.raises(Exception, match="you have no run"):
            await _text(agent, f"algoops://{run_id}/trades/calm")
        with pytest.raises(Exception, match="you have no run"):
            await _text(agent, "algoops://9223372036854775808/trades/calm")

    ask(url, "bob", bob)
    assert stage.git("rev-parse", "refs/heads/agents/ada/calm") == head


# --- what no agent may -----------------------------------------------------------------------------


def refused_over_http(url, method, path, body=None):
    """The server's answer to an author's token anywhere but at the tools."""
    headers = {"Authorization": f"Bearer {SECRETS['ada']}"}
    return httpx.request(method, f"{url}{path}", headers=headers, json=body).status_code == 403


def test_agent_that_edits_a_policy_through_the_door_gets_a_refusal(url, service, stage):
    before = stage.git("for-each-ref")
    policies = service.settings.policies
    kept = {file: file.read_bytes() for file in policies.rglob("*.yaml")}
    tries = [
        ("../policies", {"risk.yaml": "gates: []"}),
        ("policies/risk", {"../../policies/risk.yaml": "gates: []"}),
        (str(policies), {"risk.yaml": "gates: []"}),
        ("strategies/calm", {"../../../policies/risk.yaml": "gates: []"}),
    ]

    async def talk(agent):
        for folder, files in tries:
            for tool in ("check", "submit"):
                assert "refused" in await agent(tool, folder=folder, files=files)

    ask(url, "ada", talk)
    assert {file: file.read_bytes() for file in policies.rglob("*.yaml")} == kept
    assert stage.git("for-each-ref") == before


def test_agent_that_deploys_through_the_door_gets_a_refusal(url, service, stage):
    async def talk(agent):
        await agent("submit", folder="strategies/calm", files=files_of("calm"))
        for tool in ("deploy", "promote", "rollback", "adopt", "restore"):
            assert f"Unknown tool: {tool}" in await agent(tool, name="calm")
        for branch in ("main", "refs/heads/main", "../main"):
            said = await agent(
                "submit", folder="strategies/calm", files=files_of("calm"), branch=branch
            )
            assert "refs/heads/main" not in said

    base = stage.git("rev-parse", "main")
    ask(url, "ada", talk)
    reported(service._world, "agents/ada/calm")
    for path, body in (
        ("/api/production/strategies/calm/deploy/", {"ref": "agents/ada/calm"}),
        ("/api/production/strategies/calm/rollback/", {"reason": "x"}),
        ("/api/v1/strategies/calm/promote", {}),
        ("/api/v1/strategies/calm/drift", {"answer": "adopt"}),
    ):
        assert refused_over_http(url, "POST", path, body)
    assert stage.git("rev-parse", "main") == base
    assert service.store.deployments.list() == []


def test_agent_that_lifts_a_hold_through_the_door_gets_a_refusal(url, service):
    async def talk(agent):
        await agent("submit", folder="strategies/calm", files=files_of("calm"))
        assert "Unknown tool: unhold" in await agent("unhold", name="calm", version="1.0.0")

    ask(url, "ada", talk)
    service.store.holds.hold("demo", "calm", "1.0.0", "op", "too wild")
    lift = {"version": "1.0.0", "reason": "it is fine"}
    assert refused_over_http(url, "POST", "/api/v1/strategies/calm/holds/lift", lift)
    assert service.store.holds.active("demo", "calm", "1.0.0") is not None


def test_agent_that_reads_the_holdout_through_the_door_gets_a_refusal(url, service):
    async def talk(agent):
        await agent("submit", folder="strategies/calm", files=files_of("calm"))
        assert "Unknown tool: holdout" in await agent("holdout", strategy="calm")
        for uri in ("algoops://holdout", "algoops://last/holdout/calm", "algoops://1/looks/calm"):
            with pytest.raises(Exception, match="Unknown resource"):
                await _text(agent, uri)

    ask(url, "ada", talk)
    assert refused_over_http(url, "GET", "/api/v1/holdout")


def test_agent_that_uses_another_authors_budget_through_the_door_gets_a_refusal(url, service):
    """Neither seen nor spent: not their count of tries, not their places, not their rate."""

    async def ada(agent):
        await agent("submit", folder="strategies/calm", files=files_of("calm"))

    ask(url, "ada", ada)

    async def bob(agent):
        assert "is not yours" in await agent("budget", branch="agents/ada/calm")
        said = await agent(
            "submit", folder="strategies/calm", files=files_of("calm"), branch="agents/ada/calm"
        )
        assert "is not yours" in said
        await agent("check", folder="strategies/other", files=files_of("other"))

    ask(url, "bob", bob)
    jobs = service.store.jobs
    assert jobs.waiting_for("check", "branch/agents/ada/calm", "demo") is None


# --- hostile folders and clients -------------------------------------------------------------------


def test_folders_with_links_or_thousands_of_files_are_refused_in_a_short_answer(server, folder):
    strategies = folder / "strategies"
    (strategies / "etc").symlink_to("/etc")
    (folder / "elsewhere").symlink_to(strategies)
    put(strategies / "inside", files_of("inside"))
    (strategies / "inside" / "passwd").symlink_to("/etc/passwd")
    put(strategies / "many", files_of("many"))
    for number in range(10_000):
        (strategies / "many" / f"f{number}").touch()

    async def talk(agent):
        for tool in ("check", "submit"):
            for path in ("strategies/etc", "elsewhere/calm", "strategies/etc/ssl"):
                assert "passes a link" in await agent(tool, folder=path)
            assert "not a plain file" in await agent(tool, folder="strategies/inside")
            assert "more than 200 files" in await agent(tool, folder="strategies/many")
        assert "root:" not in await agent("findings")

    run(server, talk)


def test_a_folder_by_its_absolute_path_is_found_below_the_working_folder_and_nowhere_else(
    server, folder
):
    async def talk(agent):
        for path in (folder / "strategies" / "calm", "./strategies/calm", "strategies/calm/"):
            assert "Submitted" in await agent("submit", folder=str(path), message=f"by {path}")
            (folder / "strategies" / "calm" / "NOTES.md").write_text(str(path))  # a next change
        for path in ("/etc/ssl", f"{folder}/../work2", str(folder.parent)):
            said = await agent("check", folder=path)
            assert "an absolute path is refused" in said or "`..` are not allowed" in said

    run(server, talk)


def test_a_huge_input_is_refused_in_a_short_answer(url):
    async def talk(agent):
        assert "at most 1024 characters" in await agent("check", folder="x" * 500_000, files={})
        wrong = {f"k{n}": {"a": n} for n in range(3_000)}
        assert "validation error" in await agent("check", folder="strategies/x", files=wrong)
        assert "no topic or rule" in await agent("rules", topic="\x1b[31m" + "x" * 90)
        assert "Nothing is deployed" in await agent("leaderboard", page=9_999)

    ask(url, "ada", talk)


def test_a_client_that_vanishes_while_it_waits_leaves_nothing_behind(url, service):
    async def talk(agent):
        await agent("submit", folder="strategies/calm", files=files_of("calm"))
        for _ in range(20):  # more than one author may wait at once: each gives its place back
            with anyio.move_on_after(0.3):
                await agent("wait", branch="calm", seconds=300)

    ask(url, "ada", talk)

    async def again(agent):
        with anyio.fail_after(60):  # the server hears of a closed connection a moment later
            while True:
                said = await agent("wait", branch="calm", seconds=0.1)
                if "under way already" not in said:
                    return said

    assert "No verdict yet" in ask(url, "ada", again)


def test_the_check_of_a_client_that_vanishes_is_stopped(url, service):
    """One sandbox works for both: had the first gone on, its backtest would be counted."""

    async def talk(agent):
        with anyio.move_on_after(1):
            await agent("check", folder="strategies/gone", files=files_of("gone"))
        slower = files_of("stays", **{"default: 50": "default: 60"})
        assert "backtest" in await agent("check", folder="strategies/stays", files=slower)
        return await agent("budget")

    assert ask(url, "ada", talk).startswith("1 ")


def test_clients_that_vanish_from_their_checks_get_no_more_of_them_at_a_time(url, monkeypatch):
    begun, left, over = threading.Semaphore(0), threading.Semaphore(0), threading.Event()

    def slow(_door, _subject, _tell, cancelled):
        begun.release()
        assert over.is_set() or cancelled.wait(60)
        left.release()
        assert over.wait(60)
        raise UserError("it is over")

    monkeypatch.setattr(AuthorDoor, "check", slow)

    async def talk(agent):
        async def check():
            return await agent("check", folder="strategies/calm", files=files_of("calm"))

        for _ in range(2):
            async with anyio.create_task_group() as client:
                client.start_soon(check)
                assert await anyio.to_thread.run_sync(begun.acquire, True, 60)  # noqa: FBT003
                client.cancel_scope.cancel()
            assert await anyio.to_thread.run_sync(left.acquire, True, 60)  # noqa: FBT003
        assert "2 requests of yours are under way already" in await check()
        over.set()
        with anyio.fail_after(60):
            while "it is over" not in (said := await check()):
                assert "under way already" in said

    ask(url, "ada", talk)


def test_without_the_sdk_an_authors_token_keeps_the_daemon_from_starting(stage, monkeypatch):
    monkeypatch.setitem(sys.modules, "mcp", None)  # as where it is not installed
    assert [str(error) for _, error in refusals(load(stage.config, env=ENV))] == []
    found = [str(error) for _, error in refusals(load(with_authors(stage.config), env=ENV))]
    assert len(found) == 1
    assert "the package mcp is not installed (pip install 'algoops[agents]')" in found[0]


# --- who may ---------------------------------------------------------------------------------------


def test_only_an_authors_token_opens_the_tools_and_it_opens_nothing_else(url, service):
    with closing(httpx.Client(base_url=url)) as client:

        def status(path, secret="", method="POST", **more):
            headers = {"Authorization": f"Bearer {secret}"} if secret else {}
            return client.request(method, path, headers=headers, **more).status_code

        assert status("/mcp", json={}) == 401
        assert status("/mcp", "wrong", json={}) == 401
        assert status("/mcp", SECRETS["ada"], method="GET") == 405
        assert status("/mcp", SECRETS["ada"], method="DELETE") == 405
        assert status("/api/v1/strategies", SECRETS["ada"], method="GET") == 403
        assert status("/api/production/strategies/calm/deploy/", SECRETS["ada"], json={}) == 403
        assert status("/api/production/strategies/calm/rollback/", SECRETS["ada"], json={}) == 403
        assert status("/login", data={"token": SECRETS["ada"]}) == 401


# --- a bot elsewhere, over standard input and output -----------------------------------------------


def forwarder(url, secret):
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "bot", "mcp", "--url", url],
        env={"PYTHONPATH": str(PROJECT), "ALGOOPS_TOKEN": secret},
    )


def test_the_command_passes_on_to_a_bot_elsewhere_what_an_agent_asks(url, service):
    async def talk(agent):
        await _looked_over(agent)
        said = await agent("submit", folder="strategies/calm", files=files_of("calm"))
        assert "(branch/agents/ada/calm)" in said
        assert "is not yours" in await agent("findings", branch="agents/bob/calm")
        reported(service._world, "agents/ada/calm")
        assert (await agent("wait", branch="calm")).startswith("PASSED")
        told = await agent("check", folder="strategies/calm", files=files_of("calm"))
        assert "backtest" in told
        assert "entry_time" in await _text(agent, "algoops://last/trades/calm")

    run(forwarder(url, SECRETS["ada"]), talk)
    assert {row.actor for row in service.store.audit.list(event="agent.", limit=9)} == {"agent:ada"}


@pytest.mark.parametrize(
    ("where", "secret", "says"),
    [
        ("{url}", "not a token", "does not take the token"),
        ("{url}", "", "ALGOOPS_TOKEN is not set"),
        ("http://127.0.0.1:9", "x", "does not answer"),
        ("http://algoops.example.com", "x", "unencrypted"),
        ("ftp://x", "x", "is no address of a bot"),
    ],
)
def test_a_bot_elsewhere_that_can_not_be_asked_is_told_in_one_sentence(
    url, where, secret, says, monkeypatch
):
    monkeypatch.setenv("ALGOOPS_TOKEN", secret)
    with ThreadPoolExecutor(1) as threads:  # a browser's loop may run in this one
        ended = threads.submit(in_process, "mcp", "--url", where.format(url=url)).result()
    assert ended.returncode != 0
    assert says in ended.stderr.decode()
    assert secret in {"", "x"} or secret not in ended.stderr.decode()


def test_a_bot_elsewhere_that_goes_away_is_an_error_and_can_be_asked_again_when_it_is_back(
    url, service
):
    """The connection is lost under an agent's hands: it is told, and the same session goes on."""
    port = int(url.rpartition(":")[2])
    settings = service.settings

    async def lost(agent):
        for _ in range(2):
            with anyio.fail_after(60), pytest.raises(MCPError, match="does not answer"):
                await agent("rules", topic="code")

    async def talk(agent):
        for restart in range(3):
            http = HttpServer(create_app(service), settings.model_copy(update={"server": there}))
            http.start()
            with anyio.fail_after(60):
                assert "endless-loop" in await agent("rules", topic="code")
            async with anyio.create_task_group() as group:
                if restart:  # under way when the bot stops
                    group.start_soon(waits, agent)
                    await anyio.wait_all_tasks_blocked()
                await anyio.to_thread.run_sync(http.stop)
            await lost(agent)

    async def waits(agent):
        with anyio.fail_after(60), pytest.raises(MCPError):
            await agent("wait", branch="calm", seconds=300)

    first = HttpServer(create_app(service), settings)
    first.start()
    there = settings.server.model_copy(update={"port": first.port})
    assert first.port != port

    async def main(agent):
        said = await agent("submit", folder="strategies/calm", files=files_of("calm"))
        assert said.startswith("Submitted")
        await anyio.to_thread.run_sync(first.stop)
        await lost(agent)
        await talk(agent)

    run(forwarder(f"http://127.0.0.1:{first.port}", SECRETS["ada"]), main)
