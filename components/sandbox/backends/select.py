"""Finds the sandbox backend of this machine. None is an error: code never runs without one."""

from dataclasses import dataclass

from components.errors import TransientError
from components.sandbox.backends.bubblewrap import BubblewrapSandbox
from components.sandbox.backends.pool import PooledSandbox
from components.sandbox.image import inventory
from components.sandbox.image.inventory import Inventory
from components.sandbox.image.packages import PackageSet
from components.schema.results.values import Limits


@dataclass(frozen=True)
class SandboxSpec:
    """How to open a sandbox; picklable, so that every worker can open its own.

    Attributes:
        backend: docker, bubblewrap, or auto: Docker where an engine answers, else bubblewrap.
        repository: name of Docker's image.
        warm: guests that wait.
        limits: the policy's limits.
        runtime: Docker's runtime; with one named, only Docker will do.
        share: jobs of exactly the same files share a guest (isolation: strategy).
        packages: what strategies may import beyond the sandbox's own packages.
        contents: what is inside, where that was found out already.
    """

    limits: Limits
    backend: str = "auto"
    repository: str = "algoops-sandbox"
    warm: int = 0
    runtime: str = ""
    share: bool = False
    packages: PackageSet | None = None
    contents: Inventory | None = None


def open_sandbox(spec: SandboxSpec) -> PooledSandbox:
    """Open the sandbox that `spec` asks for.

    Raises:
        TransientError: "no sandbox: ..." when there is none to be had.
        ConfigError: Docker lacks the runtime that is asked for.
    """
    contents = spec.contents or inventory.take(spec.packages)
    if spec.backend == "docker" or (spec.backend == "auto" and spec.runtime):
        return _docker(spec, contents)
    if spec.backend == "bubblewrap":
        return _bubblewrap(spec, contents)
    try:
        return _docker(spec, contents)
    except TransientError as docker_error:
        try:
            return _bubblewrap(spec, contents)
        except TransientError as error:
            raise TransientError(f"{docker_error}; {error}") from error


def _docker(spec: SandboxSpec, contents: Inventory) -> PooledSandbox:
    # A tenth of what a worker loads, which bubblewrap has no use for.
    from components.sandbox.backends.docker import DockerSandbox  # noqa: PLC0415

    return DockerSandbox(
        spec.limits,
        spec.warm,
        contents,
        repository=spec.repository,
        runtime=spec.runtime,
        share=spec.share,
    )


def _bubblewrap(spec: SandboxSpec, contents: Inventory) -> PooledSandbox:
    sandbox = BubblewrapSandbox(spec.limits, spec.warm, contents, share=spec.share)
    try:
        sandbox.ping()
    except TransientError:
        sandbox.close()
        raise
    return sandbox
