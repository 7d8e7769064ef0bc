"""A guest's end, where something around it is broken already: it goes, or what stays is named."""

import os
import socket

import docker
import pytest
from structlog.testing import capture_logs

from components.sandbox.backends.docker import _DockerHandle
from components.sandbox.backends.instance import ControlLine, Instance
from components.sandbox.backends.lost import LostContainers
from components.schema.results.values import Limits


class Ended:
    """Counts how often it was told to go."""

    def __init__(self):
        self.times = 0

    def destroy(self):
        self.times += 1


def test_guest_whose_control_line_cannot_be_closed_is_removed_all_the_same():
    ours, theirs = socket.socketpair()
    os.close(ours.fileno())
    handle = Ended()
    with theirs, capture_logs() as said:
        Instance(ControlLine(ours), handle, Limits(), {}).destroy()
    assert handle.times == 1
    assert [line["event"] for line in said] == ["control-line-not-closed"]


class OneContainer:
    """An engine with one container; `wrong` removals are answered with 404 though it is there."""

    def __init__(self, wrong=0):
        self.there, self.wrong = True, wrong

    def remove_container(self, _container, **_how):
        if self.wrong or not self.there:
            self.wrong -= 1
            raise docker.errors.NotFound("no such task")
        self.there = False

    def inspect_container(self, _container):
        if not self.there:
            raise docker.errors.NotFound("no such container")


def test_container_whose_process_the_engine_does_not_find_is_removed_later():
    engine = OneContainer(wrong=1)
    lost = LostContainers(engine)
    with capture_logs() as said:
        assert not lost.remove("one")
    assert (engine.there, said[0]["event"]) == (True, "container-not-removed")
    lost.settle()
    assert not engine.there


def test_container_goes_also_when_the_descriptor_of_its_process_is_lost():
    engine = OneContainer()
    handle = _DockerHandle(engine, "one", (), LostContainers(engine))
    ours, theirs = os.pipe()
    os.close(theirs)
    os.close(ours)
    handle._pidfd = ours
    with pytest.raises(OSError, match="Bad file descriptor"):
        handle.destroy()
    assert not engine.there


def test_containers_that_stay_when_the_engine_is_gone_are_named_in_the_log(tmp_path):
    client = docker.APIClient(f"unix://{tmp_path}/nowhere.sock", version="1.41")
    lost = LostContainers(client)
    lost.made_unheard("algoops-one")
    with capture_logs() as said:
        lost.settle()
    assert said[-1]["event"] == "containers-left-to-the-reaper"
    assert said[-1]["containers"] == ["algoops-one"]
