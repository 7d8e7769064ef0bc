"""The sealed bars: asked once all else holds, told as one bit, and no way around it."""

import re
import sqlite3
from dataclasses import replace
from threading import Event

import pytest
import yaml
from fastapi.testclient import TestClient

from bot.checks.holdout import ask, question_of
from bot.checks.jobs import backtest_of
from bot.checks.looks import holdout_findings
from bot.checks.luck import without_luck
from bot.checks.run import read_subject
from bot.checks.strategy import Asked, check_strategy
from bot.checks.subject import prepare
from bot.core.decisions import StrategyChange
from bot.core.orders import DeployOrder
from bot.daemon.service import Service
from bot.deploy.deploys import deploy
from bot.deploy.drift import base_moved
from bot.deploy.recheck import recheck
from bot.forward.wants import DeployedLook
from bot.landing.tries import StoreCounter
from bot.server.app import create_app
from components.schema.policies.file import load_policy
from components.schema.policies.risk import RiskPolicy
from components.schema.results.report import Report
from components.schema.results.values import (
    CheckName,
    ExecutionResult,
    Severity,
    Status,
    Verdict,
)
from components.state import Store
from components.state.tables.records import Job
from tests.holdout_support import SEALED_FROM, bot, check, push, reported


def finding(report):
    (policy,) = [c for c in report.strategies[0].checks if c.name is CheckName.POLICY]
    (found,) = [f for f in policy.findings if f.rule == "holdout"]
    return found


PRIVATE = {"looks", "look_parts"}
"""Tables that operators alone read."""

CHAINED = {"hash", "prev_hash", "salt", "rank", "packed"}
"""Columns that hash times, or a salt; `packed` is read as its text."""

PAGES = (
    *("/", "/runs", "/runs/1", "/runs/1/sheet", "/strategies/alpha", "/compare?s=alpha"),
    *("/book", "/queue", "/deployments", "/audit", "/health"),
)
UNENDING = {"/metrics", "/events", "/api/v1/events"}
"""Numbers of the process; streams without an end."""

ROUTES = 20


def seen(one, capfd):
    """All that an author can see: reports, comments, statuses, answers over HTTP, logs, records."""
    texts = {"log": "".join(capfd.readouterr())}
    for path in sorted((one.stage.state / "reports").rglob("*")):
        if path.is_file():
            texts[f"report {path.name}"] = path.read_text()
    for name in one.stage.git("ls-tree", "-r", "--name-only", "refs/notes/algoops").split():
        texts["note"] = one.stage.git("show", f"refs/notes/algoops:{name}")
    database = sqlite3.connect(one.world.store.path)
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        if table not in PRIVATE:
            rows = database.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in rows.description]
            kept = [{n: v for n, v in zip(names, r, strict=True) if n not in CHAINED} for r in rows]
            texts[f"table {table}"] = repr(kept)
    database.close()
    runs = one.world.store.runs
    texts["runs"] = repr([runs.get(run.id).report for run in runs.list()])
    texts["verdict"] = one.world.store.verdicts.get(reported(one.world).strategies[0].content_key)
    app = create_app(Service(one.world, one.settings))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        for path in sorted(reads(app)):
            texts[f"GET {path}"] = client.get(path).text
    return {masked(name, one): masked(text, one) for name, text in texts.items()}


def reads(app):
    """Addresses of all that the API documents, and of the pages."""
    known = {"run_id": "1", "strategy_id": "alpha"}
    documented = [path for path, methods in app.openapi()["paths"].items() if "get" in methods]
    paths = [re.sub(r"{(\w+)}", lambda m: known.get(m[1], "1"), path) for path in documented]
    return {*paths, *PAGES}.difference(UNENDING)


MASKS = (
    (r"202\d-\d\d-\d\d[T ][\d:.,]+(Z|\+00:00)?", "TIME"),
    (r"\b[0-9a-f]{40}\b", "COMMIT"),
    (r"\b[0-9a-f]{7,12}\b", "SHORT"),
    (r"""(["'](\w+_s|\w+_mb|open|load|run|statistics|lookahead)["']: ?)[\d.e-]+""", r"\1N"),
    (r"free mb: \d+", "FREE"),
    (r"\b\d+(\.\d+)? ?(s|ms|min|MB|MiB|seconds?)\b", "AMOUNT"),
    (r"\"(prev_)?hash\": ?\"\w+\"", "CHAIN"),
)


def masked(text, one):
    """Without times, commits (they carry times) and what the machine measured."""
    text = text.replace(str(one.stage.folder), "FOLDER")
    for pattern, word in MASKS:
        text = re.sub(pattern, word, text)
    return text


def figures_of(one):
    (look,) = one.world.store.looks.all("demo")
    return look.figures["symbols"][0]


