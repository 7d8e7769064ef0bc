"""The main job over git, driving the real daemon's process."""

import json
import threading

import yaml

from bot.demo.stage import EXAMPLES
from components.schema.results.report import Report
from components.schema.results.values import STRATEGY_CHECKS, CheckName, Verdict
from components.state import Lifecycle
from tests.e2e.conftest import DEMO, wait_for
from tests.warm_support import Command


def only(report):
    (strategy,) = report.strategies
    return strategy


def findings(strategy, check):
    return [f for c in strategy.checks if c.name is check for f in c.findings]


def endless(world, branch):
    """An endless loop whose content is another one for each branch: no verdict is known."""

    def change(author):
        author.put(EXAMPLES / "proposals" / "endless-loop", ".")
        world.write("strategies/patient_trader/notes.txt", f"for {branch}\n")

    return world.push(branch, change)


def test_sound_strategy_pushed_passes_with_metrics_and_a_chart(shared):
    head = shared.push_example("add-sma")
    report = shared.report_of("add-sma", head)
    assert report.verdict is Verdict.PASSED
    assert [c.name for c in only(report).checks] == list(STRATEGY_CHECKS)
    assert only(report).results[0].metrics.trades > 10
    assert only(report).results[0].provenance.strategy_tree == only(report).tree
    note = shared.note(head)
    assert "xychart-beta" in note
    assert "Sharpe" in note
    status = json.loads(
        next(shared.stage.state.glob(f"reports/{DEMO}/**/*{head}.json")).read_text()
    )
    assert "success" in json.dumps(status)


def test_broken_definition_is_told_with_file_line_and_column(shared):
    head = shared.push_proposal("broken-definition")
    strategy = only(shared.report_of("broken-definition", head))
    assert strategy.stage is CheckName.SCHEMA
    found = {(f.rule, f.line, f.column) for f in findings(strategy, CheckName.SCHEMA)}
    assert ("unknown-field", 10, 1) in found
    assert all(line and column for _, line, column in found)
    assert "entry_rules" in shared.note(head)


def test_dangerous_code_is_found_and_never_executed(shared):
    head = shared.push_proposal("dangerous-code")
    strategy = only(shared.report_of("dangerous-code", head))
    assert strategy.stage is CheckName.CODE
    assert CheckName.SANDBOX_TEST not in {c.name for c in strategy.checks}
    assert {"import-dangerous", "builtin-closed"} <= {
        f.rule for f in findings(strategy, CheckName.CODE)
    }
    assert not list(shared.stage.folder.rglob("EXECUTED"))


def test_endless_loop_is_a_timeout_of_the_author(shared):
    head = shared.push_proposal("endless-loop")
    strategy = only(shared.report_of("endless-loop", head))
    assert strategy.stage is CheckName.SANDBOX_TEST
    assert [f.rule for f in findings(strategy, CheckName.SANDBOX_TEST)] == ["timeout"]


def test_future_bars_are_caught_with_indicator_and_bar(shared):
    head = shared.push_proposal("future-bars")
    strategy = only(shared.report_of("future-bars", head))
    assert strategy.stage is CheckName.LOOKAHEAD
    (finding,) = findings(strategy, CheckName.LOOKAHEAD)
    assert "`sma`" in finding.message
    assert "1999-" in finding.message
    assert finding.file == "strategies/oracle/strategy.py"


def test_strategy_beyond_its_risk_gate_fails_with_value_limit_and_margin(shared):
    head = shared.push_proposal("breaks-gate")
    strategy = only(shared.report_of("breaks-gate", head))
    assert strategy.stage is CheckName.POLICY
    gate = next(g for g in strategy.gates if g.id == "drawdown")
    assert not gate.passed
    assert gate.margin == gate.value - gate.limit < 0


def test_proposal_without_strategies_is_neutral_never_passed(shared):
    def change(_author):
        shared.write("NOTES.md", "Only words.\n")

    head = shared.push("words", change)
    report = shared.report_of("words", head)
    assert report.verdict is Verdict.NEUTRAL
    assert report.strategies == ()


def test_conflict_with_the_base_is_named_by_file(running):
    for branch, version in (("one", "1.0.0"), ("two", "1.0.1")):
        head = running.push(
            branch,
            lambda author, v=version: (
                author.put(EXAMPLES / "strategies" / "sma_cross", "strategies/sma_cross"),
                running.write("strategies/sma_cross/notes.txt", f"version {v}\n"),
            ),
        )
        running.run_of(branch, head)
    assert running.algoops("deploy", "sma_cross", "--ref", "one").returncode == 0
    refused = running.algoops("deploy", "sma_cross", "--ref", "two")
    assert refused.returncode == 1
    assert "strategies/sma_cross/notes.txt" in refused.stderr


