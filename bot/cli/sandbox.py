"""`algoops sandbox`: run one file in the sandbox, build the image, measure, clean up."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from bot.cli import groups
from bot.cli.common import (
    EXIT_ERROR,
    EXIT_FAILED,
    EXIT_PASSED,
    ConfigOption,
    Form,
    FormOption,
    err,
    out,
    print_json,
    read_input,
    settings_from,
)
from bot.config.settings import Settings
from bot.daemon.executors import sandbox_spec
from components.errors import TransientError
from components.executor.broken import broken
from components.ports import ScriptJob
from components.sandbox.backends.pool import START_TIMEOUT_S, PooledSandbox
from components.sandbox.backends.select import SandboxSpec, open_sandbox
from components.sandbox.image.packages import build as packages_built
from components.sandbox.session.script import run_script
from components.schema.policies.file import load_policy
from components.schema.policies.sandbox import SandboxPolicy
from components.schema.results.values import ExecutionResult, Status

Backend = Literal["auto", "docker", "bubblewrap"]

BackendOption = Annotated[
    Backend | None,
    typer.Option(help="The sandbox backend (default: as configured)."),
]


def register(app: typer.Typer) -> None:  # noqa: ARG001  # a family's fixed shape: the group is known
    """Add the commands to the `sandbox` group."""
    groups.sandbox.command("run")(run)
    groups.sandbox.command("build")(build)
    groups.sandbox.command("bench")(bench)
    groups.sandbox.command("gc")(collect)


def run(
    file: Annotated[Path, typer.Argument(help="A Python file; `-` reads standard input.")],
    *,
    backend: BackendOption = None,
    timeout: Annotated[float | None, typer.Option(help="Seconds; lowers the policy's.")] = None,
    memory: Annotated[int | None, typer.Option(help="MiB; lowers the policy's.")] = None,
    config: ConfigOption = None,
    form: FormOption = Form.TEXT,
) -> None:
    """Run one Python file in the sandbox exactly as given, and say how it ended.

    No static validation: only the sandbox contains it. Exit code 0 passed, 1 not, 2 no sandbox.
    """
    spec = _spec(settings_from(config), backend)
    limits = spec.limits.lowered_by(wall_s=timeout, memory_mb=memory)
    name = file.name if file.suffix == ".py" else "script.py"
    job = ScriptJob(source=read_input(file), limits=limits, name=name, label=name)
    result = _attempt(spec, job)
    if form is Form.JSON:
        print_json(result.model_dump(mode="json"))
    else:
        _show(result)
    raise typer.Exit(_exit_code(result))


def build(
    *, backend: BackendOption = None, config: ConfigOption = None, form: FormOption = Form.TEXT
) -> None:
    """Install the packages for strategies, and build Docker's image where Docker is used.

    The image is made of this machine's own Python: no registry. Only packages that
    policies/sandbox.yaml names are downloaded.
    """
    began = time.perf_counter()
    settings = settings_from(config)
    policy = load_policy(settings.policies / "sandbox.yaml", SandboxPolicy)
    facts: dict[str, Any] = {}
    if policy.packages:
        packages = packages_built(settings.policies / policy.packages)
        facts["packages"] = ", ".join(f"{n} {v}" for n, v in packages.versions.items())
    sandbox = open_sandbox(_spec(settings, backend))
    sandbox.close()
    seconds = round(time.perf_counter() - began, 3)
    _tell({**facts, "image": sandbox.image, "seconds": seconds}, form)


def bench(
    *,
    backend: BackendOption = None,
    jobs: Annotated[int, typer.Option(min=1, max=1000)] = 10,
    config: ConfigOption = None,
    form: FormOption = Form.TEXT,
) -> None:
    """Measure how long a trivial job takes, cold and warm."""
    spec = _spec(settings_from(config), backend)
    job = ScriptJob(source=b"print(1)\n", limits=spec.limits)
    sandbox = open_sandbox(replace(spec, warm=1))
    try:
        cold = _timed(sandbox, job)
        times = sorted(_timed_warm(sandbox, job) for _ in range(jobs))
    finally:
        sandbox.close()
    facts = {
        "backend": sandbox.backend,
        "image": sandbox.image,
        "cold_ms": round(cold * 1e3, 1),
        "median_ms": round(times[len(times) // 2] * 1e3, 1),
        "worst_ms": round(times[-1] * 1e3, 1),
    }
    _tell(facts, form)


def collect(
    *, backend: BackendOption = None, config: ConfigOption = None, form: FormOption = Form.TEXT
) -> None:
    """Remove what ended processes of ours left behind: guests, folders, groups, old images."""
    sandbox = open_sandbox(_spec(settings_from(config), backend))
    try:
        removed = sandbox.reap() + sandbox.prune()
    finally:
        sandbox.close()
    _tell({"backend": sandbox.backend, "removed": removed}, form)


def _spec(settings: Settings, backend: Backend | None) -> SandboxSpec:
    chosen = settings.sandbox.model_copy(
        update={"warm": 0, **({"backend": backend} if backend else {})}
    )
    settings = settings.model_copy(update={"sandbox": chosen})
    return sandbox_spec(settings, load_policy(settings.policies / "sandbox.yaml", SandboxPolicy))


def _attempt(spec: SandboxSpec, job: ScriptJob) -> ExecutionResult:
    try:
        sandbox = open_sandbox(spec)
    except TransientError as error:
        return broken(str(error))
    try:
        return run_script(job, sandbox)
    except TransientError as error:
        return broken(str(error))
    finally:
        sandbox.close()


def _timed(sandbox: PooledSandbox, job: ScriptJob) -> float:
    began = time.perf_counter()
    result = run_script(job, sandbox)
    if result.status is not Status.PASSED:
        raise TransientError(f"the trivial job did not pass: {result.message}")
    return time.perf_counter() - began


def _timed_warm(sandbox: PooledSandbox, job: ScriptJob) -> float:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not sandbox.warm() and time.monotonic() < deadline:
        time.sleep(0.02)  # why: waits for the pool to be warm, with a deadline
    return _timed(sandbox, job)


def _exit_code(result: ExecutionResult) -> int:
    if result.status is Status.PASSED:
        return EXIT_PASSED
    return EXIT_ERROR if result.status is Status.INFRASTRUCTURE_ERROR else EXIT_FAILED


def _show(result: ExecutionResult) -> None:
    usage = result.resource_usage
    used = [f"{result.duration_s:.2f} s"]
    used += [f"{usage.cpu_s:.2f} s CPU"] if usage.cpu_s is not None else []
    used += [f"{usage.max_memory_mb:.0f} MiB"] if usage.max_memory_mb is not None else []
    out.out(result.stdout, end="", highlight=False)
    err.out(result.stderr, end="", highlight=False)
    err.print(f"{result.status.value}: {result.message or 'exit code 0'}", markup=False)
    err.print(f"{result.provenance.backend}: {', '.join(used)}", markup=False)
    if result.unlimited:
        err.print(f"not limited on this machine: {', '.join(result.unlimited)}", markup=False)


def _tell(facts: dict[str, Any], form: Form) -> None:
    if form is Form.JSON:
        print_json(facts)
        return
    for key, value in facts.items():
        out.print(f"{key}: {value}", markup=False, highlight=False)
