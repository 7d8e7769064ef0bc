"""Somebody changes a strategy on the base without the bot: it is raised, and one command answers."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.config.settings import load
from bot.core.event_json import to_payload
from bot.core.events import Adopt, CommandIssued, Restore
from bot.core.orders import DeployOrder
from bot.core.requests import DriftRequest, NotReady
from bot.daemon.commands import run_command
from bot.daemon.intake import dispatch
from bot.daemon.service import Service
from bot.demo.author import git
from bot.deploy.deploys import deploy
from bot.deploy.drift import base_moved
from bot.deploy.recheck import recheck
from bot.landing.board import board_of, show_board
from bot.landing.drifted import NO_COMMAND, drifted
from bot.landing.lost import lost_lately
from bot.landing.outcomes import read
from bot.report.board import MOST, board_text
from bot.server.backend import NotFound
from bot.server.strategy_view import timeline
from components.forge.local import BOARD
from components.git_patch.notes import read_note
from components.ports import Permission
from components.schema.results.values import Verdict
from components.state.story import lifecycle_story
from components.state.tables.records import Job
from tests.cli_support import in_process
from tests.deploy_support import judged_now, push, reported
from tests.integration.bot.conftest import ENV


def job(kind, key="demo", payload=None):
    return Job(1, kind, key, "demo", payload or {}, "leased", 0, 1, 3, "", "")


def look(world):
    base_moved(world, job("base"))


def command(world, what, actor="ada", source="api"):
    event = CommandIssued("demo", "branch/other", actor, what, source=source)
    key = f"{type(what).__name__}:{world.store.audit.head().count}"
    run_command(world, job("command", key, to_payload(event)))
    return read(world.store, key)


def live(world, name="alpha"):
    current = world.store.deployments.current("demo", name)
    return current.version if current else ""


def tree(stage, name="alpha"):
    found = stage.git("ls-tree", "main", f"strategies/{name}")
    return found.split()[2] if found else ""


def names(world):
    return [d.name for d in drifted(world.store, "demo")]


def by_hand(stage, *strategies, version="1.1.0", **more):
    """A push to the base that goes past the bot."""
    push(stage, "by-hand", *strategies, version=version, **more)
    stage.git("update-ref", "refs/heads/main", stage.git("rev-parse", "by-hand"))
    stage.git("update-ref", "-d", "refs/heads/by-hand")


def gone_by_hand(stage):
    stage.author.start("gone")
    shutil.rmtree(stage.author.folder / "strategies" / "alpha")
    stage.author.push("gone", "Away with it")
    stage.git("update-ref", "refs/heads/main", stage.git("rev-parse", "gone"))
    stage.git("update-ref", "-d", "refs/heads/gone")


def deploy_tested(stage, world):
    """alpha 1.0.0 was tested and deployed."""
    look(world)
    push(stage, "one", "alpha")
    reported(world, "one")
    assert deploy(world, world.repository("demo"), DeployOrder("branch/one", "ada")).ok
    look(world)
    assert names(world) == []


PASTS = {"tested": deploy_tested}


@pytest.fixture
def tested(stage):
    """After `deploy_tested`: alpha's tree."""
    return tree(stage)


def test_change_past_the_bot_is_raised_with_the_commands_that_answer_it(stage, world, tested):
    by_hand(stage, "alpha")
    look(world)
    (drift,) = drifted(world.store, "demo")
    assert drift.words == (
        "alpha changed on the base without the bot (moved outside the bot): `algoops adopt alpha` "
        "takes it in, if it passes; `algoops restore alpha` puts back what was tested"
    )
    show_board(world, job("board"))
    note = read_note(
        world.repository("demo").where.repository, BOARD, stage.git("rev-parse", "main")
    )
    assert "### Drifted\n- `alpha` `1.1.0`: changed on the base" in note
    assert "`/algoops adopt alpha` takes it in" in note
    assert "`/algoops restore alpha` puts back" in note


