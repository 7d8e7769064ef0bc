import pytest
@pytest.fixture
def x(request):
    r = request
    return r.node