def test_yes_and_no_differ_in_the_answer_alone(tmp_path):
    documents, answers = [], []
    for name, drift in (("falls", -0.004), ("rises", 0.003)):
        with bot(tmp_path, name, drift=drift) as one:
            push(one.stage)
            report = check(one.world)
            answers.append(finding(report))
            without = without_luck(report.strategies[0])
            told = report.model_copy(update={"strategies": (without,)})
            documents.append(masked(told.model_dump_json(), one))
    assert [a.message for a in answers] == [
        "the holdout does not agree; 2 looks left",
        "the holdout agrees; 2 looks left",
    ]
    assert documents[0] == documents[1]


def test_nobody_can_tell_by_what_a_no_was_caused(tmp_path, capfd, monkeypatch):
    """One strategy, the same open bars; behind the seal it loses, or does all it can to be heard."""
    monkeypatch.chdir(tmp_path)  # its guest writes files where these tests run
    views, statuses = [], []
    for name, volume in (("quiet", 0), ("loud", 666)):
        with bot(tmp_path, name, drift=-0.004, volume=volume) as one:
            push(one.stage)
            report = check(one.world)
            assert finding(report).message == "the holdout does not agree; 2 looks left"
            assert one.executor.labels == ["alpha/smoke", "alpha/SPX", "alpha/SPX/sealed"]
            views.append(seen(one, capfd))
            statuses.append(figures_of(one)["status"])
    assert statuses == ["passed", "failed"]
    assert views[0].keys() == views[1].keys()
    assert len([name for name in views[0] if name.startswith("GET")]) > ROUTES
    assert {n for n in views[0] if views[0][n] != views[1][n]} == set()


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """A strategy that is good behind the seal too, checked once; three looks."""
    folder = tmp_path_factory.mktemp("sealed")
    with bot(folder, "good", drift=0.003, severity="block") as one:
        push(one.stage)
        one.report = check(one.world)
        yield one


def taken(one):
    return len(one.world.store.looks.all("demo"))


def test_strategy_that_is_good_behind_the_seal_passes_and_shows_nothing_of_it(sealed):
    assert sealed.report.verdict is Verdict.PASSED
    assert finding(sealed.report).message == "the holdout agrees; 2 looks left"
    (result,) = sealed.report.strategies[0].results
    assert result.metrics.end[:10] < SEALED_FROM
    assert max(point.time for point in result.equity) < SEALED_FROM
    assert all(trade.exit_time < SEALED_FROM for trade in result.trades)
    figures = figures_of(sealed)
    assert figures["sealed_sharpe"] > 1
    text = sealed.report.model_dump_json()
    assert "sealed_sharpe" not in text
    assert str(figures["apart"]) not in text


def test_same_content_is_answered_again_for_nothing_whatever_it_is_called(sealed):
    push(sealed.stage, "again")
    check(sealed.world, "again", number=2)
    assert finding(check(sealed.world, "one", number=3, force=True)).message == (
        "the holdout agrees; 2 looks left"
    )
    assert taken(sealed) == 1


def test_sealed_bars_are_not_asked_where_another_gate_breaks_or_of_what_is_live(sealed):
    watched = sealed.world.repository("demo")
    assert deploy(sealed.world, watched, DeployOrder("branch/one", "a")).ok
    recheck(sealed.world, Job(9, "recheck", "demo", "demo", {}, "leased", 0, 1, 3, "", ""))
    run = sealed.world.store.runs.latest("demo", "base/main", finished=True)
    live = Report.model_validate_json(run.report)
    assert live.verdict is Verdict.PASSED
    assert finding(live).message == "the holdout was not asked: it is deployed already"
    (want,) = DeployedLook(sealed.world, watched, sealed.world.bench).wants()
    assert (want.job.end, str(want.bars.frame.index[-1].date())) == (None, "2017-06-30")
    policy = sealed.stage.folder / "policies" / "risk.yaml"
    gate = {"id": "never", "metric": "trades", "op": ">=", "value": 10_000}
    assert taken(sealed) == 1
    risk = load_policy(
        yaml.safe_dump({**yaml.safe_load(policy.read_text()), "gates": [gate]}).encode(), RiskPolicy
    )
    bench = replace(sealed.world.bench, policies=replace(sealed.world.bench.policies, risk=risk))
    report = check_strategy(subject_of(sealed), bench, asked_by(sealed))
    (policy_check,) = [c for c in report.checks if c.name is CheckName.POLICY]
    (told,) = [f for f in policy_check.findings if f.rule == "holdout"]
    assert "once all other blocking gates hold" in told.message
    assert taken(sealed) == 1


def subject_of(one):
    change = StrategyChange("alpha", None, one.report.strategies[0].tree)
    return read_subject(one.world.repository("demo").where, change)


def asked_by(one):
    counter = StoreCounter(one.world.store, "demo", "push")
    return Asked(lambda _key: None, lambda *_: None, Event(), counter=counter)


def question(one, name):
    subject, bench = subject_of(one), one.world.bench
    prepared = prepare(subject, bench)
    jobs = [backtest_of("alpha", subject.files, "", task, bench) for task in prepared.tasks]
    return replace(question_of("alpha", subject.tree, jobs), content=name), jobs


