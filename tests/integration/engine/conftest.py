"""Market data for the engine's tests, written once a session."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

import engine_support


@pytest.fixture(scope="session")
def market(tmp_path_factory):
    return engine_support.write_data(tmp_path_factory.mktemp("market") / "data")


@pytest.fixture(scope="session")
def wall():
    """The real sandbox: bubblewrap with the real guest."""
    from components.sandbox.backends.bubblewrap import BubblewrapSandbox
    from components.schema.results.values import Limits

    sandbox = BubblewrapSandbox(Limits(), warm=1)
    yield sandbox
    sandbox.close()
