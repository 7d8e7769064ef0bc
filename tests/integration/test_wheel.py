"""The wheel in an environment of its own, beside a project that has a package `bot` too."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    source = tmp_path_factory.mktemp("source")
    names = subprocess.check_output(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, text=True
    ).split("\0")
    for name in names:
        if name and not name.startswith("tests/") and (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder]
    done = run([sys.executable, "-m", "pip", "wheel", *options, source])
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Its own site-packages; what the project depends on comes from the tests' environment."""
    venv = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    site = next(venv.glob("lib/*/site-packages"))
    (site / "bot.py").write_text("WHOSE = 'theirs'\n")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(site)
    lend(Path(sysconfig.get_path("purelib")), site)
    lend(Path(sysconfig.get_path("scripts")), venv / "bin")
    return venv / "bin" / "python"


def lend(source, target):
    for found in source.iterdir():
        if not (target / found.name).exists() and "algoops" not in found.name:
            (target / found.name).symlink_to(found)


def test_wheel_brings_two_names_of_its_own_into_site_packages(wheel):
    with zipfile.ZipFile(wheel) as file:
        tops = {name.partition("/")[0] for name in file.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"algoops", "algoops_app"}


def test_other_package_named_bot_and_the_wheel_leave_each_other_alone(installed, tmp_path):
    theirs = run([installed, "-c", "import bot; print(bot.WHOSE)"], cwd=tmp_path)
    assert theirs.stdout == "theirs\n", theirs.stderr
    ours = run([installed, "-m", "algoops_app", "--version"], cwd=tmp_path)
    assert ours.returncode == 0, ours.stderr


def test_checkout_with_packages_of_our_names_runs_nothing_of_its_own(installed, tmp_path):
    """In the Action the current folder is a proposal's: its code belongs into the sandbox only."""
    for name in ("algoops", "bot", "components", "components/executor", "policies"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    (tmp_path / "components/executor/worker.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    for part in ("strategies/rsi_reversion", "data"):
        shutil.copytree(ROOT / "examples" / part, tmp_path / part)
    entry = "import algoops_app; algoops_app.main()"
    command = [installed, "-P", "-c", entry, "check", "strategies/rsi_reversion"]
    state = {"XDG_STATE_HOME": str(tmp_path / "state")}
    done = run(command, cwd=tmp_path, env=os.environ | state)
    assert not (tmp_path / "ran").exists()
    assert "rsi_reversion" in done.stdout
    assert done.returncode == 0, done.stdout + done.stderr


def test_notebook_imports_the_authors_package_where_components_cannot_be_found(installed):
    code = (
        "import importlib.util, algoops; assert algoops.PortfolioStrategy and algoops.backtest; "
        "assert importlib.util.find_spec('components') is None; print(algoops.__file__)"
    )
    done = run([installed, "-c", code], cwd=installed.parent)
    assert done.returncode == 0, done.stderr
    assert "site-packages/algoops/" in done.stdout
