import pytest
os = pytest.importorskip('os')
