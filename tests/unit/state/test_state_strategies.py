import pytest

from components.errors import UserError
from components.state import Lifecycle, VersionContent
from components.state.db.errors import IllegalMove, NotFound, VersionTaken

L = Lifecycle


def test_first_push_is_discovered_and_queued(store, life):
    strategy = life.propose("1.0.0")
    assert (strategy.status, strategy.version, strategy.proposal) == (L.QUEUED, "1.0.0", "pr/1")
    assert strategy.generation_attempts == 1
    assert [row.new for row in store.strategies.history("main", "RSI")] == ["queued", "discovered"]


def test_failure_then_push_counts_a_fix(life):
    life.propose("1.0.0")
    failed = life.move(L.VALIDATING, L.FAILED, reason="schema: name is missing")
    assert (failed.status, failed.error_count) == (L.FAILED, 1)
    assert failed.last_error == "schema: name is missing"
    fixed = life.propose("1.0.0")
    assert (fixed.status, fixed.fix_attempts, fixed.generation_attempts) == (L.QUEUED, 1, 1)


def test_push_while_testing_queues_again(life):
    life.propose("1.0.0")
    life.move(L.VALIDATING, L.TESTING)
    assert life.propose("1.0.0").status is L.QUEUED


def test_failing_proposal_leaves_the_deployed_version_shown(life):
    life.deploy("1.0.0", tree="a")
    life.propose("1.1.0", "pr/2")
    strategy = life.move(L.VALIDATING, L.FAILED, proposal="pr/2")
    assert (strategy.status, strategy.version) == (L.DEPLOYED, "1.0.0")
    assert (strategy.proposed_status, strategy.proposed_version) == (L.FAILED, "1.1.0")


def test_two_proposals_of_one_version_do_not_disturb_each_other(life):
    life.propose("1.0.0", "pr/1", tree="a")
    life.move(L.VALIDATING, L.TESTING, proposal="pr/1")
    life.propose("1.0.0", "pr/2", tree="b")
    life.move(L.READY, proposal="pr/1")
    life.move(L.VALIDATING, L.FAILED, proposal="pr/2")
    assert life.move(L.DEPLOYED, proposal="pr/1").deployed_version == "1.0.0"
    assert life.store.versions.of_proposal("main", "RSI", "pr/2").lifecycle is L.FAILED


def test_push_without_proposal_id_leaves_other_proposals_alone(life):
    life.propose("1.0.0", "pr/1")
    life.propose("1.0.0", "")
    assert life.store.versions.of_proposal("main", "RSI", "pr/1").lifecycle is L.QUEUED
    life.move(L.VALIDATING, L.FAILED, proposal="pr/1")
    life.propose("1.0.0", "")
    assert life.store.versions.of_proposal("main", "RSI", "pr/1").lifecycle is L.FAILED


def test_deploying_a_newer_version_supersedes_the_older(store, life):
    life.deploy("1.0.0", tree="a")
    strategy = life.deploy("1.1.0", "pr/2", tree="b")
    assert strategy.deployed_version == "1.1.0"
    assert store.versions.get("main", "RSI", "1.0.0").lifecycle is L.SUPERSEDED
    assert [v.version for v in store.versions.list("main", "RSI")] == ["1.1.0", "1.0.0"]


def test_failed_version_is_refused_a_deploy_and_the_refusal_is_recorded(store, life):
    life.propose("1.0.0")
    life.move(L.VALIDATING, L.FAILED)
    with pytest.raises(IllegalMove, match="is failed and cannot become deployed") as caught:
        life.move(L.DEPLOYED, actor="mallory")
    assert (caught.value.current, caught.value.wanted) == ("failed", "deployed")
    row = store.audit.list(event="lifecycle.refused")[0]
    assert (row.actor, row.strategy, row.old, row.new) == ("mallory", "RSI", "failed", "deployed")
    assert store.strategies.get("main", "RSI").status is L.FAILED


def test_refusal_inside_a_larger_transaction_is_recorded_though_all_is_undone(store, life):
    life.propose("1.0.0")

    def change():
        with store.transaction():
            store.meta.put("half", "done")
            life.move(L.DEPLOYED)

    with pytest.raises(IllegalMove):
        change()
    assert store.meta.get("half") == ""
    assert len(store.audit.list(event="lifecycle.refused")) == 1
    assert store.audit.verify() is None


def test_refusal_that_is_caught_inside_leaves_the_rest_of_the_transaction(store, life):
    life.propose("1.0.0")
    with store.transaction():
        store.meta.put("half", "done")
        with pytest.raises(IllegalMove):
            life.move(L.DEPLOYED)
    assert store.meta.get("half") == "done"
    assert len(store.audit.list(event="lifecycle.refused")) == 1