def test_what_was_there_at_the_first_start_is_no_drift(stage, world):
    by_hand(stage, "alpha")
    look(world)
    assert (live(world), names(world)) == ("1.1.0", [])


def test_adopted_change_that_passes_is_on_record_and_no_drift_any_more(stage, world, tested):
    by_hand(stage, "alpha")
    look(world)
    judged_now(world, "alpha", verdict=Verdict.PASSED)
    done = command(world, Adopt("alpha"))
    assert (done.ok, done.code) == (True, "adopted"), done.message
    assert (live(world), names(world)) == ("1.1.0", [])
    assert world.store.audit.list(event="drift.adopted", limit=2)[0].actor == "ada"
    assert command(world, Adopt("alpha")).code == "not_drifted"
    by_hand(stage, "alpha", version="1.2.0")
    look(world)
    assert command(world, Restore("alpha")).data["version"] == "1.1.0"


def test_change_that_fails_its_check_is_not_adopted_and_stays_raised(stage, world, tested):
    by_hand(stage, "alpha")
    look(world)
    judged_now(world, "alpha", verdict=Verdict.FAILED)
    refused = command(world, Adopt("alpha"))
    assert (refused.ok, refused.code) == (False, "not_adopted")
    assert "`algoops restore alpha`" in refused.message
    assert names(world) == ["alpha"]


def test_content_that_moved_while_it_was_checked_is_not_adopted(stage, world, tested):
    by_hand(stage, "alpha")
    look(world)
    by_hand(stage, "alpha", version="1.2.0")
    judged_now(world, "alpha", verdict=Verdict.PASSED)
    assert command(world, Adopt("alpha")).code == "moved_on"
    assert names(world) == ["alpha"]


def test_restore_puts_back_exactly_what_was_tested_and_holds_the_change(stage, world, tested):
    by_hand(stage, "alpha")
    look(world)
    done = command(world, Restore("alpha"))
    assert (done.ok, done.code) == (True, "rolled_back"), done.message
    assert (tree(stage), live(world), names(world)) == (tested, "1.0.0", [])
    assert world.store.holds.active("demo", "alpha", "1.1.0") is not None
    look(world)
    assert (live(world), names(world)) == ("1.0.0", [])
    assert command(world, Restore("alpha")).code == "not_drifted"


def test_other_content_under_a_deployed_number_is_put_back_and_holds_nothing(stage, world, tested):
    by_hand(stage, "alpha", version="1.0.0", extra={"note.txt": "changed"})
    look(world)
    (drift,) = drifted(world.store, "demo")
    assert "1.0.0 was deployed before with other content" in drift.words
    assert "adopt" not in drift.words
    assert command(world, Adopt("alpha")).code == "not_adopted"
    done = command(world, Restore("alpha"))
    assert done.ok, done.message
    assert (tree(stage), live(world), names(world)) == (tested, "1.0.0", [])
    assert world.store.holds.list("demo") == []


def test_unrecorded_content_that_is_pushed_back_by_hand_is_no_drift_any_more(stage, world, tested):
    before = stage.git("rev-parse", "main")
    by_hand(stage, "alpha", version="1.0.0", extra={"note.txt": "changed"})
    look(world)
    assert names(world) == ["alpha"]
    stage.git("update-ref", "refs/heads/main", before)
    look(world)
    assert names(world) == []


def test_strategy_taken_off_past_the_bot_comes_back_as_tested(stage, world, tested):
    gone_by_hand(stage)
    look(world)
    assert (live(world), names(world)) == ("", ["alpha"])
    done = command(world, Restore("alpha"))
    assert done.ok, done.message
    assert (tree(stage), live(world), names(world)) == (tested, "1.0.0", [])


def test_strategy_taken_off_past_the_bot_and_meant_so_is_answered_by_adopt(stage, world, tested):
    gone_by_hand(stage)
    look(world)
    assert [d.name for d in lost_lately(world.store)] == ["alpha"]
    assert command(world, Adopt("alpha")).code == "adopted"
    assert (live(world), names(world)) == ("", [])
    assert lost_lately(world.store) == ()


