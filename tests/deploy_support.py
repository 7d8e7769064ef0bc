"""Proposals whose checks have passed, without running them: for tests of what comes after."""

import threading

from bot.checks.base_policies import bench_at
from bot.checks.run import read_subject, take_snapshot
from bot.checks.subject import prepare
from bot.core.decisions import StrategyChange
from bot.core.orders import DeployOrder
from bot.demo.stage import EXAMPLES
from bot.deploy.deploys import deploy
from components.schema.results.report import Change, ProposalRef, Report, StrategyReport
from components.schema.results.values import Verdict


def push(stage, branch, *names, version="1.0.0", extra=None):
    """A branch with these strategies, all at one version; `extra` files go into the first."""
    stage.author.start(branch)
    for name in names:
        folder = stage.author.folder / "strategies" / name
        folder.mkdir(parents=True, exist_ok=True)
        for file in ("strategy.yaml", "strategy.py"):
            text = (EXAMPLES / "strategies" / "sma_cross" / file).read_text()
            text = text.replace("name: sma_cross", f"name: {name}")
            (folder / file).write_text(text.replace("version: 1.0.0", f"version: {version}"))
    for path, text in (extra or {}).items():
        (stage.author.folder / "strategies" / names[0] / path).write_text(text)
    return stage.author.push(branch, f"{', '.join(names)} {version}")


def reported(world, branch):
    """As if the checks had run: a passed verdict and a published report for this very content."""
    watched = world.repository("demo")
    proposal = watched.forge.proposal(f"branch/{branch}")
    snapshot = take_snapshot(watched.where, proposal, watched.forge.base())
    bench = bench_at(watched.where, world.bench, snapshot.base)
    reports = []
    for change in (c for c in snapshot.changes if c.new_tree is not None):
        prepared = prepare(read_subject(watched.where, change), bench)
        report = StrategyReport(
            name=change.name,
            path=f"strategies/{change.name}",
            version=prepared.version,
            change=Change.ADDED,
            tree=change.new_tree,
            content_key=prepared.key,
            verdict=Verdict.PASSED,
        )
        world.store.verdicts.put(
            prepared.key, change.name, prepared.version, Verdict.PASSED, report.model_dump_json()
        )
        world.store.strategies.propose(
            "demo", change.name, actor="ada", reason="push", proposal=proposal.id
        )
        reports.append(report)
    run = world.store.runs.start("demo", proposal.id, proposal.head, snapshot.base, "check")
    whole = Report(
        algoops="0",
        proposal=ProposalRef(id=proposal.id, ref=branch),
        head_commit=proposal.head,
        base_commit=snapshot.base,
        verdict=Verdict.PASSED,
        summary="",
        strategies=tuple(reports),
        lands=snapshot.lands,
        started_at="",
        finished_at="",
        duration_s=0,
    )
    world.store.runs.finish(run.id, Verdict.PASSED, whole.model_dump_json())
    world.store.meta.put(f"published:demo:{proposal.id}", str(run.id))


def judged_now(world, *names, verdict=Verdict.FAILED):
    """As if the checks had run on what is live now, and came to this."""
    watched = world.repository("demo")
    trees = watched.where.repository.strategy_trees(watched.forge.base())
    for name in names:
        change = StrategyChange(name, None, trees[name])
        prepared = prepare(read_subject(watched.where, change), world.bench)
        report = StrategyReport(
            name=name,
            path=f"strategies/{name}",
            version=prepared.version,
            change=Change.ADDED,
            tree=trees[name],
            content_key=prepared.key,
            verdict=verdict,
        )
        world.store.verdicts.put(
            prepared.key, name, prepared.version, verdict, report.model_dump_json()
        )


def deploy_at_once(world, branches, **more):
    """All orders wait for the lane before the first of them gets it; pairs of branch, outcome."""
    watched = world.repository("demo")
    outcomes = []

    def order(branch):
        made = deploy(world, watched, DeployOrder(f"branch/{branch}", "ada", **more))
        outcomes.append((branch, made))

    threads = [threading.Thread(target=order, args=(branch,)) for branch in branches]
    with watched.lane:
        for place, thread in enumerate(threads, 1):
            thread.start()
            wait_until_waiting(watched.queue, place)
    for thread in threads:
        thread.join()
    return outcomes


def wait_until_waiting(queue, count):
    pause = threading.Event()
    for _ in range(2000):
        if len(queue._waiting) >= count:
            return
        pause.wait(0.005)
    raise AssertionError("the order does not wait")
