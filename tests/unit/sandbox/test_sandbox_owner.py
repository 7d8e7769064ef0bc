import os
import subprocess
from dataclasses import replace

import pytest

from components.errors import TransientError
from components.sandbox.backends import owner


@pytest.fixture(autouse=True)
def private_tmp(tmp_path, monkeypatch):
    monkeypatch.setattr(owner.tempfile, "tempdir", str(tmp_path))


def test_living_process_is_not_gone():
    assert owner.me().gone() is False


def test_name_survives_a_round_trip():
    assert owner.parse(str(owner.me())) == owner.me()


@pytest.mark.parametrize("text", ["", "build.lock", "a.b.c.d", "a.b.1", "a.b.1.2.3"])
def test_other_text_is_no_owner(text):
    assert owner.parse(text) is None


def test_ended_process_is_gone():
    child = subprocess.Popen(["/bin/sleep", "100"])
    other = owner._owner(child.pid)
    assert other.gone() is False
    child.kill()
    child.wait()
    assert other.gone() is True


def test_later_process_of_the_same_id_is_another():
    assert replace(owner.me(), started=owner.me().started - 1).gone() is True


def test_owner_before_a_reboot_is_gone():
    assert replace(owner.me(), boot="0badb007").gone() is True


def test_owner_in_another_pid_namespace_cannot_be_told():
    assert replace(owner.me(), namespace="1").gone() is None


def test_homes_of_the_dead_are_removed_and_ours_stays():
    mine = owner.home()
    dead = owner.base() / str(replace(owner.me(), boot="0badb007"))
    dead.mkdir()
    assert owner.reap_homes() == 1
    assert mine.is_dir()
    assert not dead.exists()


def test_base_that_others_can_read_is_refused():
    owner.base().chmod(0o777)
    with pytest.raises(TransientError, match="private"):
        owner.base()


def test_base_that_is_a_link_is_refused(tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / f"algoops-sandbox-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TransientError, match="private"):
        owner.base()
