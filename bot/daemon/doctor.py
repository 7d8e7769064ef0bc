"""`algoops doctor`: what works, what does not, and what to do about it. Asks the real parts."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from bot.checks.base_policies import policies_now
from bot.checks.policies import Policies, load_policies, packages_of
from bot.config.settings import Settings
from bot.daemon.executors import open_executor
from bot.daemon.opening import open_watched
from bot.daemon.settings_looks import defaults, gates, start, strategies_folder
from bot.daemon.start import refusals, usable_parent
from bot.daemon.symptoms import Symptom
from bot.landing.context import Watched
from components.engine.data.judge import check_bars, data_findings
from components.engine.data.names import DataFile
from components.engine.market_data import FolderData
from components.errors import AlgoOpsError, UserError
from components.ports import Forge, ScriptJob
from components.sandbox.image import own
from components.schema.policies.risk import DataPolicy
from components.schema.results.values import ExecutionResult, Status
from components.state import DATABASE, Store
from components.state.tables.notes import SETTINGS_REFUSED

MB = 1024 * 1024
LEAST_GIT = (2, 38)
LOW_DISK_MB = 200
TRIAL_S = 120.0
GENEROUS = 5
"""How many times `cpu_s` a `wall_s` should be at least, so that a busy machine does not decide."""
SCRIPT = b"print('hello from inside')\n"


Look = Callable[[Settings], Iterator[Symptom]]


def examine(settings: Settings) -> Iterator[Symptom]:
    """Look at everything, one after the other; a look that breaks is a symptom itself."""
    looks: tuple[tuple[str, Look], ...] = (
        ("git", _git),
        ("start", start),
        ("policies", _policies),
        ("gates", gates),
        ("libraries", _libraries),
        ("market data", _data),
        ("defaults", defaults),
        ("database", _database),
        ("repositories", _repositories),
        ("sandbox", _sandbox),
    )
    with _without_traces(settings) as aside:
        found = (one for name, look in looks for one in _looked(name, look, aside))
        yield from _once(chain(found, _looked("disk", _disk, settings)))


def _once(symptoms: Iterable[Symptom]) -> Iterator[Symptom]:
    """Each fault once: a broken policy, for one, breaks many looks."""
    told = set()
    for one in symptoms:
        if one.well or one.seen not in told:
            told.add(one.seen)
            yield one


def _looked(name: str, look: Look, settings: Settings) -> Iterator[Symptom]:
    try:
        yield from look(settings)
    except AlgoOpsError as error:
        yield Symptom(name, well=False, seen=Exception.__str__(error), advice=error.hint)


@contextmanager
def _without_traces(settings: Settings) -> Iterator[Settings]:
    """Settings to look with: where there is no `state.dir` yet, mirrors go into another folder."""
    if settings.state.dir.exists():
        yield settings
        return
    with tempfile.TemporaryDirectory(prefix="algoops-doctor-") as folder:
        state = settings.state.model_copy(update={"dir": Path(folder)})
        yield settings.model_copy(update={"state": state})


def _git(settings: Settings) -> Iterator[Symptom]:
    try:
        done = subprocess.run(
            [settings.git_binary, "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise UserError(
            f"{settings.git_binary} does not run", hint="install git 2.38 or newer"
        ) from error
    number = done.stdout.split()[2]
    found = tuple(int(part) for part in number.split(".")[:2])
    well = found >= LEAST_GIT
    yield Symptom("git", well, number, "" if well else "merge-tree needs git 2.38 or newer")


def _policies(settings: Settings) -> Iterator[Symptom]:
    policies = load_policies(settings.policies)
    yield Symptom(
        "policies", well=True, seen=f"{len(policies.risk.gates)} gates, hash {policies.hash[:12]}"
    )
    for name, limits in (
        ("limits", policies.sandbox.limits),
        ("smoke", policies.sandbox.smoke_limits),
    ):
        if limits.wall_s < GENEROUS * limits.cpu_s:
            yield Symptom(
                "time limits",
                well=True,
                seen=f"{name}.wall_s is {limits.wall_s:g} s for {limits.cpu_s:g} s of cpu_s: on a "
                "busy machine checks end as error",
                advice=f"in sandbox.yaml set {name}.wall_s to {GENEROUS * limits.cpu_s:g} or more; "
                "work is bounded by cpu_s",
                warning=True,
            )


def _libraries(settings: Settings) -> Iterator[Symptom]:
    """Whether what the code check allows and what the sandbox has are the same."""
    policies = load_policies(settings.policies)
    packages = packages_of(settings.policies, policies.sandbox)
    extra = frozenset(packages.modules) if packages else frozenset()
    listed = {
        p.partition(".")[0] for p, rule in policies.code.modules.items() if not rule.tests_only
    }
    file = policies.sandbox.packages or "sandbox-requirements.txt"
    for name in sorted(listed - extra - own.all_modules() - own.OURS - sys.stdlib_module_names):
        yield Symptom(
            f"module {name}",
            well=False,
            seen="code.yaml allows it, and the sandbox does not have it",
            advice=f"add its package to {file} and run `algoops sandbox build`, or take the line "
            "out of code.yaml",
        )
    if packages:
        closed = sorted(extra & set(policies.code.dangerous))
        seen = f"{len(packages.versions)} packages for strategies"
        kept = f"; code.yaml keeps closed: {', '.join(closed)}" if closed else ""
        yield Symptom("libraries", well=True, seen=seen + kept)


def _data(settings: Settings) -> Iterator[Symptom]:
    data = FolderData(settings.market_data)
    if not data.symbols():
        yield Symptom(
            "market data",
            well=False,
            seen="no market data",
            advice=f"put SYMBOL_INTERVAL.csv files into {settings.market_data}",
        )
    policy = load_policies(settings.policies).risk.data
    for entry in data.entries():
        yield from _data_file(data, entry, policy)


def _data_file(data: FolderData, entry: DataFile, policy: DataPolicy) -> Iterator[Symptom]:
    if entry.skipped:
        yield Symptom(
            f"data file {entry.path.name}",
            well=not entry.broken,
            seen=f"skipped: {entry.skipped}",
            advice="rename it" if entry.broken else "",
        )
        return
    what = f"data {entry.symbol} {entry.interval}"
    try:
        bars = data.bars(entry.symbol, entry.interval, None, None)
        check_bars(bars, policy)
    except AlgoOpsError as error:
        seen = " ".join(Exception.__str__(error).split())
        yield Symptom(what, well=False, seen=seen, advice=error.hint)
        return
    seen = f"{len(bars.frame)} bars to {bars.frame.index[-1]:%Y-%m-%d}"
    yield Symptom(what, well=True, seen=seen)
    for found in data_findings(bars):
        yield Symptom(what, well=True, seen=found.message, advice=found.hint, warning=True)


def _database(settings: Settings) -> Iterator[Symptom]:
    path = settings.state.dir / DATABASE
    if not path.exists():
        yield Symptom("database", well=True, seen="none yet: `algoops run` makes it")
        return
    with Store(path, look=True) as store:
        problem = store.audit.verify()
        yield Symptom("database", well=True, seen=f"{store.strategies.count()} strategies")
        if refused := store.meta.get(SETTINGS_REFUSED):
            yield Symptom(
                "running daemon",
                well=False,
                seen=refused,
                advice="mend them, then `algoops reload`",
            )
        yield Symptom(
            "audit log",
            well=problem is None,
            seen="its hash chain is whole" if problem is None else problem.message,
            advice="" if problem is None else "compare it with a backup: a row was changed",
        )


def _repositories(settings: Settings) -> Iterator[Symptom]:
    refused = {what for what, _ in refusals(settings)}
    for place, repository in enumerate(settings.repositories):
        if f"repository {repository.name}" in refused:
            continue  # told already
        watched = open_watched(settings, repository)
        try:
            yield Symptom(f"repository {repository.name}", well=True, seen=watched.forge.ping())
            yield strategies_folder(settings, place, watched)
            yield from _report_key(watched)
            yield from _base_policies(settings, watched)
            yield from _permissions(repository.name, watched.forge)
            yield from _rules(repository.name, watched.forge)
        except AlgoOpsError as error:
            yield Symptom(
                f"repository {repository.name}",
                well=False,
                seen=Exception.__str__(error),
                advice=error.hint or "`algoops init` makes a local one",
            )
        finally:
            watched.close()


def _report_key(watched: Watched) -> Iterator[Symptom]:
    """Whether the key that is to sign reports does; else they would go out unsigned."""
    if watched.reports_signed is None:
        return
    what = f"signatures of reports of {watched.name}"
    try:
        watched.reports_signed(b"doctor")
    except UserError as error:
        yield Symptom(what, well=False, seen=Exception.__str__(error), advice=error.hint)
    else:
        yield Symptom(what, well=True, seen="the key signs")


def _base_policies(settings: Settings, watched: Watched) -> Iterator[Symptom]:
    if watched.where.policies:
        watched.forge.fetch()
        policies = policies_now(
            watched.where, load_policies(settings.policies), watched.base_branch
        )
        seen = f"{len(policies.risk.gates)} gates, hash {policies.hash[:12]}"
        yield Symptom(f"policies of {watched.where.name}", well=True, seen=seen)


def _rules(name: str, forge: Forge) -> Iterator[Symptom]:
    """Rules of a GitHub base branch that deploys can't keep."""
    unsuited = getattr(forge, "unsuited_rules", None)
    for words in unsuited() if unsuited is not None else ():
        seen, _, advice = words.partition("; ")
        yield Symptom(f"rules of {name}", well=False, seen=seen, advice=advice)


