"""For all tests: nothing is judged by the clock."""

import gc
import os
import sqlite3
import sys
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

from bot.config import logs
from components.state.db import schema
from tests.warm_support import look_once

# Compiled files are kept: else each of the hundreds of processes that tests start compiles anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# It comes with a package that tests compare with, and no other installation has it.
pd.options.compute.use_bottleneck = False

# A busy machine is no fault of what is tested. The suite tries the same few examples each time, so
# that a failure is the change's own; `make deep` looks for new ones.
_UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("suite", _UNHURRIED, max_examples=30, derandomize=True)
settings.register_profile("deep", _UNHURRIED, max_examples=1_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


def pytest_collection() -> None:
    """Half a million objects that all stay are made now: looking for garbage would find none."""
    gc.disable()


def pytest_collection_finish() -> None:
    """From here on only what tests make is looked through."""
    gc.freeze()
    gc.enable()


look_once()

_migrate = schema._migrate


@cache
def _empty() -> sqlite3.Connection:
    """A database that the migrations have made, with nothing in it."""
    made = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    made.row_factory = sqlite3.Row
    _migrate(made, Path())
    return made


def _copied(connection: sqlite3.Connection, path: Path) -> None:
    """A new database is a copy: the migrations one by one take ten times as long."""
    if schema._applied(connection):
        _migrate(connection, path)
    else:
        _empty().backup(connection)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Log as the daemon does, also after a test of a command, which logs less.

    Structlog by itself would show each frame's variables, for seconds a traceback.
    """
    logs.set_up()
    schema._migrate = _migrate if item.path.stem == "test_state_database" else _copied
