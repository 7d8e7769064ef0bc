"""Landing on a local forge: all or nothing, once, whatever else happens at the same moment."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from components.errors import Moved, TransientError, UserError
from components.forge.local import NOTES, ORDERS, REPLIES, LocalForge
from components.git_patch import Repository
from components.git_patch import repository as repository_module
from components.git_patch.notes import read_note, write_note, write_notes
from components.git_patch.values import MergeCandidate, Update
from components.ports import Landing, Permission, StatusState, Tag
from components.schema.results.report import ProposalRef, Report
from components.schema.results.values import Verdict
from tests.git_support import ENV, Author, git, strategy
from tests.warm_support import Command


def tags(world):
    return {t.name: t.commit for t in world.repo.list_tags()}


def a_report(head, **changes):
    return Report(
        algoops="1",
        proposal=ProposalRef(id="branch/x", ref="x"),
        head_commit=head,
        base_commit=head,
        verdict=Verdict.PASSED,
        summary="fine",
        started_at="a",
        finished_at="b",
        duration_s=1,
        **changes,
    )


def test_landing_moves_base_and_makes_annotated_tags_at_once(world):
    proposal = world.propose("x", strategy("RSI", version="1.1.0"))
    landing = world.landing(proposal, Tag("RSI/v1.1.0", "Deploy RSI 1.1.0\n\nVerdict: passed"))
    assert world.forge.land(landing) == landing.commit
    assert world.forge.base() == landing.commit
    assert tags(world) == {"RSI/v1.1.0": landing.commit}
    assert "Verdict: passed" in git(world.bare, "cat-file", "tag", "RSI/v1.1.0")
    assert world.forge.proposals() == ()
    assert world.forge.proposal("branch/x") is None


def test_landing_called_again_changes_nothing(world):
    landing = world.landing(
        world.propose("x", strategy("RSI", code="x = 2\n")), Tag("RSI/v1.0.0", "x")
    )
    world.forge.land(landing)
    before = git(world.bare, "for-each-ref")
    assert world.forge.land(landing) == landing.commit
    world.deploy("y", strategy("MACD", code="y = 2\n"))
    after = git(world.bare, "for-each-ref", "refs/tags", "refs/heads/main")
    assert world.forge.land(landing) == landing.commit
    assert git(world.bare, "for-each-ref", "refs/tags", "refs/heads/main") == after
    assert before != after


@pytest.mark.parametrize("lost", ["tag", "base"])
def test_landing_cut_in_half_by_a_power_cut_is_completed(world, lost):
    """The files backend renames one lock after the other: a power cut may leave some of them."""
    landing = world.landing(
        world.propose("x", strategy("RSI", code="x = 2\n")), Tag("RSI/v1.0.0", "x")
    )
    world.forge.land(landing)
    if lost == "tag":
        git(world.bare, "tag", "-d", "RSI/v1.0.0")
    else:
        git(world.bare, "update-ref", "refs/heads/main", landing.expected_base)
    assert world.forge.land(landing) == landing.commit
    assert world.forge.base() == landing.commit
    assert tags(world) == {"RSI/v1.0.0": landing.commit}


def test_base_that_moved_refuses_and_leaves_no_tag(world):
    landing = world.landing(
        world.propose("x", strategy("RSI", code="x = 2\n")), Tag("RSI/v1.0.0", "x")
    )
    world.author.pull_main()
    moved = world.author.commit(strategy("MACD", code="by hand\n"))
    world.author.push()
    with pytest.raises(Moved, match="refs/heads/main is at"):
        world.forge.land(landing)
    assert world.forge.base() == moved
    assert tags(world) == {}


@pytest.mark.parametrize("how", ["pushed", "deleted"])
def test_head_that_moved_or_went_refuses_and_leaves_base(world, how):
    landing = world.landing(
        world.propose("x", strategy("RSI", code="x = 2\n")), Tag("RSI/v1.0.0", "x")
    )
    if how == "pushed":
        world.propose("y", strategy("RSI", code="x = 3\n"))
        world.author.push("+y:x")
    else:
        git(world.bare, "branch", "-D", "x")
    with pytest.raises(Moved, match="refs/heads/x is at"):
        world.forge.land(landing)
    assert world.forge.base() == landing.expected_base
    assert tags(world) == {}


def test_version_that_is_deployed_with_other_content_is_refused(world):
    world.deploy("x", strategy("RSI", code="x = 2\n"), "RSI/v1.0.0")
    base = world.forge.base()
    proposal = world.propose("y", strategy("RSI", code="x = 3\n"))
    with pytest.raises(UserError, match="is there already"):
        world.forge.land(world.landing(proposal, Tag("RSI/v1.0.0", "x")))
    assert world.forge.base() == base


@pytest.mark.parametrize("taken", ["RSI", "RSI/v1.0.0/x"])
def test_tag_in_the_way_of_another_is_named(world, taken):
    git(world.bare, "tag", taken, "main")
    proposal = world.propose("x", strategy("RSI", code="x = 2\n"))
    with pytest.raises(UserError, match=f"while refs/tags/{taken} is there"):
        world.forge.land(world.landing(proposal, Tag("RSI/v1.0.0", "x")))


def test_commit_that_would_rewind_the_base_is_refused(world):
    first = world.forge.base()
    proposal = world.propose("x", strategy("RSI", code="x = 2\n"))
    base = world.deploy("y", strategy("MACD", code="y = 2\n"))
    with pytest.raises(UserError, match="would drop commits"):
        world.forge.land(Landing(commit=proposal.head, expected_base=base, message="x"))
    assert first != base == world.forge.base()


def test_prepared_commit_that_was_collected_is_asked_for_again(world):
    landing = world.landing(world.propose("x", strategy("RSI", code="x = 2\n")))
    git(world.bare, "gc", "--quiet", "--prune=now")
    with pytest.raises(Moved, match="prepare it again"):
        world.forge.land(landing)


def test_rollback_without_proposal_lands(world):
    world.deploy("x", strategy("RSI", code="x = 2\n"))
    base = world.forge.base()
    old = world.repo.tree_at(f"{world.repo.parents(base)[0]}", "strategies/RSI")
    commit = world.repo.revert_folder(base, "strategies/RSI", old, "Roll back")
    assert (
        world.forge.land(Landing(commit=commit, expected_base=base, message="Roll back")) == commit
    )
    assert world.repo.tree_at(world.forge.base(), "strategies/RSI") == old


def test_batch_lands_with_a_tag_on_each_of_its_merges(world):
    proposals = [world.propose(n, strategy(n.upper())) for n in ("a", "b", "c")]
    base = world.forge.base()
    batch = world.repo.merge_many(
        base, tuple(MergeCandidate(p.head, f"Deploy {p.ref}") for p in proposals)
    )
    landing = Landing(
        commit=batch.tip,
        expected_base=base,
        message="batch",
        members=tuple(proposals),
        tags=tuple(
            Tag(f"{p.ref.upper()}/v1.0.0", "x", s.commit)
            for p, s in zip(proposals, batch.steps, strict=True)
        ),
    )
    assert world.forge.land(landing) == world.forge.land(landing) == batch.tip
    assert tags(world) == {f"{n}/v1.0.0": s.commit for n, s in zip("ABC", batch.steps, strict=True)}
    assert world.forge.proposals() == ()


def test_batch_with_one_member_that_moved_lands_nothing(world):
    proposals = [world.propose(n, strategy(n.upper())) for n in ("a", "b")]
    base = world.forge.base()
    batch = world.repo.merge_many(base, tuple(MergeCandidate(p.head, "x") for p in proposals))
    world.author.push("+main:b")
    with pytest.raises(Moved):
        world.forge.land(
            Landing(commit=batch.tip, expected_base=base, message="x", members=tuple(proposals))
        )
    assert world.forge.base() == base


def test_two_landings_at_once_serialise_and_the_loser_is_told(world):
    landings = [
        world.landing(world.propose(f"b{i}", strategy(f"S{i}")), Tag(f"S{i}/v1.0.0", "x"))
        for i in range(6)
    ]
    outcomes, gate = {}, threading.Barrier(len(landings))

    def land(landing):
        gate.wait()
        for _attempt in range(20):  # as jobs do: refs that stay locked say nothing of the base
            try:
                outcomes[landing.commit] = world.forge.land(landing)
            except Moved as error:
                outcomes[landing.commit] = error
            except TransientError:
                continue
            return

    threads = [threading.Thread(target=land, args=(x,)) for x in landings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [c for c, outcome in outcomes.items() if outcome == c]
    assert len(outcomes) == len(landings)
    assert winners == [world.forge.base()]
    assert all(isinstance(o, Moved) for c, o in outcomes.items() if c not in winners)
    assert list(tags(world).values()) == winners


def test_same_landing_from_many_threads_lands_once(world):
    landing = world.landing(
        world.propose("x", strategy("RSI", code="x = 2\n")), Tag("RSI/v1.0.0", "x")
    )
    outcomes, gate = [], threading.Barrier(6)

    def land():
        gate.wait()
        outcomes.append(world.forge.land(landing))

    threads = [threading.Thread(target=land) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [landing.commit] * 6
    assert [e.commit for e in world.repo.log(world.forge.base(), limit=1)] == [landing.commit]


@pytest.mark.parametrize("name", ["refs/heads/main", "HEAD"])
@pytest.mark.parametrize("clock_was_ahead", [False, True])
def test_lock_that_a_killed_git_left_is_waited_for_and_then_removed(world, name, clock_was_ahead):
    landing = world.landing(world.propose("x", strategy("RSI", code="x = 2\n")))
    lock = world.bare / f"{name}.lock"
    lock.write_text("")
    with pytest.raises(TransientError, match=name):
        world.forge.land(landing)
    assert lock.exists()
    assert world.forge.base() == landing.expected_base
    age_locks(world.bare, expected=True, clock_was_ahead=clock_was_ahead)
    assert world.forge.land(landing) == landing.commit
    assert world.audit[-1][0] == "stale_lock_removed"


def test_lock_on_all_packed_refs_that_a_killed_git_left_keeps_no_branch(world):
    world.propose("x", strategy("RSI", code="x = 2\n"))
    head = world.repo.resolve("refs/heads/x")
    git(world.bare, "pack-refs", "--all")
    (world.bare / "packed-refs.lock").write_text("")
    gone = [Update("refs/heads/x", head, None)]
    with pytest.raises(TransientError, match="packed-refs"):
        world.repo.publish(gone)
    age_locks(world.bare, expected=True)
    world.repo.publish(gone)
    assert world.repo.resolve("refs/heads/x") is None


LANDER = """
import sys
from pathlib import Path
from components.forge.local import LocalForge
from components.ports import Landing, Tag
bare, reports, shim, commit, base = sys.argv[1:]
forge = LocalForge.open("team", Path(bare), base="main", reports=Path(reports), binary=shim)
forge.land(Landing(commit=commit, expected_base=base, message="x",
                   tags=(Tag("RSI/v1.0.0", "x"), Tag("MACD/v1.0.0", "x"))))
