def test_a(monkeypatch):
    monkeypatch.setattr('numpy.mean', print)
