"""Verdicts, deployments, holds, intents, comments, meta and backtests."""

import pytest

from components.schema.results.values import Verdict
from components.state import Lifecycle
from components.state.db.errors import NotFound, StateCorrupt
from components.state.tables.intents import ABANDONED

L = Lifecycle


# --- verdicts ----------------------------------------------------------------------------------


def test_verdict_of_a_content_is_found_again(store):
    store.verdicts.put("k", "RSI", "1.0.0", Verdict.PASSED, '{"a":1}')
    assert store.verdicts.get("k") == '{"a":1}'
    assert store.verdicts.get("other") is None


@pytest.mark.parametrize("verdict", [Verdict.ERROR, Verdict.NEUTRAL])
def test_broken_check_is_no_verdict(store, verdict):
    with pytest.raises(ValueError, match="only passed and failed"):
        store.verdicts.put("k", "RSI", "1.0.0", verdict, "{}")
    assert store.verdicts.get("k") is None


def test_verdict_without_content_is_refused(store):
    with pytest.raises(ValueError, match="of a content"):
        store.verdicts.put("", "RSI", "1.0.0", Verdict.PASSED, "{}")


def test_verdict_that_flips_for_the_same_content_is_told(store):
    store.verdicts.put("k", "RSI", "1.0.0", Verdict.PASSED, "{}")
    store.verdicts.put("k", "RSI", "1.0.0", Verdict.PASSED, "{}")
    store.verdicts.put("k", "RSI", "1.0.0", Verdict.FAILED, "{}")
    rows = store.audit.list(event="verdict.")
    assert [(row.event, row.old, row.new) for row in rows] == [
        ("verdict.changed", "passed", "failed"),
        ("verdict.recorded", "", "passed"),
    ]


def test_forgotten_verdict_is_gone(store):
    store.verdicts.put("k", "RSI", "1.0.0", Verdict.PASSED, "{}")
    assert store.verdicts.forget("k")
    assert not store.verdicts.forget("k")
    assert store.verdicts.get("k") is None


def test_verdict_kept_as_text_by_an_older_version_reads_the_same_before_and_after_packing(
    store, monkeypatch
):
    monkeypatch.setattr("components.state.tables.verdicts._BATCH", 2)
    bodies = {f"k{number}": '{"curve": "' + f"{number}é," * 5000 + '"}' for number in range(5)}
    old = "INSERT INTO verdicts VALUES (?, 'RSI', '1.0.0', 'passed', ?, '2999', NULL)"
    with store.transaction():
        for row in bodies.items():
            store._db.execute(old, row)
    assert {key: store.verdicts.get(key) for key in bodies} == bodies
    assert (store.prune(30)["packed"], store.prune(30)["packed"]) == (5, 0)
    assert {key: store.verdicts.get(key) for key in bodies} == bodies
    assert store._db.value("SELECT sum(length(report)) FROM verdicts") == 0
    kept = store._db.value("SELECT sum(length(packed)) FROM documents")
    assert kept * 20 < sum(map(len, bodies.values()))


def test_new_verdict_of_a_packed_content_replaces_its_report(store):
    store.verdicts.put("k", "RSI", "1.0.0", Verdict.PASSED, '{"a":1}')
    store.verdicts.put("k", "RSI", "1.0.0", Verdict.FAILED, '{"a":"\ud800"}')
    assert store.verdicts.get("k") == '{"a":"?"}'


def test_figures_of_a_verdict_stay_when_its_report_is_packed(store):
    body = '{"aggregate": {"sharpe": 1.5}, "luck": [], "results": []}'
    store.verdicts.put("k", "RSI", "1.0.0", Verdict.PASSED, body)
    assert store._db.value("SELECT sharpe FROM figures WHERE content_key = 'k'") == 1.5


def test_damaged_report_of_a_verdict_is_told_and_never_read_as_a_verdict(store):
    store.verdicts.put("k", "RSI", "1.0.0", Verdict.PASSED, '{"a":1}')
    with store.transaction():
        store._db.execute("UPDATE verdicts SET packed = x'789c00'")
    with pytest.raises(StateCorrupt, match="verdict:k is damaged"):
        store.verdicts.get("k")


# --- deployments -------------------------------------------------------------------------------


