"""Changes past the bot while answers are given, the power goes, or many things change at once."""

import os
import threading
from unittest import mock

import pytest

from bot.core.events import Adopt, Restore
from bot.core.failpoints import ENV as FAILPOINT
from bot.deploy import adopt as adopting
from bot.landing.drifted import drifted
from bot.landing.unfinished import finish_open
from components.schema.results.values import Verdict
from tests.deploy_support import judged_now, push
from tests.integration.bot.test_drift_answers import (
    PASTS,
    by_hand,
    command,
    live,
    look,
    names,
    tested,
    tree,
    unreadable,
)
from tests.warm_support import Command

assert tested  # a fixture
assert PASTS  # what it stands for, to the fixture `stage`


def cut(stage, failpoint, *args):
    """The command line with the power cut at a named step."""
    with mock.patch.dict(os.environ, {FAILPOINT: failpoint}):
        command = Command(*args, "--config", stage.config)
    return command.finish().returncode


def test_two_restores_at_once_are_one(stage, world, tested):
    by_hand(stage, "alpha")
    look(world)
    done = []

    def restore(who):
        done.append(command(world, Restore("alpha"), actor=who))

    threads = [threading.Thread(target=restore, args=(who,)) for who in ("ada", "bob")]
    with world.repository("demo").lane:
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()
    codes = sorted(outcome.code for outcome in done)
    assert codes in (["not_drifted", "rolled_back"], ["rolled_back", "rolled_back"]), codes
    assert (tree(stage), live(world), names(world)) == (tested, "1.0.0", [])
    rollbacks = [d for d in world.store.deployments.list("demo", "alpha") if d.kind == "rollback"]
    assert len(rollbacks) == 1
    assert [h.version for h in world.store.holds.list("demo")] == ["1.1.0"]


def test_restore_while_the_same_change_is_checked_for_its_adoption_wins(
    stage, world, tested, monkeypatch
):
    by_hand(stage, "alpha")
    look(world)
    judged_now(world, "alpha", verdict=Verdict.PASSED)
    judge = adopting.judge_base

    def judge_and_restore(*words):
        found = judge(*words)
        assert command(world, Restore("alpha"), actor="bob").ok
        return found

    monkeypatch.setattr(adopting, "judge_base", judge_and_restore)
    refused = command(world, Adopt("alpha"))
    assert (refused.ok, refused.code) == (False, "moved_on")
    assert (tree(stage), live(world), names(world)) == (tested, "1.0.0", [])


@pytest.mark.parametrize("step", ["rollback.announced", "rollback.landed", "rollback.recorded"])
def test_power_cut_while_untested_content_is_taken_off_takes_it_off_once(
    stage, world, tested, step
):
    unreadable(stage, "stranger")
    look(world)
    assert cut(stage, step, "restore", "stranger") != 0
    finish_open(world, world.repository("demo"))
    look(world)
    assert (tree(stage, "stranger"), names(world)) == ("", [])
    assert world.store.intents.open() == []
    assert stage.git("log", "--format=%s", "main").count("Take stranger off the base") == 1
    assert command(world, Restore("stranger")).code == "not_drifted"


def test_many_strategies_that_drift_in_one_commit_are_raised_and_answered_one_by_one(
    stage, world, tested
):
    others = [f"other_{n}" for n in range(12)]
    by_hand(stage, "alpha", *others)
    look(world)
    assert names(world) == ["alpha", *sorted(others)]
    for name in ("alpha", *others):
        assert command(world, Restore(name)).ok
    look(world)
    assert (names(world), tree(stage)) == ([], tested)
    assert all(tree(stage, name) == "" for name in others)


def test_folder_that_a_force_push_renames_is_two_changes_with_an_answer_each(stage, world, tested):
    stage.author.start("renamed")
    folder = stage.author.folder / "strategies"
    (folder / "alpha").rename(folder / "omega")
    file = folder / "omega" / "strategy.yaml"
    file.write_text(file.read_text().replace("name: alpha", "name: omega"))
    stage.author.push("renamed", "Another name")
    stage.git("update-ref", "refs/heads/main", stage.git("rev-parse", "renamed"))
    stage.git("update-ref", "-d", "refs/heads/renamed")
    look(world)
    assert names(world) == ["alpha", "omega"]
    for name in ("alpha", "omega"):
        assert command(world, Restore(name)).ok
    look(world)
    assert (names(world), tree(stage), tree(stage, "omega")) == ([], tested, "")


def test_history_that_is_rewritten_under_what_was_tested_is_no_drift(stage, world, tested):
    lone = stage.git("commit-tree", "-m", "Anew", stage.git("rev-parse", "main^{tree}"))
    stage.git("update-ref", "refs/heads/main", lone)
    look(world)
    assert (names(world), live(world)) == ([], "1.0.0")
    by_hand(stage, "alpha")
    look(world)
    assert command(world, Restore("alpha")).ok
    assert (tree(stage), drifted(world.store, "demo")) == (tested, ())


def test_adopted_change_that_is_changed_again_is_raised_again(stage, world, tested):
    by_hand(stage, "alpha")
    look(world)
    judged_now(world, "alpha", verdict=Verdict.PASSED)
    assert command(world, Adopt("alpha")).ok
    push(stage, "more", "alpha", version="1.2.0")
    stage.git("update-ref", "refs/heads/main", stage.git("rev-parse", "more"))
    stage.git("update-ref", "-d", "refs/heads/more")
    look(world)
    assert names(world) == ["alpha"]
    assert command(world, Restore("alpha")).data["version"] == "1.1.0"