def test_deploy_improve_roll_back_and_the_held_version_is_refused(running):
    first = running.push_example("add-sma")
    running.run_of("add-sma", first)
    assert running.stage.algoops("deploy", "sma_cross", "--ref", "add-sma").returncode == 0
    assert running.parents() == [running.git("rev-parse", "main^1"), first]
    assert running.git("cat-file", "-t", "sma_cross/v1.0.0") == "tag"
    assert running.tip("sma_cross/v1.0.0^{commit}") == running.tip()

    second = running.push_proposal("improve", "improve-sma-cross")
    report = running.report_of("improve", second)
    assert only(report).base_metrics is not None
    assert running.algoops("deploy", "sma_cross", "--ref", "improve").returncode == 0
    assert running.tree("sma_cross") == running.tree("sma_cross", "sma_cross/v1.1.0")

    done = running.stage.algoops("rollback", "sma_cross", "--reason", "it lost money")
    assert done.returncode == 0
    assert running.tree("sma_cross") == running.tree("sma_cross", "sma_cross/v1.0.0")
    assert f"Reverts: {running.tip('sma_cross/v1.1.0^{commit}')}" in running.git(
        "log", "-1", "--format=%B", "main"
    )
    strategy = running.store.strategies.get(DEMO, "sma_cross")
    assert (strategy.status, strategy.deployed_version) == (Lifecycle.DEPLOYED, "1.0.0")

    again = running.push(
        "again", lambda author: author.take("sma_cross/v1.1.0", "strategies/sma_cross")
    )
    assert only(running.report_of("again", again)).verdict is Verdict.PASSED
    before = running.tip()
    refused = running.algoops("deploy", "sma_cross", "--ref", "again")
    assert refused.returncode == 1
    assert "held" in refused.stderr
    assert running.tip() == before

    assert (
        running.stage.algoops("unhold", "sma_cross", "1.1.0", "--reason", "fixed").returncode == 0
    )
    assert running.algoops("deploy", "sma_cross", "--ref", "again").returncode == 0
    assert running.tree("sma_cross") == running.tree("sma_cross", "sma_cross/v1.1.0")
    running.settled()
    running.sound()


