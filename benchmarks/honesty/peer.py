"""The other verifiers: each installed into a folder of its own, from the package index."""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Said = dict[str, Any]


def digest() -> str:
    """Changes with the other verifiers' versions, with our cases, and with how they are asked."""
    files = sorted(f for part in ("locks", "classes") for f in (HERE / part).iterdir())
    contents = [f.read_bytes() for f in (*files, *sorted(HERE.glob("*_side.py")))]
    return hashlib.sha256(b"\0".join(contents)).hexdigest()[:16]


def python_with(locked: Path, folder: Path) -> Path:
    """The Python of a virtual environment with the packages of a lock file, below a folder.

    Raises:
        subprocess.CalledProcessError: the index could not be reached, or has other files.
    """
    made = folder / locked.stem
    python, done = made / "bin/python", made / "ready"
    if not done.exists() or done.read_text() != locked.read_text():
        subprocess.run([sys.executable, "-m", "venv", str(made)], check=True)
        _pip(python, "install", "--require-hashes", "--requirement", str(locked))
        done.write_text(locked.read_text())
    return python


def _pip(python: Path, *words: str) -> None:
    pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *words], check=True)


def _source(folder: Path, python: Path) -> Path:
    """monte-neo's source, where its cases are."""
    locked = (HERE / "locks/monte-neo.txt").read_text()
    version = (HERE / "locks/monte-neo.in").read_text().strip()
    target, kept = folder / "source", folder / "sdist"
    if not target.exists():
        words = ["--no-deps", "--no-binary", ":all:", "--dest", str(kept), version]
        _pip(python, "download", *words)
        packed = next(kept.glob("monte_neo-*.tar.gz"))
        if hashlib.sha256(packed.read_bytes()).hexdigest() not in locked:
            sys.exit(f"{packed.name} is not the file of locks/monte-neo.txt")
        with tarfile.open(packed) as files:
            files.extractall(target, filter="data")
    return next(target.glob("monte_neo-*"))


def monte_neo(kept: Path, work: Path) -> Said:
    """What it says of its own cases and of ours; the bars of its cases come to work/data as CSV."""
    python = python_with(HERE / "locks/monte-neo.txt", kept)
    out = work / "monte-neo.json"
    given = [str(_source(kept, python)), str(HERE / "classes"), str(out)]
    return _told(python, "monte_neo_side.py", given, work)


def monte_neo_probed(kept: Path, work: Path) -> Said:
    """What a hill-climber learns from its oracle, see `probing`."""
    return _told(
        python_with(HERE / "locks/monte-neo.txt", kept),
        "probing.py",
        [str(work / "probed.json")],
        work,
    )


def freqtrade(kept: Path, work: Path, rows: Sequence[Said]) -> Said:
    """What its lookahead-analysis says of each case, by name."""
    cases = work / "cases.json"
    given = [[row["name"], row["file"], str(work / f"data/{row['market']}.csv")] for row in rows]
    cases.write_text(json.dumps(given))
    words = [str(cases), str(work / "freqtrade.json")]
    python = python_with(HERE / "locks/freqtrade.txt", kept)
    return _told(python, "freqtrade_side.py", words, work)


def _told(python: Path, script: str, words: Sequence[str], work: Path) -> Said:
    """Run one of the scripts beside this one; its last argument is the JSON file that it writes."""
    home = work / "home"
    home.mkdir(parents=True, exist_ok=True)
    command = [str(python), str(HERE / script), *words]
    subprocess.run(command, check=True, cwd=work, env=os.environ | {"HOME": str(home)})
    said: Said = json.loads(Path(words[-1]).read_text())
    return said
