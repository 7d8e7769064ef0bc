"""Settings and policy -> the sandbox backend and the executor that they ask for."""

from bot.checks.policies import packages_of
from bot.config.settings import Settings
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


def open_executor(settings: Settings, policy: SandboxPolicy) -> Executor:
    """Start the executor that the configuration names. Without a sandbox it says why.

    Raises:
        ConfigError: it is of a kind that needs what is not there; says what to do.
    """
    spec = WorkerSpec(sandbox=sandbox_spec(settings, policy), data=settings.market_data)
    if settings.executor.kind == "local":
        from components.executor.local import LocalExecutor  # noqa: PLC0415  # not for every command

        return LocalExecutor(spec, settings.executor.workers)
    try:
        from components.executor.dask import DaskExecutor  # noqa: PLC0415  # an optional extra
    except ImportError as error:
        raise ConfigError(
            f"executor.kind: dask is not installed: {error}", hint="pip install 'algoops[dask]'"
        ) from error
    return DaskExecutor(spec, settings.executor.address)
