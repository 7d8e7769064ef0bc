"""Scale: what one changed strategy costs in a repository of 100 and of 10,000 strategies.

`python benchmarks/scale.py [--strategies N] [--rounds N] [--json FILE]`

The claim: planning costs what the change costs: under 1 s, and at most twice as much with 10,000
strategies as with 100. Where the base has moved on since the branch began, git's merge goes through
the entries of the strategies folder (not into them); that is shown in a line of its own. Each round
pushes nothing new: the same proposal is planned, read, merged and rolled back as objects; the
best of all rounds, the two sizes taking turns. Beside it what one would do instead: check the
branch out (`git worktree add`, the best of three) and ask git what differs.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bot.checks.run import Where, read_subject, take_snapshot
from bot.core.decisions import ProposalPolicy, plan_run
from components.forge.local import LocalForge
from components.git_patch import Repository
from components.ports import Proposal
from components.safe_tools.hardened import HardenedGit

SMALL = 100
BUDGET_S, BUDGET_RATIO = 1.0, 2.0
NAMES = {
    "planning": "proposal, merge with base, changed strategies, plan",
    "moved": "the same, where the base has moved on since",
    "judging": "names beside a new strategy (reads the names of all)",
    "reading": "files of the changed strategy and of its base",
    "proposals": "list of the open proposals",
    "merging": "merge commit and annotated tag as objects",
    "rollback": "revert commit of one folder as an object",
    "versions": "versions of one strategy by its tags",
}


def stream(strategies: int) -> Iterator[str]:
    """A `git fast-import` stream: a base with tags, one branch with one change, a base moved on."""
    who = "committer Bench <bench@example.org> 1700000000 +0000"
    yield f"commit refs/heads/main\nmark :1\n{who}\ndata 4\nbase\n"
    for number in range(strategies):
        name = f"Strategy_{number:05d}"
        yield from file(f"strategies/{name}/strategy.yaml", f"name: {name}\ndescription: x\n")
        yield from file(f"strategies/{name}/strategy.py", f"# {number}\n" + "x = 1\n" * 40)
    for number in range(strategies):
        yield f"reset refs/tags/Strategy_{number:05d}/v1.0.0\nfrom :1\n\n"
    yield f"commit refs/heads/change\n{who}\ndata 6\nchange\nfrom :1\n"
    yield from file(f"strategies/Strategy_{strategies // 2:05d}/strategy.py", "x = 2\n")
    yield f"commit refs/heads/main\n{who}\ndata 5\nmoved\nfrom :1\n"
    yield from file("strategies/Strategy_00001/strategy.py", "x = 3\n")


def file(path: str, text: str) -> Iterator[str]:
    yield f"M 100644 inline {path}\ndata {len(text)}\n{text}\n"


def build(folder: Path, strategies: int) -> LocalForge:
    path = folder / f"{strategies}.git"
    Repository.create(path).close()
    forge = LocalForge.open("bench", path, base="main", reports=folder / "reports")
    git = HardenedGit(path)
    git.run("fast-import", "--quiet", stdin="".join(stream(strategies)).encode())
    git.run("pack-refs", "--all")
    subprocess.run(["git", "-C", str(path), "gc", "--quiet"], check=True)
    return forge


def steps(forge: LocalForge, strategies: int) -> dict[str, Callable[[], object]]:
    where = Where("bench", forge.repository)
    name = f"Strategy_{strategies // 2:05d}"
    path = f"strategies/{name}"

    def proposal() -> Proposal:
        found = forge.proposal("branch/change")
        assert found is not None
        return found

    def plan(base: str) -> object:
        snapshot = take_snapshot(where, proposal(), base)
        made = plan_run(snapshot, ProposalPolicy(), asked=False)
        assert [c.name for c in made.checks] == [name]
        return snapshot

    base, head = forge.base(), proposal().head
    repository = forge.repository
    (before,) = repository.parents(base)
    grown = repository.revert_folder(
        base, "strategies/New", repository.tree_at(base, path), "A new strategy"
    )
    (change,) = take_snapshot(where, proposal(), base).changes
    merged = repository.merge(base, head).tree

    def merge() -> None:
        commit = repository.commit(merged, (base, head), "Deploy")
        repository.make_tag(f"{name}/v1.1.0", commit, "Deploy")

    return {
        "planning": lambda: plan(before),
        "moved": lambda: plan(base),
        "judging": lambda: repository.judge_root(base, grown),
        "reading": lambda: read_subject(where, change),
        "proposals": forge.proposals,
        "merging": merge,
        "rollback": lambda: repository.revert_folder(head, path, change.old_tree, "Roll back"),
        "versions": lambda: repository.versions(name),
    }


def checkout(folder: Path, strategies: int) -> float:
    """Seconds of a checkout of the branch, and of git's own list of what it changes."""
    git = ["git", "-C", str(folder / f"{strategies}.git")]
    target = str(folder / "checkout")
    times = []
    for _round in range(3):
        started = time.perf_counter()
        subprocess.run(
            [*git, "worktree", "add", "--quiet", "--detach", target, "change"], check=True
        )
        changed = ["diff", "--name-only", "change~1", "change"]
        subprocess.run([*git, *changed], check=True, capture_output=True)
        times.append(time.perf_counter() - started)
        subprocess.run([*git, "worktree", "remove", "--force", target], check=True)
    return min(times)


def measure(
    sides: dict[int, dict[str, Callable[[], object]]], rounds: int
) -> dict[int, dict[str, float]]:
    """Best seconds by count and step: what the machine does besides only adds to them."""
    times: dict[int, dict[str, list[float]]] = {n: {k: [] for k in NAMES} for n in sides}
    for name in NAMES:
        for _ in range(rounds + 1):
            for count, side in sides.items():
                started = time.perf_counter()
                side[name]()
                times[count][name].append(time.perf_counter() - started)
    return {n: {k: min(t[1:]) for k, t in v.items()} for n, v in times.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--strategies", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="algoops-scale-") as folder:
        forges = {n: build(Path(folder), n) for n in (SMALL, args.strategies)}
        found = measure({n: steps(forge, n) for n, forge in forges.items()}, args.rounds)
        checkouts = {n: checkout(Path(folder), n) for n in forges}
        for forge in forges.values():
            forge.repository.close()
    small, large = found[SMALL], found[args.strategies]
    print(f"{'step':<10} {SMALL:>9,} {args.strategies:>9,}   ratio")
    for name, what in NAMES.items():
        a, b = small[name], large[name]
        print(f"{name:<10} {a * 1000:>6.1f} ms {b * 1000:>6.1f} ms {b / a:>6.2f}x  {what}")
    a, b = checkouts[SMALL], checkouts[args.strategies]
    print(
        f"{'checkout':<10} {a * 1000:>6.1f} ms {b * 1000:>6.1f} ms {b / a:>6.2f}x  the same by git"
    )
    instead = (large["planning"] + large["reading"]) / b
    print(f"planning and reading: {instead:.3f} of a checkout")
    ratio = large["planning"] / small["planning"]
    within = large["planning"] < BUDGET_S and ratio <= BUDGET_RATIO
    print(f"planning: {'within' if within else 'OVER'} {BUDGET_S:g} s and {BUDGET_RATIO:g}x")
    if args.json:
        document = {
            "seconds": found,
            "checkout_seconds": checkouts,
            "planning_and_reading_over_checkout": instead,
            "planning_ratio": ratio,
            "within_budget": within,
        }
        args.json.write_text(json.dumps(document, indent=2), encoding="utf-8")
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