def test_move_of_an_unknown_strategy_is_refused(store):
    with pytest.raises(IllegalMove, match="has no version to move"):
        store.strategies.transition("main", "Ghost", L.READY, actor="a", reason="")
    assert store.strategies.get("main", "Ghost") is None


def test_move_to_the_same_state_does_nothing(store, life):
    life.deploy("1.0.0")
    before = store.audit.head()
    assert life.move(L.DEPLOYED, version="1.0.0").deployed_version == "1.0.0"
    assert store.audit.head() == before


def test_rollback_goes_back_and_the_held_version_cannot_return(store, life):
    life.deploy("1.0.0", tree="a")
    life.deploy("1.1.0", "pr/2", tree="b")
    with store.transaction():
        life.move(L.ROLLED_BACK, version="1.1.0", reason="drawdown")
        strategy = life.move(L.DEPLOYED, version="1.0.0")
        store.holds.hold("main", "RSI", "1.1.0", "bob", "drawdown")
    assert (strategy.status, strategy.version) == (L.DEPLOYED, "1.0.0")
    with pytest.raises(IllegalMove, match=r"held by bob since .*: drawdown"):
        life.move(L.DEPLOYED, version="1.1.0")
    store.holds.unhold("main", "RSI", "1.1.0", "carol", "fixed the data")
    assert life.move(L.DEPLOYED, version="1.1.0").deployed_version == "1.1.0"
    assert store.versions.get("main", "RSI", "1.0.0").lifecycle is L.SUPERSEDED


def test_held_version_of_a_new_proposal_cannot_be_deployed(store, life):
    store.holds.hold("main", "RSI", "1.0.0", "bob", "not before the audit")
    with pytest.raises(IllegalMove, match="not before the audit"):
        life.deploy("1.0.0")


def test_rolled_back_without_another_version_shows_rolled_back(life):
    life.deploy("1.0.0")
    strategy = life.move(L.ROLLED_BACK)
    assert (strategy.status, strategy.deployed_version) == (L.ROLLED_BACK, "")


def test_deployed_number_with_other_content_is_refused(store, life):
    life.deploy("1.0.0", tree="a" * 40)
    life.ready("1.0.0", "pr/2", tree="b" * 40)
    with pytest.raises(VersionTaken, match="raise `version`"):
        life.move(L.DEPLOYED, proposal="pr/2")
    assert store.versions.landed("main", "RSI", "1.0.0").tree == "a" * 40


def test_same_content_proposed_again_brings_back_the_landed_version(store, life):
    life.deploy("1.0.0", tree="a")
    life.deploy("1.1.0", "pr/2", tree="b")
    life.ready("1.0.0", "pr/3", tree="a")
    strategy = life.move(L.DEPLOYED, proposal="pr/3")
    assert strategy.deployed_version == "1.0.0"
    assert strategy.proposed_status is None
    assert len(store.versions.list("main", "RSI")) == 2


def test_same_content_as_deployed_proposed_again_is_no_second_deploy(store, life):
    life.deploy("1.0.0", tree="a")
    life.ready("1.0.0", "pr/3", tree="a")
    strategy = life.move(L.DEPLOYED, proposal="pr/3")
    assert (strategy.deployed_version, strategy.proposed_status) == ("1.0.0", None)


def test_unready_proposal_is_refused_although_its_number_had_landed(life):
    life.deploy("1.0.0", tree="a")
    life.move(L.ROLLED_BACK)
    life.propose("1.0.0", "pr/2", tree="a")
    with pytest.raises(IllegalMove, match="is queued"):
        life.move(L.DEPLOYED, proposal="pr/2")


def test_deploy_without_a_number_is_refused(life):
    life.ready("")
    with pytest.raises(UserError, match="say which version"):
        life.move(L.DEPLOYED)


def test_new_content_forgets_the_old_verdict(store, life):
    life.propose("1.0.0", tree="a")
    store.versions.put(
        "main", "RSI", "1.0.0", tree="a", verdict="passed", content_key="k", proposal="pr/1"
    )
    life.propose("1.0.0", tree="b")
    version = store.versions.get("main", "RSI", "1.0.0")
    assert (version.tree, version.verdict, version.content_key) == ("b", "", "")


def test_version_nobody_proposed_cannot_be_filled(store):
    with pytest.raises(NotFound):
        store.versions.put("main", "RSI", "1.0.0", tree="a")


def test_database_itself_refuses_other_content_of_a_landed_version(store, life):
    import sqlite3

    life.deploy("1.0.0", tree="a")
    with pytest.raises(VersionTaken):
        store.versions.put("main", "RSI", "1.0.0", tree="b")
    raw = sqlite3.connect(store.path)
    with pytest.raises(sqlite3.IntegrityError, match="never changes content"):
        raw.execute("UPDATE versions SET tree = 'b'")
    raw.close()


