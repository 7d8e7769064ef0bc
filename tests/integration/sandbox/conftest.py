"""Walls for the sandbox's integration tests, and the proof that nothing of them is left."""

import gc
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

sys.path.insert(0, str(Path(__file__).parents[2]))

from sandbox_support import BACKENDS, raise_wall, traces


@pytest.fixture(scope="module", params=BACKENDS)
def wall(request):
    """A warm wall for a module's tests; afterwards nothing of it may be left on the host."""
    before = traces()
    with capture_logs() as said:
        sandbox = raise_wall(request.param, warm=1)
        yield sandbox
        sandbox.close()
    gc.collect()
    after = traces()
    assert after.containers <= before.containers, said  # what others left may go meanwhile
    assert after.sockets <= before.sockets
    assert after.groups <= before.groups
    assert after.children <= before.children
    assert after.descriptors <= before.descriptors + 2
