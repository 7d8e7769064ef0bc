"""Packages for strategies: only hashed wheels, and nothing half built ever counts."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from bot.checks.base_policies import _policies
from bot.checks.policies import load_code_policy, load_policies
from bot.config.settings import PROJECT
from components.errors import ConfigError
from components.sandbox.image import inventory, packages
from components.sandbox.image.requirements import read_pins
from tests.packages_support import hostile_sdist, wheel

BUILD = "import sys, pathlib; from components.sandbox.image import packages as p; p.build(pathlib.Path(sys.argv[1]))"
HASH = "--hash=sha256:" + "0" * 64
WAIT_S = 60


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A policies folder; what is built goes into a cache of this test, and no index is asked."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    policies = tmp_path / "policies"
    policies.mkdir()
    return policies


def requirements(folder, *lines):
    file = folder / "sandbox-requirements.txt"
    file.write_text("".join(lines))
    return file


def wheels(folder):
    return folder / packages.WHEELS


def left(folder):
    return [p.name for p in packages.cache().glob(f"{packages.ASIDE}*")]


def start_build(file):
    return subprocess.Popen([sys.executable, "-c", BUILD, str(file)])


def test_hashed_wheel_is_installed_once_and_found_again(folder):
    file = requirements(folder, wheel(wheels(folder)))
    assert packages.find(file) is None
    built = packages.build(file)
    assert built.modules == ("tinylib",)
    assert built.versions == {"tinylib": "1.0"}
    assert packages.find(file) == built == packages.build(file)


@pytest.mark.parametrize("setting", [{}, {"PIP_NO_BINARY": ":all:"}, {"PIP_NO_BINARY": "evil"}])
def test_hostile_setup_script_of_a_package_without_a_wheel_never_runs(
    folder, tmp_path, monkeypatch, setting
):
    for name, value in setting.items():
        monkeypatch.setenv(name, value)
    mark = tmp_path / "mark"
    file = requirements(folder, hostile_sdist(wheels(folder), mark))
    with pytest.raises(ConfigError, match="evil") as refused:
        packages.build(file)
    assert "only wheels" in refused.value.hint
    assert not mark.exists()
    assert packages.find(file) is None
    assert not left(folder)


def test_pip_settings_file_that_allows_setup_scripts_changes_nothing(folder, tmp_path, monkeypatch):
    settings = tmp_path / "pip.conf"
    settings.write_text("[global]\nno-binary = :all:\n[install]\nno-binary = :all:\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    mark = tmp_path / "mark"
    file = requirements(folder, hostile_sdist(wheels(folder), mark))
    with pytest.raises(ConfigError):
        packages.build(file)
    assert not mark.exists()


@pytest.mark.parametrize(
    "text",
    [
        f"evil @ file:///tmp/evil-1.0.tar.gz {HASH}",
        f"https://example.org/evil-1.0.tar.gz {HASH}",
        f"./evil {HASH}",
        "-e ./evil",
        "-r other.txt",
        "--no-binary :all:",
        "--index-url https://example.org/simple",
        "evil==1.0",
        f"evil>=1.0 {HASH}",
        f"evil==1.* {HASH}",
        f"evil {HASH}",
        f"evil==1.0 {HASH} --config-settings=x=y",
        "evil==1.0 --hash=md5:00",
    ],
)
def test_line_that_is_no_version_with_a_hash_is_refused_with_its_number(folder, text):
    file = requirements(folder, "# packages\n\n", f"{text}\n")
    with pytest.raises(ConfigError, match=r"sandbox-requirements.txt:3: "):
        packages.build(file)


def test_file_as_uv_writes_it_is_read():
    text = (
        f"# about\nscikit-learn==1.9.1 ; python_full_version >= '3.11' \\\n    {HASH} \\\n    {HASH}\n"
        f"old==1.0 ; python_full_version < '3' \\\n    {HASH}\nta[all]==0.1 {HASH}  # why\n"
    )
    pins = read_pins(text.encode(), "x.txt")
    assert [(p.name, str(p.requirement.specifier), len(p.hashes)) for p in pins] == [
        ("scikit-learn", "==1.9.1", 2),
        ("ta", "==0.1", 1),
    ]


def test_file_that_is_not_the_hashed_one_is_refused(folder):
    line = wheel(wheels(folder))
    wheel(wheels(folder), files={"tinylib/__init__.py": "replaced = True\n"})
    with pytest.raises(ConfigError, match="HASH"):
        packages.build(requirements(folder, line))


def test_package_that_the_sandbox_has_itself_is_left_to_the_sandbox(folder):
    file = requirements(folder, wheel(wheels(folder)), f"numpy==1.0 {HASH}\n")
    assert set(packages.build(file).versions) == {"tinylib"}


def test_package_that_stands_in_for_other_modules_is_refused_with_each_of_their_names(folder):
    names = ("algoops", "components", "numpy", "random")
    file = requirements(folder, wheel(wheels(folder), files={f"{n}.py": "x = 1\n" for n in names}))
    with pytest.raises(ConfigError, match=f"bring {', '.join(names)},"):
        packages.build(file)
    assert packages.find(file) is None


@pytest.mark.parametrize(
    ("need", "words"),
    [
        ("absent>=2", "needs absent>=2, which is not there"),
        ("numpy<1", "needs numpy<1, which is 2"),
    ],
)
def test_package_whose_requirements_are_not_met_is_refused(folder, need, words):
    file = requirements(folder, wheel(wheels(folder), requires=[need]))
    with pytest.raises(ConfigError, match=words):
        packages.build(file)


def test_killed_build_leaves_nothing_that_counts_and_the_next_one_cleans_up(folder):
    file = requirements(folder, wheel(wheels(folder)))
    build = start_build(file)
    until = time.monotonic() + WAIT_S
    while not left(folder) and time.monotonic() < until:
        os.sched_yield()
    os.kill(build.pid, signal.SIGKILL)
    build.wait()
    assert left(folder)
    assert packages.find(file) is None
    assert packages.build(file).modules == ("tinylib",)
    assert not left(folder)


def test_two_builds_at_once_give_one_set(folder):
    file = requirements(folder, wheel(wheels(folder)))
    builds = [start_build(file) for _ in range(2)]
    assert [build.wait(WAIT_S) for build in builds] == [0, 0]
    assert packages.find(file).modules == ("tinylib",)
    assert sorted(p.name for p in packages.cache().iterdir() if p.is_dir()) == [
        packages.find(file).folder.parent.name
    ]


def test_other_packages_make_another_sandbox(folder):
    one = packages.build(requirements(folder, wheel(wheels(folder))))
    other = packages.build(requirements(folder, wheel(wheels(folder), version="1.1")))
    digests = {inventory.take(extra).digest for extra in (None, one, other)}
    assert len(digests) == 3


def test_changed_requirements_change_the_hash_of_the_policies(folder):
    shutil.copytree(PROJECT / "policies", folder, dirs_exist_ok=True)
    walls = folder / "sandbox.yaml"
    text = walls.read_text().replace('packages: ""', "packages: sandbox-requirements.txt")
    walls.write_text(text)
    hashes = set()
    for version in ("1.0", "1.1"):
        packages.build(requirements(folder, wheel(wheels(folder), version=version)))
        hashes.add(load_policies(folder).hash)
    assert len(hashes) == 2


def test_code_policy_of_a_base_branch_knows_what_the_operator_installed(folder):
    shutil.copytree(PROJECT / "policies", folder, dirs_exist_ok=True)
    operators = load_policies(folder)
    operators = replace(operators, code=operators.code.with_installed(["tinylib"]))
    on_base = _policies(operators, {"code.yaml": (folder / "code.yaml").read_bytes()}, "rules")
    assert on_base.code.installed == {"tinylib"}
    assert (
        on_base.code.fingerprint
        == operators.code.fingerprint
        != load_code_policy(folder).fingerprint
    )