def test_closed_proposal_is_archived_and_may_come_back(store, life):
    life.propose("1.0.0")
    life.propose("1.0.0", name="MACD")
    assert store.strategies.withdraw("main", "pr/1", actor="alice", reason="closed") == 2
    assert store.strategies.get("main", "RSI").status is L.ARCHIVED
    assert store.strategies.withdraw("main", "pr/1", actor="alice", reason="closed") == 0
    assert life.propose("1.0.0").status is L.QUEUED


def test_deleted_folder_archives_and_a_rollback_brings_it_back(life):
    life.deploy("1.0.0", tree="a")
    assert life.move(L.ARCHIVED).status is L.ARCHIVED
    strategy = life.move(L.DEPLOYED, version="1.0.0")
    assert (strategy.status, strategy.deployed_version) == (L.DEPLOYED, "1.0.0")


def test_infrastructure_error_is_counted_and_moves_nothing(store, life):
    life.propose("1.0.0")
    store.strategies.record_error("main", "RSI", "no sandbox: ...", actor="algoops")
    strategy = store.strategies.get("main", "RSI")
    assert (strategy.status, strategy.error_count) == (L.QUEUED, 1)
    assert strategy.last_error == "no sandbox: ..."
    with pytest.raises(NotFound):
        store.strategies.record_error("main", "Ghost", "x", actor="algoops")


def test_time_of_each_state_is_kept(time, life):
    life.propose("1.0.0")
    time.advance(60)
    strategy = life.move(L.VALIDATING)
    assert strategy.timestamps["queued"] == "2026-01-31T09:00:00.000Z"
    assert strategy.timestamps["validating"] == "2026-01-31T09:01:00.000Z"


def test_strategy_is_found_by_number_and_by_name(store, life):
    number = life.propose("1.0.0").id
    assert store.strategies.find("RSI").id == store.strategies.find(str(number)).id == number
    for nobody in ("Ghost", "999", "9" * 40, "", "²"):
        assert store.strategies.find(nobody) is None


def test_name_in_two_repositories_asks_for_the_number(store, life):
    life.propose("1.0.0")
    store.strategies.propose("other", "RSI", actor="a", reason="", version="1.0.0")
    with pytest.raises(UserError, match="number"):
        store.strategies.find("RSI")


def test_list_is_paged_filtered_and_searched_literally(store, life):
    for name in ("A_b", "Axb", "C"):
        life.propose("1.0.0", name=name)
    life.deploy("1.0.0", name="C")
    names = [s.name for s in store.strategies.list()]
    assert names == ["A_b", "Axb", "C"]
    assert [s.name for s in store.strategies.list(limit=1, offset=1)] == ["Axb"]
    assert [s.name for s in store.strategies.list(search="_b")] == ["A_b"]
    assert [s.name for s in store.strategies.list(status=L.DEPLOYED)] == ["C"]
    assert store.strategies.count(status=L.QUEUED) == 2
    assert store.strategies.count(search="%") == 0
    assert store.strategies.count("nowhere") == 0


def test_content_is_recorded_with_a_move(store, life):
    life.ready("1.0.0")
    life.move(
        L.DEPLOYED, content=VersionContent(tree="t", commit="c", content_key="k", verdict="passed")
    )
    version = store.versions.deployed("main", "RSI")
    assert (version.tree, version.commit, version.content_key) == ("t", "c", "k")


def test_withdrawing_what_has_no_proposal_id_leaves_the_deployed_version(store, life):
    life.deploy("1.0.0", "")
    life.propose("1.1.0", "")
    assert store.strategies.withdraw("main", "", actor="a", reason="closed") == 1
    strategy = store.strategies.get("main", "RSI")
    assert (strategy.status, strategy.deployed_version) == (L.DEPLOYED, "1.0.0")
    assert strategy.proposed_status is None


def test_rollback_is_recorded_though_a_ready_proposal_calls_itself_the_same_version(store, life):
    life.deploy("1.0.0", "pr/1", tree="a")
    life.deploy("1.1.0", "pr/2", tree="b")
    life.propose("1.0.0", "pr/3", tree="other")
    life.move(L.VALIDATING, L.READY, proposal="pr/3")
    for state, version in ((L.ROLLED_BACK, "1.1.0"), (L.DEPLOYED, "1.0.0")):
        store.strategies.transition(
            "main", "RSI", state, actor="ada", reason="it lost money", version=version
        )
    assert store.versions.deployed("main", "RSI").tree == "a"
    assert store.versions.of_proposal("main", "RSI", "pr/3").lifecycle is L.READY
