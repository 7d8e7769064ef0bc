"""Merges, reverts and tags as objects of a real repository; refs stay where they are."""

import os
import subprocess
import tempfile

import pytest

from components.errors import Conflict, UserError
from components.git_patch import Repository
from components.git_patch.values import Identity, MergeCandidate, Signing
from tests.git_support import ENV, Author, blob, git, raw_tree, strategy


def refs(world):
    return git(world.bare, "for-each-ref")


def test_merge_result_has_both_sides_and_moves_nothing(world):
    proposal = world.propose("x", strategy("RSI", code="x = 2\n"))
    world.deploy("y", strategy("MACD", code="y = 2\n"))
    before = refs(world)
    merged = world.repo.merge(world.forge.base(), proposal.head)
    assert merged.conflicts == ()
    for name, code in (("RSI", b"x = 2\n"), ("MACD", b"y = 2\n")):
        assert (
            world.repo.read_folder(world.repo.tree_at(merged.tree, f"strategies/{name}")).files[
                "strategy.py"
            ]
            == code
        )
    assert refs(world) == before


def test_conflict_names_the_files(world):
    proposal = world.propose(
        "x", strategy("RSI", code="x = 2\n") | strategy("MACD", code="x = 2\n")
    )
    world.deploy("y", strategy("RSI", code="x = 3\n") | strategy("MACD", code="x = 3\n"))
    merged = world.repo.merge(world.forge.base(), proposal.head)
    assert merged.tree == ""
    assert merged.conflicts == ("strategies/MACD/strategy.py", "strategies/RSI/strategy.py")
    assert "strategies/RSI/strategy.py" in merged.reason


def test_change_of_a_strategy_that_base_deleted_is_a_conflict(world):
    proposal = world.propose("x", strategy("RSI", code="x = 2\n"))
    world.deploy("y", dict.fromkeys(strategy("RSI")))
    assert world.repo.merge(world.forge.base(), proposal.head).conflicts == (
        "strategies/RSI/strategy.py",
    )


def test_change_never_follows_a_rename_into_another_strategy(world):
    """git would apply the change of RSI to the copy called NEW, which nobody asked for."""
    proposal = world.propose(
        "x", strategy("RSI", code="x = 2\n") | {"strategies/RSI/extra.py": "e\n"}
    )
    renamed = {path.replace("RSI", "NEW"): text for path, text in strategy("RSI").items()}
    world.deploy("y", renamed | dict.fromkeys(strategy("RSI")))
    merged = world.repo.merge(world.forge.base(), proposal.head)
    assert (merged.tree, merged.conflicts) == ("", ("strategies/NEW/strategy.py",))
    assert "following a rename" in merged.reason


def test_author_who_renames_a_strategy_may(world):
    renamed = {path.replace("RSI", "NEW"): text for path, text in strategy("RSI").items()}
    proposal = world.propose("x", renamed | dict.fromkeys(strategy("RSI")))
    world.deploy("y", strategy("MACD", code="y = 2\n"))
    merged = world.repo.merge(world.forge.base(), proposal.head)
    assert sorted(world.repo.strategy_trees(merged.tree)) == ["MACD", "NEW"]


def test_criss_cross_history_merges(world):
    left = world.propose("left", strategy("RSI", code="x = 2\n"))
    right = world.propose("right", strategy("MACD", code="y = 2\n"))
    base = world.forge.base()
    tree = world.repo.merge(left.head, right.head).tree
    one = world.repo.commit(tree, (left.head, right.head), "one")
    two = world.repo.commit(tree, (right.head, left.head), "two")
    assert world.repo.merge(one, two).tree == tree
    assert world.repo.merge(base, one).tree == tree


def test_unrelated_history_is_told_apart_from_a_conflict(world, tmp_path):
    stranger = Author(tmp_path / "stranger", world.bare)
    head = stranger.commit(strategy("RSI"))
    stranger.push("HEAD:refs/heads/stranger")
    merged = world.repo.merge(world.forge.base(), head)
    assert (merged.tree, merged.conflicts) == ("", (".",))
    assert "no history" in merged.reason


