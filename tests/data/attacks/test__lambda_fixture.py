import pytest
x = pytest.fixture(lambda request: request.config)