def land(store, version, commit, kind="deploy", **more):
    return store.deployments.record(
        "main", "RSI", version, kind=kind, commit=commit, actor="alice", **more
    )


def test_landing_recorded_twice_after_a_crash_is_one(store):
    first = land(store, "1.0.0", "c1", tag="RSI/v1.0.0")
    assert land(store, "1.0.0", "c1") == first
    assert len(store.deployments.list("main", "RSI")) == 1
    assert len(store.audit.list(event="deployment.recorded")) == 1


def test_previous_skips_what_was_rolled_back(store, life):
    for number, version in enumerate(("1.0.0", "1.1.0", "1.2.0")):
        life.deploy(version, f"pr/{number}", tree=version)
        land(store, version, f"c{number}")
    assert store.deployments.previous("main", "RSI").version == "1.1.0"
    life.move(L.ROLLED_BACK, version="1.2.0")
    life.move(L.DEPLOYED, version="1.1.0")
    land(store, "1.1.0", "c3", kind="rollback")
    assert store.deployments.current("main", "RSI").version == "1.1.0"
    assert store.deployments.previous("main", "RSI").version == "1.0.0"


def test_previous_skips_what_is_held(store, life):
    for number, version in enumerate(("1.0.0", "1.1.0", "1.2.0")):
        life.deploy(version, f"pr/{number}", tree=version)
        land(store, version, f"c{number}")
    store.holds.hold("main", "RSI", "1.1.0", "bob", "bad data")
    assert store.deployments.previous("main", "RSI").version == "1.0.0"


def test_removal_leaves_nothing_current_and_the_last_version_previous(store, life):
    life.deploy("1.0.0", tree="a")
    land(store, "1.0.0", "c1")
    land(store, "", "c2", kind="removal")
    assert store.deployments.current("main", "RSI") is None
    assert store.deployments.previous("main", "RSI").version == "1.0.0"


def test_first_deployment_has_no_previous(store):
    assert store.deployments.current("main", "RSI") is None
    land(store, "1.0.0", "c1")
    assert store.deployments.previous("main", "RSI") is None


def test_landings_are_listed_newest_first(store):
    for number in range(3):
        land(store, f"1.{number}.0", f"c{number}")
    assert [d.version for d in store.deployments.list(limit=2)] == ["1.2.0", "1.1.0"]
    assert [d.version for d in store.deployments.list("main", offset=2)] == ["1.0.0"]
    assert store.deployments.list("other") == []


def test_same_commit_on_two_stages_is_two_landings_and_neither_hides_the_other(store, life):
    life.deploy("1.0.0", tree="a")
    land(store, "1.0.0", "c1", tree="a")
    land(store, "1.1.0", "c2", tree="b")
    land(store, "1.0.0", "c1", stage="live", tree="a")
    assert store.deployments.current("main", "RSI").version == "1.1.0"
    assert store.deployments.current("main", "RSI", "live").version == "1.0.0"
    assert [d.version for d in store.deployments.live("main", "live")] == ["1.0.0"]
    assert [d.version for d in store.deployments.live("main", "")] == ["1.1.0"]
    assert len(store.deployments.list("main", stage=None)) == 3
    assert store.deployments.previous("main", "RSI").version == "1.0.0"
    land(store, "", "c4", kind="removal", stage="live")
    assert store.deployments.live("main", "live") == []
    assert store.deployments.current("main", "RSI").version == "1.1.0"


# --- holds -------------------------------------------------------------------------------------


def test_hold_is_kept_until_it_is_lifted_with_who_and_why(store):
    hold = store.holds.hold("main", "RSI", "1.0.0", "bob", "drawdown")
    assert store.holds.hold("main", "RSI", "1.0.0", "eve", "again") == hold
    assert store.holds.active("main", "RSI", "1.0.0").reason == "drawdown"
    assert store.holds.active("main", "RSI", "1.1.0") is None
    lifted = store.holds.unhold("main", "RSI", "1.0.0", "carol", "data fixed")
    assert (lifted.lifted_by, lifted.lift_reason) == ("carol", "data fixed")
    assert store.holds.active("main", "RSI", "1.0.0") is None
    assert store.holds.list() == []
    assert store.holds.list("main", "RSI", lifted=True) == [lifted]


