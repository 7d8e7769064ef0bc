"""Settings and policy -> the sandbox backend and the executor that they ask for."""

from importlib.util import find_spec

from bot.checks.policies import packages_of
from bot.config.settings import Settings
from bot.config.source import placed
from components.errors import ConfigError
from components.executor.messages import WorkerSpec
from components.ports import Executor
from components.sandbox.backends.select import SandboxSpec
from components.schema.policies.sandbox import SandboxPolicy


def sandbox_spec(settings: Settings, policy: SandboxPolicy) -> SandboxSpec:
    """The sandbox backend that this configuration and policy describe.

    Where both say how guests are kept apart, the stricter one holds; the configuration's runtime
    comes before the policy's.

    Raises:
        ConfigError: packages for strategies that the policy names are not built on this machine.
    """
    wanted = settings.sandbox
    return SandboxSpec(
        limits=policy.limits,
        backend=wanted.backend,
        repository=wanted.image,
        warm=wanted.warm,
        runtime=wanted.runtime or policy.runtime,
        share=wanted.isolation == policy.isolation == "strategy",
        packages=packages_of(settings.policies, policy),
    )


def refuse_executor(settings: Settings) -> None:
    """Raises ConfigError where dask is asked for, and is not installed or has no address."""
    wanted = settings.executor
    if wanted.kind != "dask":
        return
    if find_spec("distributed") is None:
        where = settings.place("executor", "kind")
        raise ConfigError(
            f"{where}executor: dask is not installed", hint="pip install 'algoops[dask]'"
        )
    # An optional extra, which takes long to load.
    from components.executor.dask_worker import checked_address  # noqa: PLC0415

    with placed(f"{settings.place('executor', 'address')}executor: "):
        checked_address(wanted.address)


def open_executor(settings: Settings, policy: SandboxPolicy) -> Executor:
    """Start the executor that the configuration names. Without a sandbox it says why.

    Raises:
        ConfigError: it is of a kind that needs what is not there; says what to do.
    """
    refuse_executor(settings)
    spec = WorkerSpec(sandbox=sandbox_spec(settings, policy), data=settings.market_data)
    if settings.executor.kind == "local":
        from components.executor.local import LocalExecutor  # noqa: PLC0415  # not for every command

        return LocalExecutor(spec, settings.executor.workers)
    from components.executor.dask import DaskExecutor  # noqa: PLC0415  # as above

    return DaskExecutor(spec, settings.executor.address)
