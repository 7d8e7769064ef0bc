import pytest
@pytest.fixture(name='x')
def y(request):
    return request.config
