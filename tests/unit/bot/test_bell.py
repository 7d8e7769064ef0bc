"""Who waits for a command is woken by the process that carried it out."""

import subprocess
import sys
import threading

import pytest

from bot.sources.wake import Bell

RING = (
    "import sys, pathlib; from bot.sources.wake import Bell; Bell(pathlib.Path(sys.argv[1])).ring()"
)
FOR_EVER_S = 3600.0
WAIT_S = 60.0


@pytest.fixture
def only_rings(monkeypatch):
    """Nobody looks by the clock: what is found was found because of a ring."""
    monkeypatch.setattr("bot.sources.wake.LOOK_S", FOR_EVER_S)


@pytest.fixture
def bell(tmp_path):
    return Bell(tmp_path / "x.bell")


def test_another_process_ends_the_wait_and_nobody_looks_meanwhile(bell, tmp_path, only_rings):
    looks, waiting = [], threading.Event()

    def look():
        looks.append((tmp_path / "done").exists())
        waiting.set()
        return "done" if looks[-1] else None

    def work():
        assert waiting.wait(WAIT_S)
        (tmp_path / "done").touch()
        subprocess.run([sys.executable, "-c", RING, tmp_path / "x.bell"], check=True)

    thread = threading.Thread(target=work)
    with bell.listening():
        thread.start()
        assert bell.wait_for(look, WAIT_S) == "done"
        thread.join()
    assert looks == [False, True]


def test_a_ring_between_the_look_and_the_wait_is_not_missed(bell, only_rings):
    looks = []

    def look():
        looks.append(1)
        bell.ring()
        return "done" if len(looks) > 1 else None

    assert bell.wait_for(look, WAIT_S) == "done"


def test_the_daemon_is_told_of_an_order(bell, tmp_path):
    heard = threading.Event()
    with bell.listening(heard.set):
        Bell(tmp_path / "x.bell").ring()
        assert heard.wait(WAIT_S)


def test_without_a_file_to_ring_the_outcome_is_found_by_looking(tmp_path, monkeypatch):
    monkeypatch.setattr("bot.sources.wake.LOOK_S", 0.01)
    bell, looks = Bell(tmp_path / "missing/x.bell"), []

    def look():
        looks.append(1)
        return "done" if len(looks) > 2 else None

    bell.ring()
    with bell.listening():
        assert bell.wait_for(look, WAIT_S) == "done"


def test_who_waits_gives_up_after_its_time_and_hears_what_the_look_raises(bell):
    assert bell.wait_for(lambda: None, 0.05) is None
    with pytest.raises(ZeroDivisionError):
        bell.wait_for(lambda: 1 // 0, WAIT_S)
