"""No library keeps a thread in the daemon that nobody asked for."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
THREADS = """
from pathlib import Path
import bot.daemon.app
import pyarrow
pyarrow.array(["some words"] * 10_000)
print(*(path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")))
"""


def test_arrow_keeps_no_thread_that_spins_when_the_machine_has_none_left():
    done = subprocess.run(
        [sys.executable, "-c", THREADS],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k != "JE_ARROW_MALLOC_CONF"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()
    assert "jemalloc_bg_thd" not in done.stdout.split()
