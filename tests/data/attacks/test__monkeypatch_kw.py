def test_a(monkeypatch):
    monkeypatch.setattr(target='os.system', name=print)
