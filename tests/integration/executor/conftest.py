"""For the executors' tests."""

import pytest

from tests.worker_support import fork_workers


@pytest.fixture(scope="module")
def forked_workers():
    """Local executors' workers take no imports; how they start is tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        fork_workers(patch)
        yield
