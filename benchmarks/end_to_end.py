"""From `git push` to the pending status and to the verdict, with the real daemon.

`python -m benchmarks.end_to_end [--rounds N] [--together N] [--behind N] [--backend NAME]
[--json FILE]`

Beside it, in the same run, what an author would do instead: start Python, import backtesting,
run the backtest. And beside the proposals that are pushed at once, what their sandbox jobs take
when nothing else is done: the same jobs, given to an executor of the same configuration.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bot.checks.policies import load_policies
from bot.checks.subject import Bench, Subject, prepare
from bot.config.settings import load
from bot.daemon.executors import open_executor
from bot.daemon.opening import open_bench
from bot.demo.author import clean_environment, git
from bot.demo.stage import EXAMPLES, Stage, set_stage
from components.ports import Job
from components.sandbox.limits import processes
from components.schema.results.report import Change
from components.schema.results.values import Status
from components.state import DATABASE, Store

DEADLINE_S = 600.0
IDLE_S = 20.0
PLAIN = """
import importlib.util, sys
import pandas as pd
from backtesting import Backtest
spec = importlib.util.spec_from_file_location("strategy", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
data = pd.read_csv(sys.argv[2], index_col=0, parse_dates=True)
print(Backtest(data, module.SmaCross, cash=100_000, finalize_trades=True).run()["# Trades"])
"""


def waited(condition: object) -> float:
    """Seconds until a condition holds."""
    began = time.perf_counter()
    while time.perf_counter() - began < DEADLINE_S:
        if condition():  # type: ignore[operator]
            return time.perf_counter() - began
        time.sleep(0.005)  # why: another process is measured
    sys.exit("it did not happen in time")


def content(name: str, number: int) -> dict[str, bytes]:
    """One daily strategy on one symbol; `number` makes its content new."""
    source = EXAMPLES / "strategies" / "sma_cross"
    definition = (source / "strategy.yaml").read_text()
    definition = definition.replace("name: sma_cross", f"name: {name}")
    definition = definition.replace("symbols: [SPX, IXIC]", "symbol: SPX")
    definition += f"\nauthor: round {number}\n"
    return {
        "strategy.yaml": definition.encode(),
        "strategy.py": (source / "strategy.py").read_bytes(),
    }


def write(stage: Stage, name: str, number: int) -> None:
    """Put it into the author's folder."""
    folder = stage.author.folder / "strategies" / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, data in content(name, number).items():
        (folder / file).write_bytes(data)


def push(stage: Stage, branch: str, name: str, number: int) -> str:
    """Push a branch with one new strategy; the head's id."""
    stage.author.start(branch)
    write(stage, name, number)
    return stage.author.push(branch, f"Round {number}")


def one_round(stage: Stage, store: Store, number: int) -> tuple[float, float]:
    """Seconds from the end of `git push` to the pending status, and to the published verdict."""
    branch = f"round-{number}"
    head = push(stage, branch, f"round_{number}", number)
    proposal = f"branch/{branch}"
    pending = waited(lambda: store.runs.latest("demo", proposal, head=head))
    key = f"published:demo:{proposal}"
    verdict = pending + waited(lambda: store.meta.get(key))
    return pending, verdict


def commit(stage: Stage, names: dict[str, str], who: str = "ann") -> list[str]:
    """Commit a strategy for each branch, as an author; what `git push` is to be told.

    Args:
        stage: the demo's.
        names: text to be added to the definition, by branch.
        who: the author.
    """
    folder = stage.author.folder
    person = {"GIT_COMMITTER_NAME": who, "GIT_COMMITTER_EMAIL": f"{who}@example.org"}
    for number, (branch, added) in enumerate(names.items()):
        name = branch.replace("-", "_")
        stage.author.start(branch)
        write(stage, name, number)
        with (folder / "strategies" / name / "strategy.yaml").open("a") as file:
            file.write(added)
        git(folder, "add", "--all")
        words = ("git", "commit", "--quiet", "--message", branch)
        subprocess.run(words, cwd=folder, env={**clean_environment(), **person}, check=True)
        git(folder, "branch", "--force", f"push-{branch}", "HEAD")
    return [f"push-{branch}:refs/heads/{branch}" for branch in names]


def told(store: Store, branch: str) -> bool:
    """Whether the verdict on a branch is published."""
    return bool(store.meta.get(f"published:demo:branch/{branch}"))


def together(stage: Stage, store: Store, count: int) -> float:
    """Proposals a second when `count` are pushed at once."""
    names = {f"many-{n}": "" for n in range(count)}
    refs = commit(stage, names)
    began = time.perf_counter()
    git(stage.author.folder, "push", "--quiet", "origin", *refs)
    waited(lambda: all(told(store, name) for name in names))
    return count / (time.perf_counter() - began)


def behind(stage: Stage, store: Store, count: int) -> dict[str, float]:
    """Seconds until somebody is answered who pushes when `count` branches of another wait."""
    ahead = {f"ahead-{n}": "" for n in range(count)}
    crowd = commit(stage, ahead)
    late = commit(stage, {"late-wrong": "no_such_key: 1\n", "late-right": ""}, "bea")
    git(stage.author.folder, "push", "--quiet", "origin", *crowd)
    waited(lambda: store.runs.latest("demo", f"branch/ahead-{count - 1}"))
    began = time.perf_counter()
    git(stage.author.folder, "push", "--quiet", "origin", *late)
    waited(lambda: told(store, "late-wrong"))
    wrong = time.perf_counter() - began
    waited(lambda: told(store, "late-right"))
    found = {
        "behind_definition_error_s": round(wrong, 2),
        "behind_verdict_s": round(time.perf_counter() - began, 2),
        "behind_others_still_waiting": float(sum(not told(store, name) for name in ahead)),
    }
    waited(lambda: all(told(store, name) for name in ahead))
    return found


def alone(stage: Stage, count: int) -> float:
    """Proposals a second if there were nothing to them but their sandbox jobs."""
    settings = load(stage.config)
    policies = load_policies(settings.policies)
    executor = open_executor(settings, policies.sandbox)
    try:
        bench = open_bench(settings, policies, executor)
        jobs = [job for number in range(count) for job in jobs_of(bench, number)]
        executor.prepare()
        waited(lambda: not executor.describe()["starting"])
        began = time.perf_counter()
        for future in [executor.submit(job) for job in jobs]:
            if (result := future.result()).status is not Status.PASSED:
                sys.exit(f"a job ended as {result.status}: {result.message}")
        return count / (time.perf_counter() - began)
    finally:
        executor.close()


def jobs_of(bench: Bench, number: int) -> tuple[Job, ...]:
    """What the checks of one of the proposals run in sandboxes."""
    name = f"alone_{number}"
    subject = Subject(
        name=name, path=name, change=Change.ADDED, tree="", files=content(name, number)
    )
    ready = prepare(subject, bench)
    limits = bench.policies.sandbox
    files, rules = subject.files, ready.definition.rules
    smoke = ready.tasks[0].smoke(name, files, rules, limits.smoke_limits, name)
    return (smoke, *(t.job(name, files, rules, limits.limits, name) for t in ready.tasks))


def idle(stage: Stage) -> dict[str, float]:
    """What the daemon's process takes while nothing happens; ticks every 5 s, by default 30."""
    pid = stage.daemon.pid
    before, began = cpu_of(pid), time.perf_counter()
    waited(lambda: time.perf_counter() - began > IDLE_S)
    used = cpu_of(pid) - before
    workers = processes.children(pid)
    return {
        "idle_core_percent": round(used / (time.perf_counter() - began) * 100, 2),
        "idle_mb": memory_of(pid),
        "idle_mb_of_each_worker": max([memory_of(worker) for worker in workers], default=0.0),
    }


def cpu_of(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_of(pid: int) -> float:
    """Resident memory of a process, MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def plain() -> float:
    """Seconds of the author's own way: a Python process, the import, the backtest."""
    source = EXAMPLES / "strategies" / "sma_cross" / "strategy.py"
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", PLAIN, str(source), str(EXAMPLES / "data" / "SPX_1d.csv")],
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--together", type=int, default=100)
    parser.add_argument("--behind", type=int, default=60)
    parser.add_argument("--backend", choices=("auto", "docker", "bubblewrap"), default="auto")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ALGOOPS_SANDBOX__BACKEND"] = asked.backend
        stage = set_stage(Path(folder) / "stage", 0, on_base=())
        stage.daemon.start()
        try:
            with Store(stage.state / DATABASE) as store:
                one_round(stage, store, 0)
                rounds = [
                    (*one_round(stage, store, n), plain()) for n in range(1, asked.rounds + 1)
                ]
                quiet = idle(stage)
                rate = together(stage, store, asked.together)
                late = behind(stage, store, asked.behind)
        finally:
            stage.daemon.stop()
        bare = alone(stage, asked.together)
    pending, verdict, own = (statistics.median(column) for column in zip(*rounds, strict=True))
    figures = {
        "push_to_pending_s": round(pending, 3),
        "push_to_verdict_s": round(verdict, 3),
        "plain_process_s": round(own, 3),
        "verdict_over_plain": round(verdict / own, 2),
        "proposals_a_second_together": round(rate, 2),
        "their_jobs_alone_a_second": round(bare, 2),
        "together_over_alone": round(rate / bare, 2),
        **quiet,
        **late,
        "load": os.getloadavg(),
    }
    for name, value in figures.items():
        print(f"{name:32} {value}")
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