@pytest.mark.parametrize("place", ["a header", "the message"])
def test_commit_that_only_says_that_it_builds_on_the_base_takes_nothing_back(world, place):
    proposal = world.propose("x", strategy("RSI", code="x = 2\n"))
    world.deploy("y", strategy("MACD", code="y = 2\n"))
    base = world.forge.base()
    lie = f"parent {base}\n"
    header, message = git(world.bare, "cat-file", "commit", proposal.head).split("\n\n", 1)
    text = f"{header}\n{lie}\n{message}" if place == "a header" else f"{header}\n\n{lie}{message}"
    args = ("hash-object", "-t", "commit", "-w", "--stdin", "--literally")
    head = git(world.bare, *args, stdin=text.encode())
    merged = world.repo.merge(base, head)
    folder = world.repo.tree_at(merged.tree, "strategies/MACD")
    assert world.repo.read_folder(folder).files["strategy.py"] == b"y = 2\n"


def test_merge_of_what_is_merged_already_changes_nothing(world):
    base = world.forge.base()
    assert world.repo.merge(base, base).tree == world.repo.tree_of(base)


def test_same_merge_made_twice_is_the_same_commit(world):
    proposal = world.propose("x", strategy("RSI", code="x = 2\n"))
    base = world.forge.base()
    tree = world.repo.merge(base, proposal.head).tree
    author = Identity("Olga", "olga@example.org")
    one, two = (
        world.repo.commit(tree, (base, proposal.head), "Deploy", author, when=1_700_000_000)
        for _ in range(2)
    )
    assert one == two
    assert world.repo.parents(one) == (base, proposal.head)
    assert world.repo.tree_of(one) == tree


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "a\nb",
        "<x>",
        "Ada <x> 1 +0000\ncommitter Evil <e> 1 +0000",
        "\0",
        "é\u202e",
        ".",
        "x" * 5000,
    ],
)
def test_odd_author_and_message_make_a_sound_commit(world, name):
    base = world.forge.base()
    commit = world.repo.revert_folder(
        base, "strategies/RSI", None, f"-m {name}\0\ud800 # x\n\n\n", Identity(name, name)
    )
    text = git(world.bare, "cat-file", "commit", commit)
    assert text.split("\n\n")[0].count("\n") == 3
    assert text.count("committer AlgoOps <algoops@localhost>") == 1


def test_message_that_looks_like_comments_is_kept(world):
    commit = world.repo.revert_folder(
        world.forge.base(), "strategies/RSI", None, "Roll back\n\n# kept\n\nReverts: RSI/v1.0.0\n"
    )
    assert git(world.bare, "show", "-s", "--format=%B", commit).endswith(
        "# kept\n\nReverts: RSI/v1.0.0"
    )
    assert (
        git(world.bare, "show", "-s", "--format=%(trailers:key=Reverts,valueonly)", commit)
        == "RSI/v1.0.0"
    )


def test_rollback_of_one_strategy_touches_its_folder_only(world):
    old = world.repo.tree_at(world.forge.base(), "strategies/RSI")
    world.deploy("x", strategy("RSI", code="x = 2\n") | {"strategies/RSI/deep/er/f.txt": "x"})
    world.deploy("y", strategy("MACD", code="y = 2\n") | {"docs/readme.md": "hi"})
    base = world.forge.base()
    commit = world.repo.revert_folder(base, "strategies/RSI", old, "Roll back RSI")
    assert world.repo.parents(commit) == (base,)
    assert world.repo.tree_at(commit, "strategies/RSI") == old
    assert world.repo.changed_paths(base, commit) == (
        "strategies/RSI/deep/er/f.txt",
        "strategies/RSI/strategy.py",
    )


