import pytest
@pytest.fixture
def patched(monkeypatch):
    monkeypatch.delattr('os.remove')
