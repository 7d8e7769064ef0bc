import numpy as np
def test_a(monkeypatch):
    monkeypatch.setattr(np, 'mean', print)
