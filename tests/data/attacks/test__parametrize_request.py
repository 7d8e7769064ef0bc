import pytest
@pytest.mark.parametrize('x', [1], indirect=True)
def test_a(x, request):
    request.node.add_marker('skip')
