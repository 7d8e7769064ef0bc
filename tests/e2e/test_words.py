"""A strategy that talks is heard while its run is at work: in the log and over HTTP."""

import json
import urllib.request

from components.schema.results.values import Verdict
from tests.e2e.conftest import wait_for

CHATTY = """from backtesting import Strategy


class Chatty(Strategy):
    def init(self):
        print("init says hello")

    def next(self):
        for _ in range(20_000):
            pass
        if len(self.data) == 10:
            print("ten bars")
"""
DEFINITION = """name: chatty
description: talks while it works
symbol: SPX
interval: 1d
period: 5y
"""


def test_words_of_a_job_are_seen_before_its_verdict(running):
    world = running

    def write(_author):
        world.write("strategies/chatty/strategy.yaml", DEFINITION)
        world.write("strategies/chatty/strategy.py", CHATTY)

    head = world.push("chatty", write)
    url = (world.stage.state / "url.txt").read_text().strip()

    def said():
        run = world.store.runs.latest("demo", "branch/chatty", head=head)
        if run is None:
            return None
        with urllib.request.urlopen(f"{url}/api/v1/runs/{run.id}") as answer:
            document = json.load(answer)
        assert document["report"] is None, "it ended before anybody heard it"
        lines = document["output"].get("chatty", [])
        return lines if any("ten bars" in line for line in lines) else None

    lines = wait_for(said, "its words over HTTP")
    assert any(line.startswith("chatty/") and "stdout: init says hello" in line for line in lines)
    report = world.report_of("chatty", head)
    assert report.verdict in {Verdict.PASSED, Verdict.FAILED}
    with urllib.request.urlopen(f"{url}/api/v1/runs/{report.run_id}") as answer:
        assert json.load(answer)["output"] == {}
