def test_a(monkeypatch):
    with monkeypatch.context() as m:
        m.setattr('os.system', print)