def _permissions(name: str, forge: Forge) -> Iterator[Symptom]:
    """What a GitHub token lacks, as far as the forge can tell."""
    missing = getattr(forge, "missing_permissions", None)
    if missing is None:
        return
    lacking = missing()
    yield Symptom(
        f"permissions on {name}",
        well=not lacking,
        seen="all there" if not lacking else f"missing: {', '.join(lacking)}",
        advice="" if not lacking else "docs/github.md lists what the token or App needs",
    )


def _sandbox(settings: Settings) -> Iterator[Symptom]:
    policies = load_policies(settings.policies)
    executor = open_executor(settings, policies.sandbox)
    try:
        result = _within(executor.submit(_trial(policies)))
        facts = executor.describe()
    finally:
        executor.close()
    if result is None:
        seen = str(facts.get("detail") or f"no answer within {TRIAL_S:.0f} s")
        yield Symptom("sandbox", well=False, seen=seen, advice="start what runs its jobs")
        return
    well = result.status is Status.PASSED
    seen = f"{facts.get('backend')}: ran a script in {result.duration_s * 1000:.0f} ms"
    yield Symptom("sandbox", well, seen if well else result.message)
    yield Symptom(
        "sandbox limits",
        well=True,
        seen=", ".join(result.unlimited) + " cannot be enforced here"
        if result.unlimited
        else "all enforced",
    )


def _within(trial: Future[ExecutionResult]) -> ExecutionResult | None:
    """Its result; None where a cluster has no worker for it."""
    try:
        return trial.result(TRIAL_S)
    except TimeoutError:
        return None


def _trial(policies: Policies) -> ScriptJob:
    return ScriptJob(source=SCRIPT, limits=policies.sandbox.smoke_limits, label="doctor")


def _disk(settings: Settings) -> Iterator[Symptom]:
    free = shutil.disk_usage(usable_parent(settings)).free // MB
    well = free > LOW_DISK_MB
    yield Symptom("disk", well, f"{free} MB free", "" if well else "make room for the database")
