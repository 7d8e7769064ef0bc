"""`algoops worker`: this machine takes jobs of a dask scheduler."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated

import typer

from bot.checks.policies import load_policies
from bot.cli.common import ConfigOption, err, settings_from
from bot.config.logs import set_up
from bot.daemon.executors import sandbox_spec
from components.errors import ConfigError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("worker")(worker)


def worker(
    address: Annotated[str, typer.Argument(help="The scheduler: tcp://HOST:PORT or tls://...")],
    *,
    slots: Annotated[
        int,
        typer.Option(
            "--slots", "--nthreads", min=0, max=256, help="Jobs at once; 0: one for each core."
        ),
    ] = 0,
    name: Annotated[
        str, typer.Option(help="What the scheduler calls it; empty: its address.")
    ] = "",
    death_timeout: Annotated[
        float, typer.Option(min=0, help="Seconds without a scheduler until it ends; 0: never.")
    ] = 0.0,
    memory_limit: Annotated[
        str,
        typer.Option(help="Passed by dask-jobqueue, not used: each guest has its limit."),
    ] = "",
    config: ConfigOption = None,
) -> None:
    """Run the jobs of a daemon that is configured with `executor: {kind: dask}`.

    The sandbox is that of this machine's configuration; bars come from the daemon. Ends on SIGTERM.
    """
    del memory_limit
    try:
        from components.executor import dask_worker  # noqa: PLC0415  # an optional extra
    except ImportError as error:
        raise ConfigError(
            f"dask is not installed: {error}", hint="pip install 'algoops[dask]'"
        ) from error
    set_up()
    settings = settings_from(config)
    seats = slots or os.cpu_count() or 1
    spec = sandbox_spec(settings, load_policies(settings.policies).sandbox)
    post = dask_worker.Post(
        dask_worker.checked_address(address), seats, name=name, patience_s=death_timeout or None
    )
    house = dask_worker.House(dask_worker.shared(spec, seats))

    err.print(f"{house.sandbox.backend}, {seats} at once, for {post.scheduler}", highlight=False)
    try:
        asyncio.run(_until_told(partial(dask_worker.serve, house, post)))
    finally:
        house.close()
    os._exit(0)  # a thread of some library must not keep an orderly worker alive


async def _until_told(serve: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    leave = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, leave.set)
    await serve(leave)
