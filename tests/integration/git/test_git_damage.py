"""A repository with a missing or cut object is told as that: never as an absence or a conflict."""

import pytest

from components.safe_tools.damage import RepositoryDamaged, damage_in
from tests.git_support import CUT, damaged, git, strategy

GARBAGE = b"garbage"


def object_of(world, expression):
    return git(world.bare, "rev-parse", expression)


def test_file_that_a_power_cut_shortened_is_not_read_as_the_whole(world):
    code = "".join(f"x{n} = {n * n}\n" for n in range(5_000))
    head = world.propose("long", strategy("Long", code=code)).head
    tree = world.repo.tree_at(head, "strategies/Long")
    blob = object_of(world, f"{head}:strategies/Long/strategy.py")
    with damaged(world.bare, blob, CUT), pytest.raises(RepositoryDamaged, match=blob):
        world.repo.read_folder(tree)
    assert world.repo.read_folder(tree).files["strategy.py"] == code.encode()


@pytest.mark.parametrize("left", [None, GARBAGE, CUT])
@pytest.mark.parametrize("what", ["main:strategies", "main^{tree}", "main:strategies/RSI"])
def test_missing_tree_of_the_base_does_not_read_as_removed_strategies(world, what, left):
    base, gone = world.forge.base(), object_of(world, what)
    with damaged(world.bare, gone, left), pytest.raises(RepositoryDamaged, match=gone):
        world.repo.read_folder(world.repo.strategy_trees(base)["RSI"])
    with damaged(world.bare, gone, left), pytest.raises(RepositoryDamaged, match=gone):
        world.repo.read_folder(world.repo.tree_at(base, "strategies/RSI") or "")
    assert set(world.repo.strategy_trees(base)) == {"RSI", "MACD"}


@pytest.mark.parametrize("left", [None, GARBAGE])
def test_missing_commit_does_not_read_as_a_missing_branch(world, left):
    two = world.propose("two", strategy("Two"))
    head = world.propose("one", strategy("One")).head
    with damaged(world.bare, head, left):
        assert world.forge.proposal("branch/one").head == head
        assert world.forge.proposal("branch/two") == two
        assert {p.head for p in world.forge.proposals()} == {head, two.head}
        with pytest.raises(RepositoryDamaged, match=head):
            world.repo.merge(world.forge.base(), head)
    assert world.forge.proposal("branch/one").head == head
    base = world.forge.base()
    with damaged(world.bare, base, left), pytest.raises(RepositoryDamaged, match=base):
        world.forge.base()
    assert world.forge.proposal("branch/other") is None


@pytest.mark.parametrize("left", [None, GARBAGE, CUT])
@pytest.mark.parametrize("what", ["strategies", "strategies/RSI", "strategies/RSI/strategy.py"])
def test_missing_object_in_a_merge_is_no_conflict_of_the_author(world, what, left):
    proposal = world.propose("one", strategy("RSI", "1.1.0", "x = 1\ny = 2\n"))
    world.deploy("other", strategy("RSI", "1.0.0", "z = 0\nx = 1\n"))
    base = world.forge.base()
    ours = object_of(world, f"{proposal.head}:{what}")
    with damaged(world.bare, ours, left), pytest.raises(RepositoryDamaged, match=ours):
        world.repo.merge(base, proposal.head)
    world.repo.merge(base, proposal.head)


def test_submodule_in_the_place_of_the_strategies_is_no_damage(world):
    link = f"160000 commit {'1' * 40}\tstrategies\n"
    tree = git(world.bare, "mktree", "--missing", stdin=link.encode())
    assert world.repo.tree_at(tree, "strategies") is None


@pytest.mark.parametrize(
    "words",
    [
        "fatal: Could not read from remote repository.",
        f"remote: fatal: unable to read {'1' * 40}",
        "fatal: not a git repository: '/srv/x.git'",
        "error: cannot lock ref 'refs/heads/main': is at x but expected y",
    ],
)
def test_other_failures_of_git_are_no_damage(world, words):
    assert damage_in(words, world.bare) is None