def test_strategy_that_nobody_ever_tested_goes_at_restore(stage, world, tested):
    by_hand(stage, "stranger", version="1.0.0")
    look(world)
    assert names(world) == ["stranger"]
    assert command(world, Restore("stranger")).ok
    assert (tree(stage, "stranger"), names(world)) == ("", [])


def unreadable(stage, name):
    by_hand(stage, name, version="1.0.0", extra={"strategy.yaml": "name: [\n"})


def test_unreadable_content_that_was_never_tested_goes_at_restore(stage, world, tested):
    unreadable(stage, "stranger")
    look(world)
    (drift,) = drifted(world.store, "demo")
    assert drift.words == (
        "stranger changed on the base without the bot (moved outside the bot; its definition "
        "cannot be read): `algoops restore stranger` takes it off the base: nothing of it was tested"
    )
    told = in_process("status", "--config", stage.config).stdout.decode()
    assert "`algoops restore stranger` takes it off the base" in told
    refused = command(world, Adopt("stranger"))
    assert (refused.code, "`algoops restore stranger`" in refused.message) == ("not_adopted", True)
    done = command(world, Restore("stranger"))
    assert (done.ok, done.message.startswith("⏪ `stranger` is off the base")) == (True, True)
    assert (tree(stage, "stranger"), names(world)) == ("", [])
    look(world)
    assert names(world) == []
    assert stage.git("log", "-1", "--format=%s", "main") == "Take stranger off the base"


def test_unreadable_content_beside_no_known_strategy_is_named_by_status(stage, world):
    look(world)
    unreadable(stage, "stranger")
    look(world)
    told = in_process("status", "--config", stage.config).stdout.decode()
    assert "`algoops restore stranger` takes it off the base" in told
    assert command(world, Restore("stranger")).ok
    assert (tree(stage, "stranger"), names(world)) == ("", [])


def over_http(stage, world, name, answer):
    """As the API asks: it waits in a thread of its own while the command is carried out here."""
    service = Service(world, load(stage.config, env=ENV))
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(service.answer_drift, DriftRequest(name, "token:ops", answer))
        while not asked.done():
            world.wake.wait(0.1)
            dispatch(world)
            while (found := world.store.jobs.lease("w", 60, kinds=["command"])) is not None:
                run_command(world, found)
                world.store.jobs.complete(found.id, "w")
                world.settled.ring()
        return asked.result()


def test_change_that_is_on_no_record_is_answered_over_http_by_its_name(stage, world):
    look(world)
    unreadable(stage, "stranger")
    look(world)
    with pytest.raises(NotReady, match="stranger is not taken in"):
        over_http(stage, world, "stranger", "adopt")
    done = over_http(stage, world, "stranger", "restore")
    assert (done.status, done.strategy_id) == ("rolled_back", None)
    assert (tree(stage, "stranger"), names(world)) == ("", [])
    for name in ("stranger", "a b", "../stranger", "7"):
        with pytest.raises(NotFound, match="there is no strategy"):
            over_http(stage, world, name, "restore")


@pytest.mark.parametrize("name", ["a b", "x" * 101])
def test_folder_whose_name_no_command_takes_is_raised_with_what_to_do(stage, world, tested, name):
    unreadable(stage, name)
    look(world)
    (drift,) = drifted(world.store, "demo")
    assert drift.words.endswith(f": {NO_COMMAND}")
    with pytest.raises(NotFound):
        over_http(stage, world, name, "restore")
    assert f"cannot be read): {NO_COMMAND}" in board_text(
        board_of(world.store, world.repository("demo"))
    )
    stage.author.start("clean")
    git(stage.author.folder, "rm", "-rq", f"strategies/{name}")
    stage.author.push("main", "Remove it, as the message says")
    look(world)
    assert names(world) == []


