import pytest
@pytest.fixture
def x(request):
    return [request]
