"""A run that waits for the sandbox says so, with its place, on its page and over HTTP."""

from components.schema.results.report import CheckResult
from components.schema.results.values import CheckName, Outcome
from components.state.tables.turns import SANDBOX


def queued(store, proposal, author):
    """The check of a proposal, after its first stage."""
    store.jobs.enqueue("check", proposal, "local", {}, author=author)
    job = store.jobs.lease("w", 60)
    store.jobs.advance(job.id, "w", SANDBOX, 6_000)


def test_waiting_run_shows_its_place_and_what_is_done(bot, client, ids):
    number = ids["running"]
    passed = CheckResult(name=CheckName.SCHEMA, outcome=Outcome.PASSED, summary="", duration_s=0.1)
    bot.store.runs.check(number, "breakout", passed)
    assert "Waits for the sandbox" not in client.get(f"/runs/{number}").text
    queued(bot.store, "pr/9", "bob")
    queued(bot.store, "pr/5", "ann")
    page = client.get(f"/runs/{number}").text
    assert "<strong>Waits for the sandbox:</strong> place 2 of 2." in page
    assert "Queued" in page
    assert "at work" not in page
    answer = client.get(f"/api/v1/runs/{number}").json()
    assert answer["queue"] == {"place": 2, "of": 2, "seconds": None}
    assert client.get(f"/api/v1/runs/{ids['ready']}").json()["queue"] is None


def test_run_at_work_has_no_place(bot, client, ids):
    queued(bot.store, "pr/5", "ann")
    bot.store.jobs.lease("w", 60, queues=(SANDBOX,))
    assert client.get(f"/api/v1/runs/{ids['running']}").json()["queue"] is None
