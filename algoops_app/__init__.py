"""AlgoOps as it is installed: one name in site-packages, with everything else beside this file.

The repository keeps `bot` and `components` at its top level. Another project may have packages of
these names too, so a wheel carries ours inside this one (see setup.py), and a process of AlgoOps
finds its own first. In a checkout they stand one folder higher.
"""

import gc
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
ROOT = _HERE if (_HERE / "bot").is_dir() else _HERE.parent
"""The folder of `bot`, `components`, `policies` and `examples`."""


def main() -> None:
    """The command line."""
    gc.disable()  # until everything is imported: there is no garbage in it, and looking takes long
    sys.path.insert(0, str(ROOT))
    from bot.cli import main as command_line  # noqa: PLC0415  # findable only now

    command_line()
