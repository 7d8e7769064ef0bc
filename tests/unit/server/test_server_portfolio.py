"""A portfolio on the pages: what each symbol brought, orders of its account, the same figures."""

import json
import re

import pytest
import typer
import yaml
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from bot.checks.backtests import name_of
from bot.cli import operate, orders
from components.schema.results.values import Contribution
from components.state.tables.forward import ForwardTrack, OrderState, Sealed
from tests.server_support import REPOSITORY, deploy, passed_report, propose

HTML = {"accept": "text/html"}
SYMBOLS = tuple(f"S{number:02}" for number in range(50))
NAME = name_of(SYMBOLS)


def brought(number):
    """The larger the number, the larger profit or loss."""
    pnl = (-1) ** number * 100.0 * number
    return Contribution(symbol=SYMBOLS[number], pnl=pnl, closed=pnl, open=0, trades=1, first="2015")


def sealed(bar, equity):
    wanted = [
        {"side": "buy", "size": 3.0, "share": None, "kind": "market", "purpose": "open",
         "limit": None, "stop": None, "sl": None, "tp": None, "tag": None,
         "symbol": symbol, "target": 0.02}
        for symbol in SYMBOLS
    ]  # fmt: skip
    held = json.dumps(dict.fromkeys(SYMBOLS, 5.0))
    time = f"2026-11-{bar:02}T00:00:00"
    return Sealed(
        bar, time, "k", "d", "{}", json.dumps(wanted), "sha", 0.0, equity, "e", "i", "m",
        counts=bar > 1, published=True, fills="[]", positions=held,
    )  # fmt: skip


@pytest.fixture
def run(bot):
    """A deployed portfolio of fifty symbols, with an order for each; the number of its run."""
    made = passed_report("rotation")
    (one,) = made.results
    parts = tuple(map(brought, range(50)))
    result = one.model_copy(update={"symbol": NAME, "contributions": parts})
    made = made.model_copy(update={"results": (result,)})
    number = propose(bot.store, made, "branch/rotate", "a" * 40)
    deploy(bot.store, made, "c" * 40, number)
    landed = bot.store.deployments.current(REPOSITORY, "rotation")
    track = ForwardTrack(
        0, landed.id, REPOSITORY, "rotation", "1.0.0", NAME, "1d", "", "m", "deployed",
        symbols=SYMBOLS,
    )  # fmt: skip
    number_of = bot.store.forward.begin(track)
    bot.store.forward.seal(number_of, [sealed(1, 10_000.0), sealed(2, 10_100.0)])
    bot.store.forward.stand(
        OrderState(
            REPOSITORY, "rotation", NAME, "1d", landed.id, "1.0.0", 1, number_of, symbols=SYMBOLS
        )
    )
    return number


def test_largest_profits_and_losses_stand_first_and_the_rest_is_folded(client, run):
    for path in ("/strategies/rotation", f"/runs/{run}"):
        page = client.get(path, headers=HTML).text
        part = page[page.index("What each symbol brought") :]
        symbols = re.findall(r'<th scope="row" class="nowrap">(S\d\d)</th>', part)
        assert symbols == list(reversed(SYMBOLS))
        first, _, rest = part.partition("38 more symbols with smaller profits and losses")
        assert "S38</th>" in first
        assert "S37</th>" in rest
    sheet = client.get(f"/runs/{run}/sheet", headers=HTML).text
    assert sheet.index("S49</th>") < sheet.index("S48</th>") < sheet.index("S01</th>")


def test_orders_of_many_symbols_are_folded(client, run):
    page = client.get("/strategies/rotation", headers=HTML).text
    assert "S11: buy 3 (to 2 % of the equity) at the next open<details>" in page
    assert page.count("<summary>38 more</summary>") == 2, "orders and positions"
    assert "S49 5" in page


def test_figures_of_a_portfolio_are_the_same_in_each_place(bot, client, run, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump({"state": {"dir": str(bot.store.path.parent)}}))
    app = typer.Typer()
    for module in (operate, orders):
        module.register(app)

    def told(*words):
        return json.loads(CliRunner().invoke(app, [*words, "--config", str(config)]).stdout)

    (listed,) = client.get("/api/v1/strategies").json()["items"]
    (said,) = told("status", "--format", "json")
    own = client.get(f"/api/v1/runs/{run}").json()["report"]["strategies"][0]["results"][0]
    for name in ("return_pct", "sharpe", "max_drawdown_pct", "trades"):
        assert listed["figures"][name] == said["figures"][name] == own["metrics"][name], name
    page = client.get("/strategies/rotation", headers=HTML).text
    assert f"{own['metrics']['return_pct']:.1f}" in page
    assert f"{own['metrics']['return_pct']:.1f}" in client.get("/", headers=HTML).text
    answer = client.get("/api/production/strategies/rotation/orders/").json()
    assert answer["sheets"] == told("orders", "rotation", "--format", "json")["orders"]
    (sheet,) = answer["sheets"]
    assert (sheet["position"], len(sheet["orders"]), len(sheet["positions"])) == (None, 50, 50)
    found = {f.name: f for f in text_string_to_metric_families(client.get("/metrics").text)}
    counts = {s.labels["state"]: s.value for s in found["algoops_orders"].samples}
    assert counts == {"published": 1, "withheld": 0, "not_taken": 0, "not_as_sealed": 0}