def test_two_deploys_at_once_both_land_one_after_the_other(running):
    running.run_of("a", running.push_example("a", "sma_cross"))

    def other(_author):
        source = EXAMPLES / "strategies" / "sma_cross"
        for file in ("strategy.yaml", "strategy.py"):
            text = (source / file).read_text()
            running.write(f"strategies/twin/{file}", text.replace("sma_cross", "twin"))

    running.run_of("b", running.push("b", other))
    done = {}

    def deploy(name, branch):
        done[name] = running.algoops("deploy", name, "--ref", branch)

    threads = [
        threading.Thread(target=deploy, args=pair) for pair in (("sma_cross", "a"), ("twin", "b"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: d.returncode for name, d in done.items()} == {"sma_cross": 0, "twin": 0}
    assert running.tree("sma_cross")
    assert running.tree("twin")
    running.sound()


def test_force_push_during_a_run_supersedes_it(shared):
    endless(shared, "forced")
    wait_for(lambda: shared.store.runs.unfinished(DEMO, "branch/forced"), "the first run begins")
    head = shared.push_example("forced")
    report = shared.report_of("forced", head)
    assert report.verdict is Verdict.PASSED
    runs = shared.store.runs.list(repository=DEMO, proposal="branch/forced")
    assert [r.status for r in runs] == ["finished", "superseded"]


def test_checks_are_stopped_and_asked_for_again_from_the_command_line(shared):
    endless(shared, "stopped")
    wait_for(lambda: shared.store.runs.unfinished(DEMO, "branch/stopped"), "the run is under way")
    stopped = shared.stage.algoops("cancel", "stopped")
    assert stopped.returncode == 0
    assert "Stopped" in stopped.stdout
    wait_for(lambda: not shared.store.runs.unfinished(DEMO, "branch/stopped"), "the run is over")
    assert shared.store.runs.latest(DEMO, "branch/stopped").status == "superseded"
    again = shared.algoops("recheck", "stopped")
    assert again.returncode == 0
    wait_for(
        lambda: shared.store.runs.latest(DEMO, "branch/stopped").status == "finished",
        "the verdict",
    )
    assert shared.algoops("recheck", "nobody").returncode == 1


def test_deleted_branch_archives_what_it_brought(running):
    head = running.push_proposal("broken-definition")
    running.run_of("broken-definition", head)
    running.stage.git("update-ref", "-d", "refs/heads/broken-definition")

    def archived():
        found = running.store.strategies.get(DEMO, "gap_fade")
        return found is not None and found.status is Lifecycle.ARCHIVED

    wait_for(archived, "gap_fade is archived")


def test_base_moved_by_hand_is_validated_and_recorded_as_drift(running):
    running.settled()
    author = running.stage.author
    author.start("by-hand")
    author.put(EXAMPLES / "strategies" / "sma_cross", "strategies/sma_cross")
    commit = author.push("main", "Straight to main")

    def recorded():
        landed = running.landings()
        return landed and landed[0].kind == "external" and landed[0].commit == commit

    wait_for(recorded, "the drift is recorded")
    assert running.store.strategies.get(DEMO, "sma_cross").deployed_version == "1.0.0"


def test_check_without_a_daemon_says_the_same(shared, tmp_path):
    head = shared.push_example("the-same")
    theirs = only(shared.report_of("the-same", head))
    schema = Command("schema", "--report").finish()
    done = shared.stage.algoops(
        "check",
        "--repo",
        str(shared.stage.repository),
        "--base",
        "main",
        "--head",
        "the-same",
        "--format",
        "json",
        "--force",
    )
    assert done.returncode == 0
    ours = only(Report.model_validate_json(done.stdout))
    assert ours.content_key == theirs.content_key
    assert ours.results[0].metrics == theirs.results[0].metrics
    assert ours.results[0].trades == theirs.results[0].trades
    import jsonschema

    jsonschema.validate(json.loads(done.stdout), json.loads(schema.stdout))


def test_check_of_a_failing_branch_exits_with_1_and_of_a_missing_one_with_2(shared):
    head = shared.push_proposal("failing", "broken-definition")
    shared.run_of("failing", head)
    where = ["--repo", str(shared.stage.repository)]
    assert shared.algoops("check", *where, "--head", "failing").returncode == 1
    missing = shared.algoops("check", *where, "--head", "no-such-branch")
    assert missing.returncode == 2
    assert "no-such-branch" in missing.stderr


def test_second_daemon_on_the_same_state_is_refused_and_names_the_first(shared):
    done = shared.stage.algoops("run")
    assert done.returncode == 2
    assert "process" in done.stderr


def test_deploy_without_a_daemon_is_done_on_the_spot(running):
    head = running.push_example("add-sma")
    running.run_of("add-sma", head)
    running.settled()
    running.stage.daemon.stop()
    done = running.stage.algoops("deploy", "sma_cross", "--ref", "add-sma")
    assert done.returncode == 0, done.stderr
    assert running.tip("sma_cross/v1.0.0^{commit}") == running.tip()


def test_recheck_under_a_stricter_policy_rolls_back_and_holds(running):
    running.run_of("add-sma", running.push_example("add-sma"))
    assert running.algoops("deploy", "sma_cross", "--ref", "add-sma").returncode == 0
    running.run_of("improve", running.push_proposal("improve", "improve-sma-cross"))
    assert running.algoops("deploy", "sma_cross", "--ref", "improve").returncode == 0
    running.settled()
    running.stage.daemon.stop()
    policy = running.stage.folder / "policies" / "risk.yaml"
    text = policy.read_text().replace("recheck: {action: notify}", "recheck: {action: rollback}")
    policy.write_text(
        text.replace('metric: sharpe, op: ">=", value: 0.1,', 'metric: sharpe, op: ">=", value: 9,')
    )
    config = yaml.safe_load(running.stage.config.read_text())
    config["schedule"]["recheck_s"] = 2
    running.stage.config.write_text(yaml.safe_dump(config))
    running.start()

    def back():
        return running.store.strategies.get(DEMO, "sma_cross").deployed_version == "1.0.0"

    wait_for(back, "1.1.0 is rolled back")
    assert running.tree("sma_cross") == running.tree("sma_cross", "sma_cross/v1.0.0")
    hold = running.store.holds.active(DEMO, "sma_cross", "1.1.0")
    assert hold.actor == "algoops"
    assert "checked again" in hold.reason
