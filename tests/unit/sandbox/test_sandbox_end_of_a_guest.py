"""A guest's end, where something around it is broken already: it goes, or what stays is named."""

import os
import socket

import docker
from structlog.testing import capture_logs

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


def test_containers_that_stay_when_the_engine_is_gone_are_named_in_the_log(tmp_path):
    client = docker.APIClient(f"unix://{tmp_path}/nowhere.sock", version="1.41")
    lost = LostContainers(client)
    lost.made_unheard("algoops-one")
    with capture_logs() as said:
        lost.settle()
    assert said[-1]["event"] == "containers-left-to-the-reaper"
    assert said[-1]["containers"] == ["algoops-one"]
