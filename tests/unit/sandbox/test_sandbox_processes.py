"""What the kernel says of processes while their threads come and go."""

import subprocess
import sys

import pytest

from components.sandbox.limits import processes

THREADS = """
import subprocess, sys, threading
# why: it is there to be listed
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
while True:
    threading.Thread(target=int).start()
"""


@pytest.fixture
def busy():
    with subprocess.Popen([sys.executable, "-c", THREADS], stdout=subprocess.PIPE) as process:
        child = int(process.stdout.readline())
        yield process, child
        subprocess.run(["kill", "-KILL", str(child)], check=True)
        process.kill()


def test_process_whose_threads_end_all_the_time_is_in_each_look_with_its_child(busy):
    """Such a process was left out whenever a thread ended under a look, and its CPU time with it."""
    process, child = busy
    looks = [list(processes.tree(process.pid)) for _look in range(300)]
    assert all(look == [process.pid, child] for look in looks)
    counts = [processes.cpu_s(process.pid) for _look in range(300)]
    assert counts == sorted(counts)
    assert all(processes.waited_s(process.pid) is not None for _look in range(300))


def test_process_that_is_gone_has_no_tree():
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    assert list(processes.tree(ended.pid)) == []
    with pytest.raises(FileNotFoundError):
        processes.children(ended.pid)