def test_rollback_keeps_modes_links_and_order_of_everything_else(world):
    (world.author.clone / "run.sh").write_text("#!/bin/sh\n")
    (world.author.clone / "run.sh").chmod(0o755)
    (world.author.clone / "link").symlink_to("run.sh")
    files = {f"strategies/{n}/strategy.py": "x\n" for n in ("RSI-a", "RSI.b", "RSIc", "R", "Z")} | {
        "strategies/RSI.txt": "t\n"
    }
    world.author.commit(files)
    world.author.push()
    base = world.forge.base()
    gone = world.repo.revert_folder(base, "strategies/RSI", None, "Archive RSI")
    back = world.repo.revert_folder(
        gone, "strategies/RSI", world.repo.tree_at(base, "strategies/RSI"), "Back"
    )
    assert world.repo.tree_of(back) == world.repo.tree_of(base)
    assert world.repo.changed_paths(base, gone) == (
        "strategies/RSI/strategy.py",
        "strategies/RSI/strategy.yaml",
    )


def test_last_strategy_removed_leaves_no_empty_folder(world):
    base = world.forge.base()
    one = world.repo.revert_folder(base, "strategies/RSI", None, "x")
    two = world.repo.revert_folder(one, "strategies/MACD", None, "x")
    assert git(world.bare, "ls-tree", two) == ""
    back = world.repo.revert_folder(
        two, "strategies/RSI", world.repo.tree_at(base, "strategies/RSI"), "x"
    )
    assert sorted(world.repo.strategy_trees(back)) == ["RSI"]


def test_rollback_to_what_is_there_is_refused(world):
    base = world.forge.base()
    for path, tree in (
        ("strategies/RSI", world.repo.tree_at(base, "strategies/RSI")),
        ("strategies/No", None),
    ):
        with pytest.raises(UserError, match="already"):
            world.repo.revert_folder(base, path, tree, "x")
    with pytest.raises(UserError):
        world.repo.revert_folder(base, "strategies/../..", None, "x")


def test_rollback_to_a_tree_that_is_not_there_is_refused(world):
    with pytest.raises(UserError, match="no folder"):
        world.repo.revert_folder(world.forge.base(), "strategies/RSI", "1" * 40, "x")


def test_whole_proposal_is_reverted_and_later_work_stays(world):
    first = world.forge.base()
    landed = world.deploy("x", strategy("RSI", code="x = 2\n") | strategy("New"))
    world.deploy("y", strategy("MACD", code="y = 2\n"))
    base = world.forge.base()
    commit = world.repo.revert_commit(base, landed, "Revert the proposal")
    assert world.repo.parents(commit) == (base,)
    trees, before = world.repo.strategy_trees(commit), world.repo.strategy_trees(first)
    assert trees["RSI"] == before["RSI"]
    assert "New" not in trees
    assert trees["MACD"] == world.repo.strategy_trees(base)["MACD"]


def test_revert_that_later_work_built_on_is_a_conflict_with_the_files(world):
    landed = world.deploy("x", strategy("RSI", code="x = 2\n"))
    world.deploy("y", strategy("RSI", code="x = 3\n"))
    with pytest.raises(Conflict) as caught:
        world.repo.revert_commit(world.forge.base(), landed, "x")
    assert caught.value.paths == ("strategies/RSI/strategy.py",)


def test_revert_of_what_never_landed_or_is_reverted_already_is_refused(world):
    first = world.forge.base()
    proposal = world.propose("x", strategy("RSI", code="x = 2\n"))
    for commit in (proposal.head, first):
        with pytest.raises(UserError, match="no landing"):
            world.repo.revert_commit(first, commit, "x")
    landed = world.forge.land(world.landing(proposal))
    reverted = world.repo.revert_commit(landed, landed, "x")
    with pytest.raises(UserError, match="reverted already"):
        world.repo.revert_commit(reverted, landed, "x")


