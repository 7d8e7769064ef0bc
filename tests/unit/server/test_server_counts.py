"""The same figures on the page, over HTTP, on the command line and in the metrics."""

import json
import re
from collections import Counter

import pytest
import typer
import yaml
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from bot.checks.backtests import name_of
from bot.cli import operate
from bot.server.text import percent
from components.schema.results.values import Contribution
from components.state import Lifecycle, VersionContent
from tests import server_support

PATH = (Lifecycle.VALIDATING, Lifecycle.TESTING)


def propose(store, name, proposal, *states, version="1.1.0"):
    store.strategies.propose(
        "local", name, actor="ann", reason="push", proposal=proposal, version=version
    )
    for state in (*PATH, *states):
        store.strategies.transition(
            "local", name, state, actor="bot", reason="why", proposal=proposal, version=version
        )


def land(store, name, version="1.0.0"):
    propose(store, name, f"branch/{name}-{version}", Lifecycle.READY, version=version)
    store.strategies.transition(
        "local",
        name,
        Lifecycle.DEPLOYED,
        actor="bot",
        reason="deploy",
        version=version,
        proposal=f"branch/{name}-{version}",
        content=VersionContent(tree="a" * 40),
    )


def portfolio(store):
    """A proposal with a strategy on two symbols, whose checks have passed."""
    made = server_support.passed_report("rotation")
    parts = tuple(
        Contribution(symbol=symbol, pnl=pnl, closed=pnl, open=0, trades=1, first="2015")
        for symbol, pnl in (("SPX", 30.0), ("IXIC", -10.0))
    )
    whole = name_of([part.symbol for part in parts])
    result = made.results[0].model_copy(update={"symbol": whole, "contributions": parts})
    made = made.model_copy(update={"results": (result,)})
    server_support.propose(store, made, "branch/rotate", "a" * 40)


@pytest.fixture
def filled(bot):
    """Deployed ones with updates: ready, failing, two of one strategy; ones without; a portfolio."""
    store = bot.store
    portfolio(store)
    for name in ("alpha", "beta", "gamma", "delta"):
        land(store, name)
    propose(store, "alpha", "pr/1", Lifecycle.READY)
    propose(store, "beta", "pr/2", Lifecycle.READY)
    propose(store, "beta", "pr/3", Lifecycle.FAILED, version="1.2.0")
    propose(store, "gamma", "pr/4")
    propose(store, "fresh", "pr/5", Lifecycle.READY)
    propose(store, "fresh", "pr/6", Lifecycle.READY, version="2.0.0")
    propose(store, "gone", "pr/7", Lifecycle.ARCHIVED)
    store.strategies.transition(
        "local", "delta", Lifecycle.ROLLED_BACK, actor="bot", reason="loses", version="1.0.0"
    )
    return {
        "deployed": {"alpha", "beta", "gamma"},
        "ready": {"alpha pr/1", "beta pr/2", "fresh pr/5", "fresh pr/6", "rotation branch/rotate"},
        "failed": {"beta pr/3"},
        "testing": {"gamma pr/4"},
        "archived": {"gone"},
        "rolled_back": {"delta"},
    }


def rows(items, state):
    proposed = state in {"ready", "failed", "testing"}
    return {f"{row['name']} {row['proposal']}" if proposed else row["name"] for row in items}


def test_each_place_counts_and_lists_the_same(bot, client, filled, tmp_path):
    figures = {state: len(expected) for state, expected in filled.items()}
    metrics = {f.name: f for f in text_string_to_metric_families(client.get("/metrics").text)}
    assert {s.labels["state"]: s.value for s in metrics["algoops_strategies"].samples} == figures
    index = client.get("/").text
    tiles = dict(
        zip(
            re.findall(r'<span class="dot \w+"></span>([\w ]+)</span>', index),
            map(int, re.findall(r'<span class="value">(\d+)</span>', index)),
            strict=True,
        )
    )
    assert tiles == {"Deployed": 3, "Ready": 5, "In progress": 1, "Failing": 1}
    for state, expected in filled.items():
        answer = client.get("/api/v1/strategies", params={"status": state}).json()
        assert rows(answer["items"], state) == expected
        assert answer["total"] == figures[state]
        page = client.get("/", params={"state": state}).text
        names = re.findall(
            r'<th scope="row" class="wide"><a href="[^"]+"><bdi title="(\w+)">', page
        )
        assert Counter(names) == Counter(row.split()[0] for row in expected)


@pytest.fixture
def told(bot, tmp_path):
    """Asks `algoops status` about the same database."""
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump({"state": {"dir": str(bot.store.path.parent)}}))
    app = typer.Typer()
    operate.register(app)
    return lambda *words: (
        CliRunner().invoke(app, ["status", *words, "--config", str(config)]).stdout
    )


def test_command_line_lists_and_counts_what_the_page_does(filled, told):
    for state, expected in filled.items():
        assert rows(json.loads(told("--state", state, "--format", "json")), state) == expected
    assert "1 archived, 3 deployed, 1 failed, 5 ready, 1 rolled_back, 1 testing" in told()


def test_figures_of_each_row_are_the_same_in_each_place(client, filled, told):
    listed = client.get("/api/v1/strategies").json()["items"]
    said = {row["name"]: row["figures"] for row in json.loads(told("--format", "json"))}
    figures = {row["name"]: row["figures"] for row in listed}
    assert figures.keys() == said.keys()
    for name, shown in figures.items():
        assert shown.items() <= said[name].items()
    (run,) = client.get("/api/v1/runs", params={"strategy": "rotation"}).json()["items"]
    report = client.get(f"/api/v1/runs/{run['id']}").json()["report"]
    metrics = report["strategies"][0]["results"][0]["metrics"]
    for name in ("return_pct", "sharpe", "max_drawdown_pct", "trades"):
        assert figures["rotation"][name] == metrics[name], name
    for page in ("/", "/?state=ready", "/strategies/rotation"):
        assert percent(metrics["return_pct"]) in client.get(page).text, page


def test_no_state_lists_each_strategy_once(client, filled):
    answer = client.get("/api/v1/strategies").json()
    assert answer["total"] == len(answer["items"]) == 7
