import pytest
@pytest.fixture
def y(pytester):
    yield pytester
