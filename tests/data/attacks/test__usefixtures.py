import pytest
@pytest.mark.usefixtures('pytester')
def test_a():
    pass
