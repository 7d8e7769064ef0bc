import pytest
def test_a():
    with pytest.raises(ValueError) as e:
        raise ValueError
    e.traceback[0].frame.f_globals