def test_batch_merges_what_fits_and_names_what_does_not(world):
    first = world.candidate("a", strategy("RSI", code="x = 2\n"))
    second = world.candidate("b", strategy("RSI", code="x = 3\n"))
    third = world.candidate("c", strategy("New"))
    base = world.forge.base()
    batch = world.repo.merge_many(base, (first, second, third, first), when=5)
    assert [s.candidate for s in batch.steps] == [first, third]
    assert [x.candidate for x in batch.left] == [second, first]
    assert batch.left[0].merged.conflicts == ("strategies/RSI/strategy.py",)
    assert "already merged" in batch.left[1].merged.reason
    assert world.repo.parents(batch.steps[0].commit) == (base, first.head)
    assert world.repo.parents(batch.tip) == (batch.steps[0].commit, third.head)
    assert sorted(world.repo.strategy_trees(batch.tip)) == ["MACD", "New", "RSI"]
    assert world.forge.base() == base
    again = world.repo.merge_many(base, (first, second, third, first), when=5)
    assert again == batch


def test_batch_of_nothing_is_the_base(world):
    assert world.repo.merge_many(world.forge.base(), ()).tip == world.forge.base()


def test_annotated_tag_is_sound_and_keeps_its_message(world):
    tag = world.repo.make_tag(
        "RSI/v1.0.0",
        world.forge.base(),
        "Deploy RSI\n\n# Verdict: passed\n",
        Identity("Ölga <x>", "o"),
    )
    text = git(world.bare, "cat-file", "tag", tag)
    assert "tagger Ölga x <o> " in text
    assert text.endswith("Deploy RSI\n\n# Verdict: passed")
    assert git(world.bare, "for-each-ref", "refs/tags") == ""


@pytest.fixture
def ssh_key(tmp_path):
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    public = key.with_suffix(".pub").read_text()
    allowed = tmp_path / "allowed"
    allowed.write_text(f"algoops@localhost {public}")
    return key, allowed


