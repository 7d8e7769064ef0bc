"""For all tests: nothing is judged by the clock."""

import os
import sys

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

from bot.config import logs

# Compiled files are kept: else each of the hundreds of processes that tests start compiles anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# It comes with a package that tests compare with, and no other installation has it.
pd.options.compute.use_bottleneck = False

# A busy machine is no fault of what is tested.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Log as the daemon does, also after a test of a command, which logs less.

    Structlog by itself would show each frame's variables, for seconds a traceback.
    """
    logs.set_up()
