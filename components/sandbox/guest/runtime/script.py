"""Runs one Python file exactly as given, as `__main__`."""

from __future__ import annotations

import runpy
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from components.protocol.wire import Channel


def run(channel: Channel, folder: Path, spec: bytes) -> None:  # noqa: ARG001  # all kinds' shape
    """Run the file that `spec` (UTF-8) names inside `folder`."""
    path = folder / spec.decode()
    sys.argv = [str(path)]
    sys.path.insert(0, str(folder))
    runpy.run_path(str(path), run_name="__main__")
