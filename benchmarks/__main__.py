"""All benchmarks, one after the other: `make bench`, or `python -m benchmarks [NAME ...]`.

Each compares with what a user would do instead, in the same run: the machines are noisy, ratios
hold better than times. Figures go to build/benchmarks/NAME.json, with the machine described.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
OUT = HERE.parent / "build" / "benchmarks"


def machine() -> dict[str, object]:
    """What it was measured on."""
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": os.getloadavg(),
    }


def names() -> list[str]:
    """The benchmarks there are."""
    return sorted(p.stem for p in HERE.glob("*.py") if not p.stem.startswith("_"))


def main(wanted: list[str]) -> int:
    """Run them; 1 when one could not be run."""
    unknown = sorted(set(wanted) - set(names()))
    if unknown:
        sys.exit(f"no benchmark {', '.join(unknown)}; there are: {', '.join(names())}")
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "machine.json").write_text(json.dumps(machine(), indent=2))
    print(json.dumps(machine()))
    failed = []
    for name in wanted or names():
        print(f"\n=== {name}", flush=True)
        target = OUT / f"{name}.json"
        command = [sys.executable, "-m", f"benchmarks.{name}", "--json", str(target)]
        done = subprocess.run(command, check=False, cwd=HERE.parent)
        if done.returncode != 0:
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
