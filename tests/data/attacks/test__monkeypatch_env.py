def test_a(monkeypatch):
    monkeypatch.setenv('PATH', '')
