"""Reading a real repository: refs, strategies, versions, history."""

import os
import signal
import threading

import pytest

from components.errors import ConfigError
from components.git_patch import Repository
from components.git_patch.values import TaggedVersion, Update
from components.safe_tools.names import UnsafeName
from tests.git_support import Author, git, strategy


def test_commit_is_found_under_all_its_names(world):
    world.propose("feature/x", strategy("RSI", code="x = 2\n"))
    head = git(world.bare, "rev-parse", "refs/heads/feature/x")
    base = git(world.bare, "rev-parse", "main")
    for name in ("feature/x", "refs/heads/feature/x", head, head[:10]):
        assert world.repo.resolve(name) == head
    assert world.repo.resolve("feature/x~1") == base
    assert world.repo.resolve("HEAD") == base
    assert world.repo.resolve("nowhere") is None
    assert world.repo.resolve("0" * 40) is None
    assert world.repo.resolve("main~99") is None


@pytest.mark.parametrize(
    "text",
    [
        "--help",
        "main:strategies",
        "main@{0}",
        ":/First",
        "main..x",
        "^main",
        "a b",
        "a\nb",
        "",
        "--output=/tmp/x",
        "main^{tree}",
        "main^{/x}",
        "refs/heads/../x",
    ],
)
def test_revision_magic_from_outside_is_no_name(world, text):
    found = None
    try:
        found = world.repo.resolve(text)
    except UnsafeName:
        return
    assert found is None


def test_branch_called_like_an_option_is_read_like_any_other(world):
    world.author.branch("odd")
    head = world.author.commit(strategy("RSI", code="x = 3\n"))
    world.author.push("HEAD:refs/heads/--upload-pack=touch")
    assert world.repo.resolve("refs/heads/--upload-pack=touch") == head
    assert [p.ref for p in world.forge.proposals()] == ["--upload-pack=touch"]


def test_ancestry_and_merge_base_are_git_s(world):
    base = world.forge.base()
    proposal = world.propose("x", strategy("RSI", code="x = 2\n"))
    assert world.repo.merge_base(base, proposal.head) == base
    assert world.repo.is_ancestor(base, proposal.head)
    assert not world.repo.is_ancestor(proposal.head, base)
    assert world.repo.parents(proposal.head) == (base,)


def test_strategies_and_what_changed_are_found_by_tree(world):
    base = world.forge.base()
    proposal = world.propose(
        "x",
        strategy("RSI", code="x = 2\n")
        | strategy("New")
        | {
            "strategies/MACD/strategy.yaml": None,
            "strategies/MACD/strategy.py": None,
            "strategies/README.md": "a file, no strategy\n",
            "other/file": "x",
        },
    )
    before, after = world.repo.strategy_trees(base), world.repo.strategy_trees(proposal.head)
    assert sorted(before) == ["MACD", "RSI"]
    assert sorted(after) == ["New", "RSI"]
    changes = {
        c.name: (c.old_tree, c.new_tree) for c in world.repo.changed_strategies(base, proposal.head)
    }
    assert changes == {
        "MACD": (before["MACD"], None),
        "New": (None, after["New"]),
        "RSI": (before["RSI"], after["RSI"]),
    }
    assert "other/file" in world.repo.changed_paths(base, proposal.head)


def test_repository_without_strategies_has_none(world):
    tree = git(world.bare, "mktree", stdin=b"")
    assert world.repo.strategy_trees(tree) == {}
    assert len(world.repo.changed_strategies(tree, world.forge.base())) == 2
    assert world.repo.changed_strategies(tree, tree) == ()


def test_strategies_folder_deeper_down_works_alike(world):
    world.propose("x", {"team/algos/RSI/strategy.py": "x\n"})
    head = world.repo.resolve("x")
    assert sorted(world.repo.strategy_trees(head, "team/algos")) == ["RSI"]
    assert [
        c.name for c in world.repo.changed_strategies(world.forge.base(), head, "team/algos")
    ] == ["RSI"]


