"""Long lives of a repository: whatever happens in whatever order, the base is what it should be."""

import random

import pytest

from components.errors import Conflict, UserError
from components.ports import Landing, Tag
from tests.git_support import git, strategy

NAMES = ("RSI", "MACD", "Trend", "Carry")
STEPS = 14


class Life:
    """Does random things and remembers, in plain Python, what must come of them."""

    def __init__(self, world, seed):
        self.world = world
        self.random = random.Random(seed)
        self.model = {"RSI": "x = 1\n", "MACD": "x = 1\n"}
        self.past = {"RSI": ["x = 1\n"], "MACD": ["x = 1\n"]}
        self.tags = {}
        self.count = 0

    def code(self):
        self.count += 1
        return f"x = {self.count + 100}\n"

    def deploy(self):
        name, code = self.random.choice(NAMES), self.code()
        tag = f"{name}/v0.0.{self.count}"
        commit = self.world.deploy(f"b{self.count}", strategy(name, f"0.0.{self.count}", code), tag)
        self.tags[tag] = (commit, code)
        self.model[name] = code
        self.past.setdefault(name, []).append(code)

    def delete(self):
        if len(self.model) > 1:
            name = self.random.choice(sorted(self.model))
            self.count += 1
            self.world.deploy(f"b{self.count}", dict.fromkeys(strategy(name)))
            del self.model[name]

    def push_by_hand(self):
        name, code = self.random.choice(NAMES), self.code()
        self.world.author.pull_main()
        self.world.author.commit(strategy(name, "9.9.9", code))
        self.world.author.push()
        self.model[name] = code
        self.past.setdefault(name, []).append(code)

    def roll_back(self):
        """To any content the strategy ever had, found by its tag."""
        if not self.tags:
            return
        tag, (commit, code) = self.random.choice(sorted(self.tags.items()))
        name = tag.partition("/")[0]
        repo, base = self.world.repo, self.world.forge.base()
        tree = repo.tree_at(commit, f"strategies/{name}")
        if repo.tree_at(base, f"strategies/{name}") == tree:
            return
        reverted = repo.revert_folder(
            base, f"strategies/{name}", tree, f"Roll back {name}\n\nReverts: {tag}"
        )
        assert all(p.startswith(f"strategies/{name}/") for p in repo.changed_paths(base, reverted))
        self.world.forge.land(Landing(commit=reverted, expected_base=base, message="x"))
        self.model[name] = code

    def revert_last_landing(self):
        repo, base = self.world.repo, self.world.forge.base()
        try:
            reverted = repo.revert_commit(base, base, "Revert")
        except (UserError, Conflict):
            return
        self.world.forge.land(Landing(commit=reverted, expected_base=base, message="x"))
        self.model = self.contents(repo.parents(base)[0])

    def collect_garbage(self):
        git(self.world.bare, "gc", "--quiet", "--prune=now")

    def contents(self, commit):
        repo = self.world.repo
        return {
            name: repo.read_folder(tree).files["strategy.py"].decode()
            for name, tree in repo.strategy_trees(commit).items()
        }

    def check(self):
        repo = self.world.repo
        assert self.contents(self.world.forge.base()) == self.model
        for tag, (commit, code) in self.tags.items():
            assert repo.commit_of_tag(tag) == commit
            assert self.contents(commit)[tag.partition("/")[0]] == code
            assert repo.is_ancestor(commit, self.world.forge.base())


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_random_life_keeps_base_tags_and_contents_true(world, seed):
    life = Life(world, seed)
    steps = [
        life.deploy,
        life.deploy,
        life.delete,
        life.push_by_hand,
        life.roll_back,
        life.roll_back,
        life.revert_last_landing,
        life.collect_garbage,
    ]
    for _ in range(STEPS):
        life.random.choice(steps)()
        life.check()


def test_batch_that_fails_is_bisected_to_the_bad_one(world):
    """What the queue does with `merge_many`: halves until the bad one is alone, the rest lands."""
    good = [world.propose(f"good{i}", strategy(f"G{i}")) for i in range(3)]
    bad = world.propose("bad", strategy("Bad", code="broken\n"))
    ready = [good[0], bad, good[1], good[2]]

    def passes(batch):
        return all(c != "broken\n" for c in Life(world, 0).contents(batch.tip).values())

    def land(proposals):
        from components.git_patch.values import MergeCandidate

        base = world.forge.base()
        batch = world.repo.merge_many(
            base, tuple(MergeCandidate(p.head, f"Deploy {p.ref}") for p in proposals)
        )
        if passes(batch):
            tags = tuple(
                Tag(f"{p.ref}/v1.0.0", "x", s.commit)
                for p, s in zip(proposals, batch.steps, strict=True)
            )
            world.forge.land(
                Landing(
                    commit=batch.tip,
                    expected_base=base,
                    message="x",
                    tags=tags,
                    members=tuple(proposals),
                )
            )
            return []
        if len(proposals) == 1:
            return [proposals[0].ref]
        half = len(proposals) // 2
        return land(proposals[:half]) + land(proposals[half:])

    assert land(ready) == ["bad"]
    assert sorted(world.repo.strategy_trees(world.forge.base())) == [
        "G0",
        "G1",
        "G2",
        "MACD",
        "RSI",
    ]
    assert [p.ref for p in world.forge.proposals()] == ["bad"]