def test_stranger_that_somebody_took_off_again_is_no_drift(stage, world, tested):
    before = stage.git("rev-parse", "main")
    by_hand(stage, "stranger", version="1.0.0")
    look(world)
    stage.git("update-ref", "refs/heads/main", before)
    look(world)
    assert (names(world), lost_lately(world.store)) == ([], ())


def test_tested_content_that_is_pushed_back_by_hand_is_no_drift(stage, world, tested):
    before = stage.git("rev-parse", "main")
    by_hand(stage, "alpha")
    look(world)
    stage.git("update-ref", "refs/heads/main", before)
    look(world)
    assert (live(world), names(world)) == ("1.0.0", [])


def test_tested_version_on_hold_is_put_back_once_that_is_lifted(stage, world, tested):
    by_hand(stage, "alpha")
    look(world)
    world.store.holds.hold("demo", "alpha", "1.0.0", "ada", "too slow")
    (drift,) = drifted(world.store, "demo")
    assert "`algoops unhold alpha 1.0.0` lifts the hold" in drift.words
    refused = command(world, Restore("alpha"))
    assert (refused.code, "`algoops unhold alpha 1.0.0`" in refused.message) == ("held", True)
    world.store.holds.unhold("demo", "alpha", "1.0.0", "ada", "")
    assert command(world, Restore("alpha")).ok
    assert (tree(stage), names(world)) == (tested, [])


def test_held_change_is_taken_in_once_its_hold_is_lifted(stage, world, tested):
    by_hand(stage, "alpha")
    look(world)
    assert command(world, Restore("alpha")).ok
    by_hand(stage, "alpha")
    look(world)
    assert "1.1.0 is held" in drifted(world.store, "demo")[0].words
    assert command(world, Adopt("alpha")).code == "not_adopted"
    world.store.holds.unhold("demo", "alpha", "1.1.0", "ada", "")
    judged_now(world, "alpha", verdict=Verdict.PASSED)
    assert command(world, Adopt("alpha")).code == "adopted"
    assert (live(world), names(world)) == ("1.1.0", [])


@pytest.mark.parametrize("what", [Adopt, Restore])
def test_answer_that_comes_before_the_bot_has_looked_is_about_what_is_there(
    stage, world, tested, what
):
    by_hand(stage, "alpha")
    judged_now(world, "alpha", verdict=Verdict.PASSED)
    assert command(world, what("alpha")).ok
    assert live(world) == ("1.1.0" if what is Adopt else "1.0.0")
    assert bool(world.store.holds.list("demo", "alpha")) == (what is Restore)
    look(world)
    assert names(world) == []


@pytest.mark.parametrize("what", [Adopt, Restore])
def test_answer_where_nothing_drifted_says_what_is_true(stage, world, tested, what):
    unknown = command(world, what("nosuch"))
    assert (unknown.code, unknown.message) == (
        "not_found",
        "there is no strategy nosuch: main does not have strategies/nosuch",
    )
    day = world.store.deployments.current("demo", "alpha").deployed_at[:10]
    assert command(world, what("alpha")).message == (
        f"alpha 1.0.0 was deployed on {day} by ada: nobody changed that without the bot"
    )
    gone_by_hand(stage)
    look(world)
    assert command(world, Adopt("alpha")).ok
    assert command(world, what("alpha")).message.startswith(
        "alpha is not on the base any more, it was removed on"
    )


def test_lifecycle_tells_of_the_change_and_of_what_was_put_back(stage, world, tested):
    by_hand(stage, "alpha", version="1.0.0", extra={"note.txt": "changed"})
    look(world)
    command(world, Restore("alpha", "not ours"))
    by_hand(stage, "alpha")
    look(world)
    command(world, Restore("alpha"))
    gone_by_hand(stage)
    look(world)
    command(world, Adopt("alpha"))
    told = "\n".join(lifecycle_story(world.store, "demo", "alpha"))
    for words in (
        "could not go on record: moved outside the bot: 1.0.0 was deployed before with other",
        "ada put back version 1.0.0 as it was tested: not ours.",
        "Version 1.1.0 came without the bot as commit",
        "ada rolled version 1.1.0 back",
        "It was taken off without the bot as commit",
        "ada took in that it is gone",
    ):
        assert words.casefold() in told.casefold(), told
    page = timeline(world.store.strategies.history("demo", "alpha"), whole=False)
    titles = {one.title for one in page}
    assert {"Changed without the bot", "Put back as tested", "Taken in"} <= titles
    subjects = stage.git("log", "--format=%s", "main").splitlines()
    assert "Put back alpha 1.0.0 as it was tested" in subjects
    assert "Roll back alpha from 1.1.0 to 1.0.0" in subjects