"""
NOTER = """
import sys
from pathlib import Path
from components.forge.local import LocalForge
bare, reports, shim, *commits = sys.argv[1:]
forge = LocalForge.open("team", Path(bare), base="main", reports=Path(reports), binary=shim)
forge.note_orders({commit: f"orders of {commit}" for commit in commits})
"""
# A git that cuts the power of whoever called it: before or after one command, or in its middle,
# where it has answered but was not told to end.
SHIM = """#!{python} -IS
import os, signal, subprocess, sys
command, moment, args = {command!r}, {moment!r}, sys.argv[1:]
def die():
    os.kill(os.getppid(), signal.SIGKILL)
    sys.exit(1)
if command not in args:
    os.execvp("git", ["git", *args])
if moment == "before":
    die()
if moment == "after":
    subprocess.run(["git", *args], check=True)
    die()
real = subprocess.Popen(["git", *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
lines = sys.stdin.buffer.read().splitlines(keepends=True)
real.stdin.write(b"".join(lines[:-1]))
real.stdin.flush()
while (answer := real.stdout.readline()) == b"start: ok\\n":
    pass
assert answer
real.kill()
real.wait()
die()
"""


@pytest.mark.parametrize(
    ("command", "moment", "landed"),
    [
        ("merge-base", "before", False),
        ("mktag", "before", False),
        ("mktag", "after", False),
        ("update-ref", "before", False),
        ("update-ref", "prepared", False),
        ("update-ref", "after", True),
    ],
)
def test_lander_killed_at_a_step_leaves_all_or_nothing_and_can_be_repeated(
    world, command, moment, landed
):
    landing = world.landing(
        world.propose("x", strategy("RSI", code="x = 2\n")),
        Tag("RSI/v1.0.0", "x"),
        Tag("MACD/v1.0.0", "x"),
    )
    cut_power(world, (command, moment), LANDER, landing.commit, landing.expected_base)
    assert (world.forge.base() == landing.commit, len(tags(world))) == (landed, 2 if landed else 0)
    age_locks(world.bare, expected=moment == "prepared")
    assert world.forge.land(landing) == landing.commit
    assert tags(world) == {"RSI/v1.0.0": landing.commit, "MACD/v1.0.0": landing.commit}
    assert len(world.repo.log(world.forge.base())) == 2


def cut_power(world, at, program, *arguments):
    """Run a program whose git, at a command and moment, kills it."""
    shim = world.root / "git-shim"
    shim.write_text(SHIM.format(python=sys.executable, command=at[0], moment=at[1]))
    shim.chmod(0o755)
    cut = Command(world.bare, world.root / "reports", shim, *arguments, code=program)
    assert cut.finish().returncode == -signal.SIGKILL


def age_locks(bare, *, expected, clock_was_ahead=False):
    locks = list(bare.rglob("*.lock"))
    assert bool(locks) == expected
    age = repository_module.STALE_LOCK_S + 1
    old = time.time() + (age if clock_was_ahead else -age)
    for lock in locks:
        os.utime(lock, (old, old))


FULL_DISK = """
import resource, sys
from pathlib import Path
from components.errors import TransientError
from components.forge.local import LocalForge
from components.ports import Landing, Tag
from components.safe_tools.files import write_atomic
bare, reports, commit, base = sys.argv[1:]
forge = LocalForge.open("team", Path(bare), base="main", reports=Path(reports))
write_atomic(Path(reports), "r.md", b"old")
told, most = [], resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (0, most))
landing = Landing(commit=commit, expected_base=base, message="x", tags=(Tag("RSI/v1.0.0", "x"),))
for act in (lambda: forge.land(landing), lambda: write_atomic(Path(reports), "r.md", b"new" * 9999)):
    try:
        act()
    except TransientError as error:
        told.append(f"later: {error}")
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
print(told)
"""


def test_full_disk_lands_nothing_and_keeps_the_old_report(world):
    landing = world.landing(world.propose("x", strategy("RSI", code="x = 2\n")))
    arguments = (world.bare, world.root / "reports", landing.commit, landing.expected_base)
    done = Command(*arguments, code=FULL_DISK).finish()
    assert done.stdout.count("later:") == 2, done.stderr
    assert world.forge.base() == landing.expected_base
    assert tags(world) == {}
    assert (world.root / "reports/r.md").read_bytes() == b"old"
    assert [p.name for p in (world.root / "reports").iterdir()] == ["r.md"]
    assert world.forge.land(landing) == landing.commit


# --- proposals ---


def test_proposals_are_the_branches_with_something_new(world):
    world.propose("feature/ä-1", strategy("RSI", code="x = 2\n"))
    world.author.branch("same-as-main")
    world.author.push()
    world.author.push("feature/ä-1:refs/heads/algoops/revert-1")
    (proposal,) = world.forge.proposals()
    assert (proposal.id, proposal.ref) == ("branch/feature/ä-1", "feature/ä-1")
    assert (proposal.author, proposal.title) == ("Ada", "Change")
    assert world.forge.proposal("branch/feature/ä-1") == proposal
    for other in (
        "branch/feature",
        "branch/main",
        "branch/nothing",
        "branch/algoops/revert-1",
        "pr/1",
        "branch/",
        "",
        "branch/../main",
        "branch/a b",
    ):
        assert world.forge.proposal(other) is None


def test_branch_pushed_again_after_its_landing_is_a_proposal_again(world):
    world.deploy("x", strategy("RSI", code="x = 2\n"))
    assert world.forge.proposals() == ()
    world.author.pull_main()
    world.author.branch("x", "main")
    head = world.author.commit(strategy("RSI", code="x = 3\n"))
    world.author.push()
    assert [p.head for p in world.forge.proposals()] == [head]


def test_hostile_commit_message_and_author_are_one_line_each(world):
    world.author.branch("x")
    (world.author.clone / "f").write_text("x")
    git(world.author.clone, "add", "f")
    git(
        world.author.clone,
        "-c",
        "user.name=x",
        "commit",
        "-q",
        "--author",
        "Evil\x1b[31m @all <e@x>",
        "-m",
        "<!-- x -->\nsecond line of the subject\n\nbody",
    )
    world.author.push()
    (proposal,) = world.forge.proposals()
    assert proposal.title == "<!-- x --> second line of the subject"
    assert "\n" not in proposal.author


def test_branch_with_a_name_that_is_no_text_is_left_out_and_recorded(world):
    world.propose("ok", strategy("RSI", code="x = 2\n"))
    (world.bare / "refs/heads").joinpath(os.fsdecode(b"bad\xff")).write_text(
        world.forge.proposals()[0].head + "\n"
    )
    assert [p.ref for p in world.forge.proposals()] == ["ok"]
    assert world.audit[-1][0] == "branch_refused"


def test_empty_repository_says_that_it_waits_for_its_base(tmp_path):
    Repository.create(tmp_path / "new.git").close()
    forge = LocalForge.open(
        "team", tmp_path / "new.git", base="trunk", reports=tmp_path / "reports"
    )
    with pytest.raises(TransientError, match="no branch trunk yet"):
        forge.base()
    with pytest.raises(TransientError):
        forge.ping()
    author = Author(tmp_path / "author", tmp_path / "new.git")
    head = author.commit(strategy("RSI"))
    author.push("HEAD:refs/heads/trunk")
    assert forge.base() == head
    assert head[:12] in forge.ping()
    forge.fetch()
    assert forge.permission("anybody") == Permission.WRITE
    forge.repository.close()


def test_push_of_a_broken_object_is_refused_at_the_door(world, tmp_path):
    """A tree with an entry called `.git` would be written into every clone."""
    stranger = Author(tmp_path / "stranger", world.bare)
    stranger.commit(strategy("RSI"))
    blob = git(stranger.clone, "hash-object", "-w", "--stdin", stdin=b"x")
    data = b"100644 .git\0" + bytes.fromhex(blob)
    tree = git(
        stranger.clone, "hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=data
    )
    commit = git(stranger.clone, "commit-tree", tree, "-m", "evil")
    done = subprocess.run(
        ["git", "push", str(world.bare), f"{commit}:refs/heads/evil"],
        cwd=stranger.clone,
        env=ENV,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "hasDotgit" in done.stderr
    assert world.repo.resolve("evil") is None


def test_owner_s_own_choice_about_pushed_objects_is_kept(tmp_path):
    Repository.create(tmp_path / "r.git").close()
    git(tmp_path / "r.git", "config", "receive.fsckObjects", "false")
    forge = LocalForge.open("team", tmp_path / "r.git", base="main", reports=tmp_path)
    forge.check_pushes()
    forge.repository.close()
    assert git(tmp_path / "r.git", "config", "receive.fsckObjects") == "false"


# --- answers ---


def test_report_is_read_by_the_author_with_plain_git(world):
    proposal = world.propose("feature/x", strategy("RSI", code="x = 2\n"))
    body = "# Report\n\n| a | b |\n|---|---|\n\n\n# not a comment\n"
    first = world.forge.publish(proposal, a_report(proposal.head), "old", "")
    again = world.forge.publish(proposal, a_report(proposal.head), body, first)
    assert first == again
    git(world.author.clone, "fetch", "--quiet", "origin", "refs/notes/*:refs/notes/*")
    shown = git(world.author.clone, "log", "-1", "--notes=algoops", "--format=%N", "feature/x")
    assert shown == body.strip()
    assert (world.root / "reports/feature/x.md").read_text() == body
    document = json.loads((world.root / "reports/feature/x.json").read_text())
    assert document["head_commit"] == proposal.head


def test_status_is_kept_per_commit(world):
    head = world.propose("x", strategy("RSI", code="x = 2\n")).head
    world.forge.set_status(
        head, "algoops", StatusState.SUCCESS, "2 strategies passed", "http://localhost/runs/1"
    )
    found = json.loads((world.root / f"reports/+statuses/{head}.json").read_text())
    assert found["algoops"]["state"] == "success"


def test_replies_gather_and_a_repeated_one_is_one(world):
    proposal = world.propose("x", strategy("RSI", code="x = 2\n"))
    for body in ("Deployed.", "Deployed.", "Rolled back."):
        world.forge.reply(proposal, body)
    note = read_note(world.repo, REPLIES, proposal.head)
    assert note.count("Deployed.") == 1
    assert note.endswith("Rolled back.")
    assert (world.root / "reports/x+replies.md").read_text() == note
    assert read_note(world.repo, NOTES, proposal.head) == ""


def test_notes_written_at_once_are_all_kept(world):
    heads = [world.propose(f"b{i}", strategy(f"S{i}")).head for i in range(6)]
    threads = [
        threading.Thread(target=write_note, args=(world.repo, NOTES, h, f"note {h}")) for h in heads
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [read_note(world.repo, NOTES, h) for h in heads] == [f"note {h}" for h in heads]


def test_note_that_says_the_same_again_adds_nothing(world):
    head = world.forge.base()
    write_note(world.repo, NOTES, head, "fine")
    before = world.repo.resolve(NOTES)
    write_note(world.repo, NOTES, head, "fine")
    assert world.repo.resolve(NOTES) == before


def test_notes_on_many_commits_stand_beside_those_of_others(world):
    base = world.forge.base()
    tree = world.repo.tree_of(base)
    made = [world.repo.commit(tree, (), f"commit {n}", when=n) for n in range(300)]
    write_note(world.repo, NOTES, base, "another's")
    write_note(world.repo, NOTES, made[0], "the one before")
    texts = {commit: f"note {n}\n\0ü\ndata 5\nN inline" for n, commit in enumerate(made)}
    gone = {"0" * 39 + "1": "of a commit that is not there", tree: "of no commit"}
    write_notes(world.repo, NOTES, {**texts, **gone})
    assert read_note(world.repo, NOTES, base) == "another's"
    for commit in (made[0], made[150], made[299]):
        assert read_note(world.repo, NOTES, commit) == texts[commit]
    assert len(world.repo.git.run("notes", f"--ref={NOTES}", "list").text.splitlines()) == 301
    before = world.repo.resolve(NOTES)
    write_notes(world.repo, NOTES, texts)
    write_notes(world.repo, NOTES, gone)
    assert world.repo.resolve(NOTES) == before
    write_note(world.repo, NOTES, made[7], "one more")
    assert read_note(world.repo, NOTES, made[7]) == "one more"
    assert read_note(world.repo, NOTES, made[8]) == texts[made[8]]


def test_notes_on_many_commits_written_at_once_are_all_kept(world):
    tree = world.repo.tree_of(world.forge.base())
    groups = [
        {world.repo.commit(tree, (), f"{g} {n}"): f"note {g} {n}" for n in range(5)}
        for g in range(4)
    ]
    threads = [
        threading.Thread(target=write_notes, args=(world.repo, NOTES, group)) for group in groups
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for group in groups:
        assert {commit: read_note(world.repo, NOTES, commit) for commit in group} == group


@pytest.mark.parametrize(
    ("command", "moment", "noted"),
    [
        ("fast-import", "before", False),
        ("fast-import", "prepared", False),
        ("fast-import", "after", False),
        ("update-ref", "before", False),
        ("update-ref", "prepared", False),
        ("update-ref", "after", True),
    ],
)
def test_power_cut_while_many_notes_are_written_leaves_all_or_none_and_none_twice(
    world, command, moment, noted
):
    tree = world.repo.tree_of(world.forge.base())
    commits = [world.repo.commit(tree, (), f"commit {n}", when=n) for n in range(40)]
    write_note(world.repo, ORDERS, commits[0], "those of yesterday")
    cut_power(world, (command, moment), NOTER, *commits)
    texts = {commit: f"orders of {commit}" for commit in commits}
    known = texts if noted else {commits[0]: "those of yesterday"}
    assert orders_noted(world) == known
    age_locks(world.bare, expected=moment == "prepared" and command == "update-ref")
    world.forge.note_orders(texts)
    assert orders_noted(world) == texts
    assert len(world.repo.log(world.repo.resolve(ORDERS))) == 2


def orders_noted(world):
    listed = git(world.bare, "notes", "--ref=algoops-orders", "list").splitlines()
    return {line.split()[1]: read_note(world.repo, ORDERS, line.split()[1]) for line in listed}


def test_huge_note_is_cut(world):
    head = world.forge.base()
    write_note(world.repo, NOTES, head, "x" * 3_000_000)
    assert len(read_note(world.repo, NOTES, head)) == 1024 * 1024


def test_publishing_refs_checks_every_one(world):
    base = world.forge.base()
    with pytest.raises(Moved):
        world.repo.publish([Update("refs/tags/a", None, base), Update("refs/tags/b", base, base)])
    assert world.repo.resolve("refs/tags/a") is None
    world.repo.publish([Update("refs/tags/a", None, base)])
    world.repo.publish([Update("refs/tags/a", base, None)])
    assert world.repo.resolve("refs/tags/a") is None


def test_landing_of_another_repository_s_branch_name_is_checked_as_a_ref(world):
    landing = world.landing(world.propose("x", strategy("RSI", code="x = 2\n")))
    assert landing.proposal
    evil = replace(landing, proposal=replace(landing.proposal, ref="x\ndelete refs/heads/main"))
    with pytest.raises(UserError):
        world.forge.land(evil)
    assert world.forge.base() == landing.expected_base
