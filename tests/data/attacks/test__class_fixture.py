import pytest
class TestA:
    @pytest.fixture(autouse=True)
    def inject(self, request, monkeypatch):
        self.r = request