@pytest.mark.parametrize("what", [Adopt("alpha"), Restore("alpha")])
def test_reader_who_answers_a_drift_is_refused(stage, world, tested, monkeypatch, what):
    by_hand(stage, "alpha")
    push(stage, "other", "beta")
    look(world)
    forge = world.repository("demo").forge
    monkeypatch.setattr(forge, "permission", lambda _actor: Permission.READ)
    refused = command(world, what, actor="reader", source="comment")
    assert (refused.ok, refused.code) == (False, "forbidden")
    assert (live(world), names(world)) == ("1.1.0", ["alpha"])


def test_status_on_the_command_line_names_what_drifted_and_what_is_held(stage, world, tested):
    by_hand(stage, "alpha")
    look(world)
    world.store.holds.hold("demo", "alpha", "0.9.0", "ada", "too slow")
    told = in_process("status", "--config", stage.config).stdout.decode()
    assert "`algoops restore alpha` puts back what was tested" in told
    assert "demo: alpha 0.9.0 is held: too slow" in told


def test_restore_on_the_command_line_needs_no_daemon(stage, world, tested):
    by_hand(stage, "alpha")
    look(world)
    done = in_process("restore", "alpha", "--config", stage.config)
    assert done.returncode == 0, done.stderr.decode()
    assert (tree(stage), names(world)) == (tested, [])


def test_what_is_put_back_is_not_called_failing_for_what_stood_there(stage, world, tested):
    by_hand(stage, "alpha", version="1.0.0", extra={"note.txt": "changed"})
    look(world)
    judged_now(world, "alpha")
    recheck(world, world.store.jobs.lease("worker", 60.0, ["recheck"]))
    assert command(world, Restore("alpha")).ok
    assert board_of(world.store, world.repository("demo")).failing == []
    judged_now(world, "alpha")
    recheck(world, job("recheck", "again"))
    (row,) = board_of(world.store, world.repository("demo")).failing
    assert (row.name, row.words) == ("alpha", "is live and fails today's checks")


def test_dashboard_is_written_again_only_when_its_text_changes(stage, world, tested):
    forge = world.repository("demo").forge
    show_board(world, job("board"))
    tip = stage.git("rev-parse", BOARD)
    show_board(world, job("board"))
    world.store.audit.append("ada", "something.else", repository="demo")
    show_board(world, job("board"))
    assert stage.git("rev-parse", BOARD) == tip
    world.store.holds.hold("demo", "alpha", "0.9.0", "ada", "too slow")
    show_board(world, job("board"))
    assert stage.git("rev-parse", BOARD) != tip
    assert "### Held\n- `alpha` `0.9.0`: too slow (ada," in read_note(
        world.repository("demo").where.repository, BOARD, forge.base()
    )


def test_dashboard_bounds_long_lists_and_shows_hostile_words_harmlessly(world, tested):
    for number in range(200):
        reason = "<img src=x> @everyone [x](http://evil.test) `" + "y" * 1000
        world.store.holds.hold("demo", f"name_{number}", "1.0.0", "<b>ada</b>", reason)
    text = board_text(board_of(world.store, world.repository("demo")))
    assert f"- and {200 - MOST} more" in text
    assert "200 held" in text
    assert len(text) < 20_000
    for harmful in ("<img", "<b>", "@everyone", "[x]("):
        assert harmful not in text
