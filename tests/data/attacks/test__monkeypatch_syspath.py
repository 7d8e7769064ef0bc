def test_a(monkeypatch):
    monkeypatch.syspath_prepend('/tmp')
