import itertools
import os

import pytest

from components.sandbox.backends import bubblewrap
from components.sandbox.limits import claims


@pytest.fixture
def user(monkeypatch, tmp_path):
    """Of a guest whose worker begins its count where every other one does."""
    monkeypatch.setattr(claims, "PREFIX", f"\0{tmp_path.name}-{os.getpid()}-")
    monkeypatch.setattr(bubblewrap, "_as_root", lambda: True)
    monkeypatch.setattr(bubblewrap, "USERS", 3)

    def made():
        monkeypatch.setattr(bubblewrap, "_turns", itertools.count(1))
        return bubblewrap._User()

    return made


def test_guests_of_workers_that_count_alike_are_different_users_until_they_end(user):
    """Ids of processes that were near to each other gave two guests one user, and one count."""
    first, second, third = user(), user(), user()
    assert len({first.number, second.number, third.number}) == 3
    with pytest.raises(OSError, match="is taken"):
        user()
    second.leave()
    again = user()
    assert again.number == second.number
    for one in (first, third, again):
        one.leave()
        one.leave()