def test_tag_and_commit_are_signed_where_a_key_is_configured(world, ssh_key):
    key, allowed = ssh_key
    with Repository(world.bare, signing=Signing(str(key), "ssh")) as repo:
        base = repo.resolve("main")
        commit = repo.revert_folder(base, "strategies/RSI", None, "Archive")
        tag = repo.make_tag("RSI/v1.0.0", commit, "Deploy\n\n# kept")
    for kind, thing in (("verify-commit", commit), ("verify-tag", tag)):
        done = subprocess.run(
            ["git", "-c", f"gpg.ssh.allowedSignersFile={allowed}", kind, thing],
            cwd=world.bare,
            env=ENV,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "Good" in done.stderr
    assert "# kept" in git(world.bare, "cat-file", "tag", tag)
    assert git(world.bare, "for-each-ref", "refs/tags") == ""


@pytest.fixture
def gpg_home(tmp_path, monkeypatch):
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    quick = [
        "gpg",
        "--batch",
        "--quiet",
        "--passphrase",
        "",
        "--quick-generate-key",
        "algoops@localhost",
        "ed25519",
        "sign",
    ]
    subprocess.run(quick, check=True, capture_output=True)
    yield home
    subprocess.run(["gpgconf", "--kill", "all"], check=True)


def test_tag_is_signed_with_an_openpgp_key(world, gpg_home):
    with Repository(world.bare, signing=Signing("algoops@localhost")) as repo:
        tag = repo.make_tag("RSI/v1.0.0", repo.resolve("main"), "Deploy")
    done = subprocess.run(
        ["git", "verify-tag", tag],
        cwd=world.bare,
        env=ENV | {"GNUPGHOME": str(gpg_home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Good signature" in done.stderr


def test_missing_signing_key_makes_no_unsigned_tag(world, tmp_path):
    from components.safe_tools.hardened import GitFailed

    with Repository(world.bare, signing=Signing(str(tmp_path / "nothing"), "ssh")) as repo:
        for make in (
            lambda: repo.make_tag("RSI/v1.0.0", repo.resolve("main"), "x"),
            lambda: repo.revert_folder(repo.resolve("main"), "strategies/RSI", None, "x"),
        ):
            with pytest.raises(GitFailed):
                make()


def test_candidate_that_is_gone_is_an_error_not_a_conflict(world):
    from components.errors import AlgoOpsError

    with pytest.raises(AlgoOpsError):
        world.repo.merge_many(world.forge.base(), (MergeCandidate("1" * 40, "x"),))
    with pytest.raises(AlgoOpsError):
        world.repo.merge(world.forge.base(), "1" * 40)


def hostile_commit(world, name: bytes, mode="40000"):
    """A commit on the base that adds one entry with a hostile name beside the strategies."""
    base = world.forge.base()
    inner = raw_tree(world.bare, [("100644", b"strategy.py", blob(world.bare))])
    listing = git(world.bare, "ls-tree", f"{base}:strategies").splitlines()
    entries = [("40000", e.split("\t")[1].encode(), e.split()[2]) for e in listing]
    root = raw_tree(world.bare, sorted([*entries, (mode, name, inner)], key=lambda e: e[1]))
    tree = raw_tree(world.bare, [("40000", b"strategies", root)])
    commit = git(
        world.bare, "commit-tree", "-p", base, tree, stdin=b"h\xc3\xb6stile \xff\x1b[31m\n"
    )
    git(world.bare, "update-ref", "refs/heads/hostile", commit)
    return commit


@pytest.mark.parametrize("name", [b"\xff\xfe", b"a\nb", b"\x1b[31m", "\u202eevil".encode(), b"-rf"])
def test_names_that_cannot_be_stored_come_out_escaped(world, name):
    """A lone surrogate in a name would break the database and the report of whoever meets it."""
    commit = hostile_commit(world, name)
    base = world.forge.base()
    (change,) = world.repo.changed_strategies(base, commit)
    assert change.name.encode()
    assert change.name.isprintable()
    assert not change.name.isidentifier()
    assert change.name in world.repo.strategy_trees(commit)
    assert [f.rule for f in world.repo.judge_root(base, commit)] == ["tree-name"]
    (proposal,) = world.forge.proposals()
    assert proposal.title.encode()
    assert proposal.title.isprintable()
    git(world.bare, "update-ref", "-d", "refs/heads/hostile")


def test_conflict_in_a_path_that_cannot_be_stored_is_escaped(world):
    heads = []
    base = world.forge.base()
    for text in (b"one\n", b"two\n"):
        root = raw_tree(world.bare, [("100644", b"\xff\nx", blob(world.bare, text))])
        heads.append(git(world.bare, "commit-tree", "-p", base, root, "-m", "x"))
    merged = world.repo.merge(*heads)
    assert "\\udcff\\nx" in merged.conflicts
    assert all(p.isprintable() and p.encode() for p in merged.conflicts)


def test_scratch_folder_of_a_killed_process_goes_and_a_living_ones_stays(
    world, tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old, young = tmp_path / "algoops-git-old", tmp_path / "algoops-git-young"
    for folder in (old, young):
        (folder / "refs").mkdir(parents=True)
    os.utime(old, (1, 1))
    with world.repo.scratch():
        assert not old.exists()
        assert young.exists()


def test_merge_in_a_shallow_clone_says_what_to_fetch_and_blames_nobody(world, tmp_path):
    proposal = world.propose("x", strategy("RSI", code="x = 2\n"))
    base = world.deploy("y", strategy("MACD"))
    clone = tmp_path / "shallow"
    url = f"file://{world.bare}"
    for words in (
        ("clone", "--quiet", "--bare", "--depth=1", "--branch=x", url, str(clone)),
        ("-C", str(clone), "fetch", "--quiet", "--depth=1", url, base),
    ):
        subprocess.run(["git", *words], check=True)
    with Repository(clone) as repository, pytest.raises(UserError, match="--unshallow"):
        repository.merge(base, proposal.head)