def test_folder_replaced_by_a_symlink_is_a_deleted_strategy(world):
    world.author.branch("x")
    world.author.commit({"strategies/RSI/strategy.py": None, "strategies/RSI/strategy.yaml": None})
    (world.author.clone / "strategies/RSI").rmdir()
    (world.author.clone / "strategies/RSI").symlink_to("MACD")
    head = world.author.commit({})
    world.author.push()
    (change,) = world.repo.changed_strategies(world.forge.base(), head)
    assert (change.name, change.new_tree) == ("RSI", None)
    assert "RSI" not in world.repo.strategy_trees(head)


def test_versions_are_ordered_as_semantic_versions(world):
    base = world.forge.base()
    for version in ("1.10.0", "1.9.0", "1.9.0-rc.2", "1.9.0-rc.10", "1.9.0-beta", "2.0.0+b1"):
        tag = world.repo.make_tag(f"RSI/v{version}", base, "x")
        world.repo.publish([Update(f"refs/tags/RSI/v{version}", None, tag)])
    git(world.bare, "tag", "RSI/v3.0.0", base)
    git(world.bare, "tag", "RSI/latest", base)
    git(world.bare, "tag", "RSI2/v9.0.0", base)
    git(world.bare, "tag", "v7.0.0", base)
    assert [v.version for v in world.repo.versions("RSI")] == [
        "1.9.0-beta",
        "1.9.0-rc.2",
        "1.9.0-rc.10",
        "1.9.0",
        "1.10.0",
        "2.0.0+b1",
        "3.0.0",
    ]
    assert world.repo.versions("RSI2") == (TaggedVersion("RSI2", "9.0.0", "RSI2/v9.0.0", base),)
    assert world.repo.versions("Unknown") == ()


def test_tag_of_a_tag_leads_to_the_commit_and_tag_of_a_blob_to_nothing(world):
    base = world.forge.base()
    git(world.bare, "tag", "-a", "-m", "x", "RSI/v1.0.0", base)
    git(world.bare, "tag", "-a", "-m", "x", "RSI/v1.0.1", "RSI/v1.0.0")
    git(world.bare, "tag", "RSI/v1.0.2", f"{base}:strategies/RSI/strategy.py")
    assert [(t.name, t.commit) for t in world.repo.list_tags("RSI/")] == [
        ("RSI/v1.0.0", base),
        ("RSI/v1.0.1", base),
    ]
    assert world.repo.commit_of_tag("RSI/v1.0.1") == base
    assert world.repo.commit_of_tag("RSI/v1.0.2") is None
    assert world.repo.commit_of_tag("nothing") is None


def test_history_of_a_strategy_names_its_landings(world):
    first = world.forge.base()
    one = world.deploy("x", strategy("RSI", code="x = 2\n"))
    two = world.deploy("y", strategy("MACD", code="y = 2\n"))
    assert [e.commit for e in world.repo.log(two)] == [two, one, first]
    assert [e.commit for e in world.repo.log(two, "strategies/RSI")] == [one, first]
    assert [e.commit for e in world.repo.log(two, since=one)] == [two]
    (entry,) = world.repo.log(two, limit=1)
    assert (entry.author, entry.subject, entry.parents[0]) == ("Olga", "Deploy", one)


def test_difference_is_text_and_has_a_bound(world):
    base = world.forge.base()
    proposal = world.propose("x", strategy("RSI", code="y = 2\n" * 50_000) | strategy("New"))
    text = world.repo.diff(base, proposal.head, "strategies/RSI", cap=2000)
    assert "-x = 1\n+y = 2\n" in text
    assert text.endswith("[cut: longer than 2000 bytes]\n")
    assert len(text) < 2100
    assert "strategies/New" in world.repo.diff(base, proposal.head)
    assert world.repo.diff(base, base) == ""
    assert "new file" in world.repo.diff(None, world.repo.tree_at(base, "strategies/RSI"))


def test_file_is_read_with_a_cap(world):
    base = world.forge.base()
    assert world.repo.read_blob(base, "strategies/RSI/strategy.py", 100) == b"x = 1\n"
    assert world.repo.read_blob(base, "strategies/RSI", 100) is None
    assert world.repo.read_blob(base, "nothing", 100) is None
    with pytest.raises(ValueError, match="more than 3"):
        world.repo.read_blob(base, "strategies/RSI/strategy.py", 3)


