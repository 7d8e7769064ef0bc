"""The same figures on the page, over HTTP, on the command line and in the metrics."""

import json
import re
from collections import Counter

import pytest
import typer
import yaml
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from bot.cli import operate
from components.state import Lifecycle, VersionContent

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


@pytest.fixture
def filled(bot):
    """Deployed ones with updates: ready, failing, two of one strategy; and ones without any."""
    store = bot.store
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
        "ready": {"alpha pr/1", "beta pr/2", "fresh pr/5", "fresh pr/6"},
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
    assert tiles == {"Deployed": 3, "Ready": 4, "In progress": 1, "Failing": 1}
    for state, expected in filled.items():
        answer = client.get("/api/v1/strategies", params={"status": state}).json()
        assert rows(answer["items"], state) == expected
        assert answer["total"] == figures[state]
        page = client.get("/", params={"state": state}).text
        names = re.findall(
            r'<th scope="row" class="wide"><a href="[^"]+"><bdi title="(\w+)">', page
        )
        assert Counter(names) == Counter(row.split()[0] for row in expected)


def test_command_line_lists_and_counts_what_the_page_does(bot, filled, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump({"state": {"dir": str(bot.store.path.parent)}}))
    app = typer.Typer()
    operate.register(app)
    for state, expected in filled.items():
        words = ["status", "--state", state, "--format", "json", "--config", str(config)]
        assert rows(json.loads(CliRunner().invoke(app, words).stdout), state) == expected
    shown = CliRunner().invoke(app, ["status", "--config", str(config)]).stdout
    assert "1 archived, 3 deployed, 1 failed, 4 ready, 1 rolled_back, 1 testing" in shown


def test_no_state_lists_each_strategy_once(client, filled):
    answer = client.get("/api/v1/strategies").json()
    assert answer["total"] == len(answer["items"]) == 6