@pytest.fixture
def looker(tmp_path):
    """Counts in a database of its own."""
    with Store(tmp_path / "looks.db") as store:
        yield StoreCounter(store, "demo", "push")


@pytest.mark.parametrize(
    "status",
    [s for s in Status if s not in {Status.PASSED, Status.INFRASTRUCTURE_ERROR, Status.KILLED}],
)
def test_whatever_way_a_run_ends_other_than_in_order_is_a_no(sealed, looker, status):
    asked, jobs = question(sealed, "x")

    def run(sealed_jobs):
        (job,) = sealed_jobs
        assert (job.sealed, job.end) == (True, None)
        return (ExecutionResult(status=status, message="secret", symbol="SPX"),)

    answer = ask(sealed.world.bench, asked, jobs, looker, run)
    assert (answer.state, answer.looks_left, answer.why) == ("does not agree", 2, "")


def test_run_that_the_machine_failed_is_no_answer_and_never_passed(sealed, looker):
    asked, jobs = question(sealed, "x")
    broke = ExecutionResult(status=Status.INFRASTRUCTURE_ERROR, message="the disk is full")
    answer = ask(sealed.world.bench, asked, jobs, looker, lambda _jobs: (broke,))
    assert (answer.state, answer.looks_left) == ("not answered", 2)
    (told,) = holdout_findings(answer, sealed.world.bench.policies.risk)
    assert told.severity is Severity.ERROR
    assert "disk" not in told.message + told.hint


def test_after_the_last_look_no_run_is_made_and_the_policy_s_severity_decides(sealed, looker):
    late = ExecutionResult(status=Status.TIMEOUT, symbol="SPX")
    policy = sealed.world.bench.policies.risk
    for number in range(3):
        asked, jobs = question(sealed, f"x{number}")
        ask(sealed.world.bench, asked, jobs, looker, lambda _jobs: (late,))
    asked, jobs = question(sealed, "y")
    answer = ask(sealed.world.bench, asked, jobs, looker, lambda _jobs: pytest.fail("it ran"))
    assert answer.state == "no looks left"
    (told,) = holdout_findings(answer, policy)
    assert (told.severity, told.message) == (
        Severity.ERROR,
        "the holdout was not asked: no looks are left",
    )
    softer = policy.model_copy(
        update={"holdout": policy.holdout.model_copy(update={"severity": "warn"})}
    )
    assert holdout_findings(answer, softer)[0].severity is Severity.WARNING


def test_an_agents_check_takes_no_look_and_is_told_the_answer_that_stands(sealed, looker):
    asked, jobs = question(sealed, "x")
    agent, bench = replace(looker, source="backtest", looks=False), sealed.world.bench
    answer = ask(bench, asked, jobs, agent, lambda _jobs: pytest.fail("it ran"))
    assert (answer.state, looker.store.looks.all("demo")) == ("not asked", ())
    assert agent.answered(asked, bench.policies.risk.holdout).state == "not asked"
    late = ExecutionResult(status=Status.TIMEOUT, symbol="SPX")
    ask(bench, asked, jobs, looker, lambda _jobs: (late,))
    told = ask(bench, asked, jobs, agent, lambda _jobs: pytest.fail("it ran"))
    assert (told.state, told.looks_left) == ("does not agree", 2)


@pytest.mark.parametrize("shown", ["never", "after_deploy"])
def test_figures_behind_the_seal_are_shown_after_the_deploy_where_the_policy_says_so(
    tmp_path, shown
):
    with bot(tmp_path, "good", drift=0.003, shown=shown) as one:
        service, watched = Service(one.world, one.settings), one.world.repository("demo")
        base_moved(one.world, Job(1, "base", "demo", "demo", {}, "leased", 0, 1, 3, "", ""))
        push(one.stage)
        check(one.world)
        assert service.sealed_figures("alpha") is None, "it is not deployed"
        one.stage.git("update-ref", "refs/heads/main", "refs/heads/one")
        base_moved(one.world, Job(1, "base", "demo", "demo", {}, "leased", 0, 1, 3, "", ""))
        assert one.world.store.deployments.current("demo", "alpha").kind == "external"
        assert service.sealed_figures("alpha") is None, "nobody gets at them by a push"
        push(one.stage, "two", "\n\nANOTHER = 1\n")
        definition = one.stage.author.folder / "strategies" / "alpha" / "strategy.yaml"
        definition.write_text(definition.read_text().replace("1.0.0", "1.1.0"))
        one.stage.author.push("two", "alpha 1.1.0")
        check(one.world, "two")
        assert service.sealed_figures("alpha") is None, "what is proposed is not deployed"
        done = deploy(one.world, watched, DeployOrder("branch/two", "ada"))
        assert done.ok, done.message
        look = service.sealed_figures("alpha")
        assert (look is not None) is (shown == "after_deploy")
        if look is not None:
            assert look.figures["symbols"][0]["sealed_sharpe"] > 1
