"""A process that holds sandboxes, to be killed by tests: `sandbox_daemon.py wall|executor BACKEND`.

Prints "up" once a job runs in it, and then waits for its end.
"""

import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from sandbox_support import SMALL, raise_wall, spec

from components.executor.local import LocalExecutor
from components.executor.messages import WorkerSpec
from components.ports import GuestJob, ScriptJob

LONG = SMALL.model_copy(update={"wall_s": 300.0, "cpu_s": 300.0})
# why: the guest outlives this process unless somebody ends it
FOREVER = b"import time\nprint('here', flush=True)\ntime.sleep(1000)\n"


def hold_wall(backend):
    wall = raise_wall(backend, LONG, warm=1)
    guest = wall.open(GuestJob("script", {"s.py": FOREVER}, b"s.py", LONG))
    for future in list(wall._waiting):
        future.result()
    return wall, guest


def hold_executor(backend):
    executor = LocalExecutor(WorkerSpec(spec(backend, LONG, warm=1), Path("examples/data")), 1)
    future = executor.submit(ScriptJob(FOREVER, LONG))
    ready = threading.Event()
    while executor.describe()["busy"] != 1:
        ready.wait(0.05)
    return executor, future


if __name__ == "__main__":
    held = {"wall": hold_wall, "executor": hold_executor}[sys.argv[1]](sys.argv[2])
    print("up", flush=True)  # noqa: T201  # whoever started this process waits for the word
    threading.Event().wait()
