def put(m):
    m.setattr('os.system', print)
def test_a(monkeypatch):
    put(monkeypatch)