def test_lifting_no_hold_is_refused(store):
    with pytest.raises(NotFound, match="not held"):
        store.holds.unhold("main", "RSI", "1.0.0", "carol", "x")


def test_version_can_be_held_again(store):
    store.holds.hold("main", "RSI", "1.0.0", "bob", "a")
    store.holds.unhold("main", "RSI", "1.0.0", "bob", "b")
    store.holds.hold("main", "RSI", "1.0.0", "bob", "c")
    assert store.holds.active("main", "RSI", "1.0.0").reason == "c"


# --- intents -----------------------------------------------------------------------------------


def test_intent_announced_twice_is_one(store):
    first = store.intents.announce("deploy", "main", "pr/1@h", {"commit": "c"})
    assert first.new
    again = store.intents.announce("deploy", "main", "pr/1@h", {"commit": "other"})
    assert (again.id, again.new, again.details) == (first.id, False, {"commit": "c"})
    assert [i.id for i in store.intents.open()] == [first.id]


def test_done_intent_stays_done(store):
    intent = store.intents.announce("deploy", "main", "k", {})
    assert store.intents.settle(intent.id, "done")
    assert not store.intents.settle(intent.id, "done")
    again = store.intents.announce("deploy", "main", "k", {})
    assert (again.new, again.outcome) == (False, "done")
    assert store.intents.open() == []


def test_abandoned_intent_may_be_announced_anew(store):
    intent = store.intents.announce("deploy", "main", "k", {"try": 1})
    store.intents.settle(intent.id, ABANDONED)
    again = store.intents.announce("deploy", "main", "k", {"try": 2})
    assert (again.id, again.new, again.details) == (intent.id, True, {"try": 2})
    assert len(store.intents.open("deploy", "main")) == 1


def test_unknown_intent_and_empty_outcome_are_refused(store):
    with pytest.raises(NotFound):
        store.intents.settle(7)
    with pytest.raises(ValueError, match="outcome"):
        store.intents.settle(7, "")


# --- comments and meta -------------------------------------------------------------------------


def test_comment_id_is_remembered_and_replaced(store):
    assert store.comments.get("main", "pr/1") == ""
    store.comments.put("main", "pr/1", "11")
    store.comments.put("main", "pr/1", "12")
    assert store.comments.get("main", "pr/1") == "12"


def test_meta_keeps_values_by_key(store):
    assert store.meta.get("base", "none") == "none"
    store.meta.put("base", "c1")
    store.meta.put("base", "c2")
    assert store.meta.get("base") == "c2"
    store.meta.delete("base")
    assert store.meta.get("base") == ""


# --- backtests ---------------------------------------------------------------------------------


def test_backtest_goes_from_queued_to_completed(store):
    test = store.backtests.create("RSI", {"symbols": ["SPX"]})
    assert (test.status, test.request) == ("queued", {"symbols": ["SPX"]})
    assert store.backtests.start(test.id)
    assert store.backtests.progress(test.id, 0.5)
    assert store.backtests.get(test.id).progress == 0.5
    assert store.backtests.finish(test.id, "completed", result="{}")
    done = store.backtests.get(test.id)
    assert (done.status, done.progress, done.result) == ("completed", 1.0, "{}")
    assert not store.backtests.finish(test.id, "failed", error="late")
    assert store.backtests.unfinished() == []


def test_cancelled_backtest_takes_no_progress(store):
    test = store.backtests.create("RSI", {})
    store.backtests.finish(test.id, "cancelled", error="asked to")
    assert not store.backtests.progress(test.id, 0.9)
    assert not store.backtests.start(test.id)
    assert store.backtests.get(test.id).error == "asked to"


def test_backtest_cut_off_by_a_crash_is_found(store):
    test = store.backtests.create("RSI", {})
    store.backtests.start(test.id)
    assert [t.id for t in store.backtests.unfinished()] == [test.id]
    store.backtests.create("MACD", {})
    assert [t.strategy for t in store.backtests.list()] == ["MACD", "RSI"]
    assert [t.strategy for t in store.backtests.list("RSI")] == ["RSI"]


def test_backtest_ends_only_in_a_known_way(store):
    with pytest.raises(NotFound):
        store.backtests.finish(9, "completed")
    with pytest.raises(ValueError, match="running"):
        store.backtests.finish(9, "running")
    assert store.backtests.get(9) is None
