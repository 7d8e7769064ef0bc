"""Shared by the sandbox's tests: both walls, small limits, and a look at what is left behind."""

import os
from dataclasses import dataclass
from pathlib import Path

import docker

from components.ports import ScriptJob
from components.sandbox.backends import owner
from components.sandbox.backends.docker import LABEL
from components.sandbox.backends.select import SandboxSpec, open_sandbox
from components.sandbox.limits import cgroups, processes
from components.sandbox.session.script import run_script
from components.schema.results.values import ExecutionResult, Limits
from tests.warm_support import contents

HOSTILE = Path(__file__).parent / "data" / "hostile"
BACKENDS = ("bubblewrap", "docker")
SMALL = Limits(
    wall_s=30, cpu_s=3, memory_mb=192, pids=24, nofile=64, fsize_mb=4, tmpfs_mb=8, output_kb=16
)


def spec(backend, limits=SMALL, **options):
    return SandboxSpec(limits=limits, backend=backend, contents=contents(), **options)


def raise_wall(backend, limits=SMALL, **options):
    return open_sandbox(spec(backend, limits, **options))


def run_text(sandbox, text, limits=SMALL, **options) -> ExecutionResult:
    return run_script(ScriptJob(source=text.encode(), limits=limits, **options), sandbox)


def run_hostile(sandbox, name, limits=SMALL) -> ExecutionResult:
    source = (HOSTILE / f"{name}.py").read_bytes()
    return run_script(ScriptJob(source=source, limits=limits, label=name), sandbox)


@dataclass(frozen=True)
class Traces:
    """What a process's sandboxes hold on the host at a moment."""

    containers: frozenset[str]
    children: frozenset[int]
    sockets: frozenset[str]
    groups: frozenset[str]
    descriptors: int


def traces(pid: int | None = None) -> Traces:
    pid = pid or os.getpid()
    mine = str(owner._owner(pid))
    return Traces(
        containers=frozenset(_containers(mine)),
        children=frozenset(processes.children(pid)),
        sockets=frozenset(p.name for p in (owner.base() / mine).glob("*")),
        groups=frozenset(_groups(mine)),
        descriptors=sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()),
    )


def _containers(mine):
    client = docker.from_env()
    try:
        return [
            c.id for c in client.containers.list(all=True, filters={"label": f"{LABEL}={mine}"})
        ]
    finally:
        client.close()


def _groups(mine):
    legacy, unified = cgroups._hierarchies(cgroups.MOUNTS)
    roots = [*legacy.values(), *([unified] if unified else [])]
    return [str(f) for root in roots for f in (root / cgroups.OURS).glob(f"*{mine}*")]
