import pytest

from components.schema.results.report import CheckResult
from components.schema.results.values import CheckName, Finding, Outcome, Severity, Verdict
from components.state.db.errors import NotFound

REPORT = (
    '{"strategies": [{"name": "RSI", "version": "1.0.0", "verdict": "passed", "content_key": "k"}]}'
)


def start(store, head="h1", **more):
    return store.runs.start("main", "pr/1", head, "b1", "check", **more)


def result(name=CheckName.CODE, outcome=Outcome.FAILED, count=1):
    found = tuple(
        Finding(check=name, rule=f"R{n}", message="no", severity=Severity.WARNING, line=n + 1)
        for n in range(count)
    )
    return CheckResult(name=name, outcome=outcome, summary="s", duration_s=1.5, findings=found)


def test_run_left_unfinished_by_a_crash_is_gone_on_with(store):
    run = start(store)
    store.runs.check(run.id, "RSI", result())
    again = start(store)
    assert (again.id, again.starts) == (run.id, 2)
    assert store.runs.checks(run.id) == []
    assert [r.id for r in store.runs.unfinished()] == [run.id]


def test_run_with_a_key_happens_once(store):
    run = start(store, attempt="event-7")
    assert store.runs.finish(run.id, Verdict.PASSED, REPORT)
    again = start(store, attempt="event-7")
    assert again.id == run.id
    assert again.finished
    assert again.verdict is Verdict.PASSED
    assert start(store, attempt="event-8").id != run.id


def test_run_without_a_key_may_be_repeated_when_it_is_over(store):
    run = start(store)
    store.runs.finish(run.id, Verdict.FAILED, REPORT)
    assert start(store).id != run.id


def test_moved_base_is_another_run(store):
    run = start(store)
    other = store.runs.start("main", "pr/1", "h1", "b2", "check")
    assert other.id != run.id


def test_run_finishes_exactly_once(store):
    run = start(store)
    assert store.runs.finish(run.id, Verdict.PASSED, REPORT)
    assert not store.runs.finish(run.id, Verdict.FAILED, "{}")
    assert not store.runs.supersede(run.id, "cancelled")
    kept = store.runs.get(run.id)
    assert (kept.verdict, kept.report, kept.finished) == (Verdict.PASSED, REPORT, True)
    assert len(store.audit.list(event="run.finished")) == 1


def test_superseded_run_takes_no_more_results(store):
    run = start(store)
    assert store.runs.supersede(run.id, "cancelled")
    assert not store.runs.check(run.id, "RSI", result())
    assert not store.runs.finish(run.id, Verdict.PASSED, REPORT)
    assert store.runs.get(run.id).status == "superseded"
    assert store.runs.get(run.id).verdict is None
    assert store.runs.list()[0].why == "cancelled"


def test_unknown_run_is_named(store):
    for call in (
        lambda: store.runs.finish(9, Verdict.PASSED, "{}"),
        lambda: store.runs.supersede(9, "x"),
    ):
        with pytest.raises(NotFound, match="no run 9"):
            call()
    assert store.runs.get(9) is None
    assert not store.runs.check(9, "RSI", result())


def test_progress_and_findings_come_back_as_they_went_in(store):
    run = start(store)
    store.runs.check(run.id, "RSI", result(CheckName.SCHEMA, Outcome.PASSED, 0))
    store.runs.check(run.id, "RSI", result(count=3))
    store.runs.check(run.id, "RSI", result(count=2))
    store.runs.check(run.id, "MACD", result())
    checks = store.runs.checks(run.id)
    assert [(c.strategy, c.name, c.outcome) for c in checks] == [
        ("RSI", "schema", "passed"),
        ("RSI", "code", "failed"),
        ("MACD", "code", "failed"),
    ]
    assert tuple(store.runs.findings(run.id, "RSI")) == result(count=2).findings
    assert len(store.runs.findings(run.id)) == 3


def test_strategies_of_a_run_are_kept_for_lists(store):
    run = start(store)
    store.runs.finish(run.id, Verdict.PASSED, REPORT)
    assert store.runs.strategies(run.id)[0].content_key == "k"
    assert [r.id for r in store.runs.list(strategy="RSI")] == [run.id]
    assert store.runs.list(strategy="MACD") == []


def test_report_that_is_no_report_is_not_half_stored(store):
    run = start(store)
    with pytest.raises(ValueError, match="Expecting"):
        store.runs.finish(run.id, Verdict.PASSED, "{broken")
    assert store.runs.get(run.id).status == "running"


def test_latest_is_asked_by_head_and_by_verdict(store):
    first = start(store)
    store.runs.finish(first.id, Verdict.FAILED, REPORT)
    second = start(store, head="h2")
    assert store.runs.latest("main", "pr/1").id == second.id
    assert store.runs.latest("main", "pr/1", finished=True).id == first.id
    assert store.runs.latest("main", "pr/1", head="h1").id == first.id
    assert store.runs.latest("main", "pr/2") is None


def test_list_is_paged_newest_first_without_bodies(store):
    for number in range(5):
        run = start(store, head=f"h{number}")
        store.runs.finish(run.id, Verdict.PASSED, REPORT)
    page = store.runs.list(limit=2, offset=1)
    assert [run.head for run in page] == ["h3", "h2"]
    assert page[0].report == ""
    assert len(store.runs.list(proposal="pr/1", status="finished")) == 5
    assert store.runs.list(repository="other") == []


MANY = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO runs (repository, proposal, head, base, kind, attempt, status, verdict, started_at)
SELECT 'main', 'pr/' || i, 'h', 'b', 'check', '', 'finished', 'passed', '' FROM n
"""


@pytest.mark.parametrize(
    "which",
    [
        {"strategy": "RSI"},
        {"strategy": "RSI", "repository": "main"},
        {"repository": "main"},
        {"status": "finished"},
        {"repository": "main", "status": "finished"},
        {"repository": "main", "proposal": "pr/7"},
        {"repository": "main", "status": "running"},
        {"repository": "small"},
    ],
)
def test_newest_runs_are_found_without_reading_all_of_them(store, which):
    with store.transaction():
        store._db.execute(MANY)
        store._db.execute("INSERT INTO run_strategies SELECT id, 'RSI', '', 'passed', '' FROM runs")
        store._db.execute("UPDATE runs SET status = 'running', verdict = NULL WHERE id = 5")
        store._db.execute("UPDATE runs SET repository = 'small' WHERE id = 6")
    steps = []
    with store._db.reading() as connection:
        connection.set_progress_handler(lambda: steps.append(1), 100)
    found = [run.id for run in store.runs.list(**which, limit=10)]
    few = {"running": [5], "small": [6], "pr/7": [7]}
    assert found == next((few[v] for v in which.values() if v in few), [*range(3000, 2990, -1)])
    assert len(steps) < 10, "of a hundred instructions of SQLite each"


def test_unfinished_runs_are_found_by_proposal(store):
    start(store)
    other = store.runs.start("main", "pr/2", "h", "b", "check")
    assert [r.id for r in store.runs.unfinished("main", "pr/2")] == [other.id]
    assert len(store.runs.unfinished("main")) == 2
