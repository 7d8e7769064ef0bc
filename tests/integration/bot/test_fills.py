"""A broker's fills, imported beside the sealed record of a deployed strategy."""

import json
import sqlite3

import pytest
from starlette.testclient import TestClient

from bot.config.settings import load
from bot.daemon.service import Service
from bot.server.app import create_app
from tests.orders_support import CODE, Ground

EVERY_BAR = (
    CODE[: CODE.index("        close = ")]
    + """
        if self.position:
            self.position.close()
        else:
            self.buy(size=.5)
"""
)
HEAD = "time,symbol,side,size,price,fee,order id\n"


def _deployed(stage, world):
    """One strategy that trades at every bar; ten bars came since its deploy."""
    ground = Ground(stage, world, stage.folder / "bars")
    ground.write(ground.bars(50))
    ground.deploy("one", code=EVERY_BAR)
    ground.look()
    ground.write(ground.whole)
    ground.look()


PASTS = {"live": _deployed}


@pytest.fixture
def live(stage, world):
    return Ground(stage, world, stage.folder / "bars")


def noted(ground, name="one"):
    """Each fill of the account since the deploy, with its bar and what the floors take of it."""
    return [
        (row, one["fill"], one["floor"])
        for row in ground.record(name)
        if row.counts
        for one in json.loads(row.fills)
    ]


def lines(ground, worse=0.001):
    """What a broker with a smaller account would tell, at worse prices, at 14:30."""
    text = HEAD
    for number, (row, fill, _) in enumerate(noted(ground)):
        sign = 1 if fill["side"] == "buy" else -1
        price = fill["price"] * (1 + sign * worse)
        text += f"{row.time[:10]}T14:30:00Z,AAA,{fill['side']},3,{price:.6f},0.1,x-{number}\n"
    return text


def imported(ground, text, *more):
    file = ground.folder / "fills.txt"
    file.write_text(text)
    return ground.stage.algoops("fills", "import", str(file), *more)


def test_what_the_account_filled_is_sealed_with_the_floors_of_the_policy(live):
    found, floors = noted(live), live.world.bench.policies.risk.floors
    assert len(found) >= 9
    assert [row.fills for row in live.record("one") if not row.counts] != [""]
    for row, fill, floor in found:
        value = fill["size"] * fill["quoted"]
        assert fill["time"] == row.time
        assert fill["quoted"] == pytest.approx(json.loads(row.prices)["Open"])
        share = floors.commission_pct + floors.slippage * fill["opens"]
        assert floor == pytest.approx(share * value)


def test_fills_are_paired_and_told_by_command_line_over_http_and_on_the_page(live):
    done = imported(live, lines(live))
    assert done.returncode == 0, done.stderr
    count = len(noted(live))
    assert f"{count} of {count} fills are new." in done.stdout
    assert f"{count} paired, 0 missed, 0 extra; slippage +0.100 %" in done.stdout
    assert "above the floors" in done.stdout
    shown = live.stage.algoops("fills", "show", "one")
    assert shown.stdout.count(": slippage +0.100 %") == count
    (told,) = json.loads(live.stage.algoops("fills", "show", "one", "--format", "json").stdout)[
        "executions"
    ]
    with TestClient(
        create_app(Service(live.world, load(live.stage.config))), base_url="http://127.0.0.1"
    ) as client:
        answer = client.get("/api/production/strategies/one/execution/").json()
        assert answer["executions"] == [told]
        assert client.get("/api/production/strategies/two/execution/").status_code == 404
        page = client.get("/strategies/one").text
    assert "Execution" in page
    assert page.count("+0.100 %") == count + 1


def test_same_file_twice_adds_nothing_and_equal_parts_of_an_order_stay(live):
    text = lines(live)
    last = text.splitlines(keepends=True)[-1]
    assert imported(live, text + last).returncode == 0
    again = imported(live, text + last)
    assert again.stdout.startswith("0 of ")
    fills = live.world.store.fills.of("demo", "one")["AAA"]
    assert len(fills) == len(noted(live)) + 1
    zone = text.replace("T14:30:00Z", " 16:30:00+02:00")
    assert imported(live, zone).stdout.startswith("0 of ")
    events = [row.details for row in live.world.store.audit.list(event="fills.imported")]
    told = live.stage.algoops("lifecycle", "one").stdout
    assert f"imported {len(fills)} fills of a broker, {len(fills)} of them new" in told
    assert sorted(one["added"] for one in events) == [0, 0, len(fills)]


def test_one_wrong_line_keeps_the_whole_file_out(live):
    done = imported(live, lines(live) + "2026-01-02,AAA,hold,1,1,0,\n")
    assert done.returncode == 2
    assert "side is 'hold': write buy or sell" in done.stderr
    assert "nothing was imported" in done.stderr
    assert live.world.store.fills.of("demo", "one") == {}


def test_fills_that_are_nobodys_or_of_two_strategies_are_asked_about(live):
    text = lines(live)
    assert (
        "no strategy has a record of orders on BBB"
        in imported(live, text.replace("AAA", "BBB")).stderr
    )
    live.deploy("two", code=EVERY_BAR)
    live.look()
    both = imported(live, text)
    assert (both.returncode, "AAA is traded by one, two" in both.stderr) == (2, True)
    assert imported(live, text, "--strategy", "two").returncode == 0
    assert live.world.store.fills.of("demo", "one") == {}
    named = "strategy," + text.splitlines()[0] + "\none," + text.splitlines()[1] + "\n"
    assert imported(live, named, "--strategy", "two").returncode == 0
    assert len(live.world.store.fills.of("demo", "one")["AAA"]) == 1


def test_kept_fills_cannot_be_changed(live):
    imported(live, lines(live))
    with sqlite3.connect(live.world.store.path) as raw:
        for statement in ("UPDATE fills SET price = 1", "DELETE FROM fills"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                raw.execute(statement)