def test_killed_cat_file_is_started_again(world):
    base = world.forge.base()
    for name in ("cat_file_header", "cat_file_all"):
        world.repo.read_blob(base, "strategies/RSI/strategy.py", 100)
        process = getattr(world.repo.git, name).proc
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert world.repo.read_blob(base, "strategies/RSI/strategy.py", 100) == b"x = 1\n"


def test_objects_are_still_found_after_others_repacked(world):
    base = world.forge.base()
    assert world.repo.tree_of(base)
    git(world.bare, "gc", "--quiet", "--prune=now")
    git(world.bare, "pack-refs", "--all")
    assert world.forge.base() == base
    assert world.repo.read_blob(base, "strategies/RSI/strategy.py", 100) == b"x = 1\n"
    proposal = world.propose("later", strategy("RSI", code="x = 9\n"))
    assert world.repo.read_blob(proposal.head, "strategies/RSI/strategy.py", 100) == b"x = 9\n"


def test_many_threads_read_at_once_without_mixing_answers(world):
    files = {f"strategies/S{i}/strategy.py": f"x = {i}\n" for i in range(40)}
    head = world.propose("many", files).head
    wrong = []

    def read(offset):
        for i in range(120):
            n = (i + offset) % 40
            data = world.repo.read_blob(head, f"strategies/S{n}/strategy.py", 100)
            if data != f"x = {n}\n".encode():
                wrong.append((n, data))

    threads = [threading.Thread(target=read, args=(i * 7,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_working_clone_is_read_like_a_bare_repository(world):
    with Repository(world.author.clone) as repo:
        assert repo.path == world.author.clone / ".git"
        assert repo.resolve("HEAD") == repo.resolve("main") == repo.resolve("origin/main")
        assert sorted(repo.strategy_trees(repo.resolve("HEAD"))) == ["MACD", "RSI"]


def test_linked_worktree_is_read_too(world, tmp_path):
    git(world.author.clone, "worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    with Repository(tmp_path / "side") as repo:
        assert repo.resolve("HEAD") == world.forge.base()


@pytest.mark.parametrize("make", [lambda p: None, lambda p: p.mkdir(), lambda p: p.write_text("x")])
def test_place_without_a_repository_is_a_clear_error(tmp_path, make):
    make(tmp_path / "there")
    with pytest.raises(ConfigError, match="no git repository"):
        Repository(tmp_path / "there")


def test_missing_git_binary_is_a_clear_error(world):
    with pytest.raises(ConfigError, match="cannot find git"):
        Repository(world.bare, binary="/nonexistent/git")


def test_working_copy_in_place_of_the_bare_repository_is_refused_untouched(world):
    before = sorted(p.name for p in world.author.clone.iterdir())
    with pytest.raises(ConfigError, match="working copy"):
        Repository.create(world.author.clone)
    assert sorted(p.name for p in world.author.clone.iterdir()) == before


def test_folder_with_other_things_does_not_become_a_repository(tmp_path):
    (tmp_path / "thesis.txt").write_text("x")
    with pytest.raises(ConfigError, match="no git repository"):
        Repository.create(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_repository_with_sha256_ids_is_a_clear_error(tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", "--object-format=sha256", "r.git")
    with pytest.raises(ConfigError, match="SHA-256"):
        Repository(tmp_path / "r.git")


def test_git_that_is_too_old_is_a_clear_error(world, tmp_path):
    old = tmp_path / "old-git"
    old.write_text("#!/bin/sh\necho git version 2.30.2\n")
    old.chmod(0o755)
    with pytest.raises(ConfigError, match="is too old"):
        Repository(world.bare, binary=str(old))


def test_repository_in_an_odd_folder_is_found(tmp_path):
    folder = tmp_path / "a b $HOME ~ -x"
    repo = Repository.create(folder / "r.git")
    author = Author(tmp_path / "author", repo.path)
    author.commit(strategy("RSI"))
    author.push()
    assert repo.resolve("main")
    repo.close()
