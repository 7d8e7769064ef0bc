"""Whatever surrounds us (environment, configuration, hooks, attributes), git does only our work."""

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from components.git_patch import Repository
from components.ports import Tag
from components.safe_tools.hardened import GitFailed, HardenedGit
from tests.git_support import Author, git, strategy

ROOT = Path(__file__).parents[3]


@pytest.fixture
def trap(tmp_path):
    """A program that leaves a mark when it runs."""
    mark = tmp_path / "mark"
    program = tmp_path / "trap.sh"
    program.write_text(f"#!/bin/sh\ntouch {mark}\nexit 0\n")
    program.chmod(0o755)
    yield program
    assert not mark.exists()


def work(world):
    """Everything that we do with git in a deploy."""
    world.deploy("x", strategy("RSI", code="x = 2\n"), "RSI/v1.0.0")
    base = world.forge.base()
    world.repo.diff(world.repo.parents(base)[0], base)
    world.repo.log(base, "strategies/RSI")
    assert world.repo.versions("RSI")
    world.repo.fsck()


def test_hooks_of_the_repository_do_not_run(world, trap):
    landing = world.landing(
        world.propose("x", strategy("RSI", code="x = 2\n")), Tag("RSI/v1.0.0", "x")
    )
    hooks = world.bare / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("reference-transaction", "post-update", "pre-commit", "commit-msg", "update"):
        (hooks / name).symlink_to(trap)
    assert world.forge.land(landing) == landing.commit
    world.forge.reply(landing.proposal, "Deployed.")


def test_external_programs_of_the_configuration_and_attributes_do_not_run(world, trap):
    (world.bare / "info").mkdir(exist_ok=True)
    (world.bare / "info/attributes").write_text("*.py diff=evil filter=evil\n")
    for key in (
        "diff.evil.command",
        "diff.evil.textconv",
        "diff.external",
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "filter.evil.clean",
        "filter.evil.smudge",
    ):
        git(world.bare, "config", key, str(trap))
    work(world)


def test_users_global_configuration_does_not_reach_us(world, trap, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        f"[diff]\n external = {trap}\n[commit]\n gpgSign = true\n[tag]\n gpgSign = true\n[gpg]\n program = {trap}\n[alias]\n log = !{trap}\n[core]\n pager = {trap}\n"
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    with Repository(world.bare) as repo:
        base = repo.resolve("main")
        commit = repo.revert_folder(base, "strategies/RSI", None, "x")
        assert repo.diff(base, commit)
        assert "gpgsig" not in git(world.bare, "cat-file", "commit", commit)


SCRUBBED = """
import sys
from pathlib import Path
from components.git_patch import Repository
with Repository(Path(sys.argv[1])) as repo:
    base = repo.resolve("main")
    commit = repo.revert_folder(base, "strategies/RSI", None, "x")
    print(base, sorted(repo.strategy_trees(commit)), len(repo.diff(base, commit)) > 0)
"""


def test_git_variables_that_we_inherit_do_not_reach_git(world, trap, tmp_path):
    """A hook, an editor or a CI job starts us with GIT_DIR and the like set."""
    other = Repository.create(tmp_path / "other.git")
    other.close()
    hostile = {
        "GIT_DIR": str(other.path),
        "GIT_WORK_TREE": "/",
        "GIT_INDEX_FILE": "/nonexistent/index",
        "GIT_OBJECT_DIRECTORY": str(other.path / "objects"),
        "GIT_NAMESPACE": "evil",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": "/nonexistent",
        "GIT_EXTERNAL_DIFF": str(trap),
        "GIT_CONFIG_PARAMETERS": f"'diff.external'='{trap}'",
        "GIT_EXEC_PATH": "/nonexistent",
        "GIT_TRACE": str(tmp_path / "trace"),
        "GIT_PAGER": str(trap),
        "GIT_EDITOR": str(trap),
        "GIT_CEILING_DIRECTORIES": "/",
        "GIT_COMMON_DIR": "/nonexistent",
        "GIT_SSH": str(trap),
        "GIT_AUTHOR_NAME": "Somebody",
        "GIT_QUARANTINE_PATH": "/nonexistent",
        "GIT_SHALLOW_FILE": "/x",
        "GIT_GRAFT_FILE": "/x",
        "GIT_REPLACE_REF_BASE": "refs/evil/",
        "GIT_PREFIX": "x/",
        "GIT_GLOB_PATHSPECS": "1",
        "GIT_TEMPLATE_DIR": "/nonexistent",
        "GIT_DEFAULT_HASH": "sha256",
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRUBBED, str(world.bare)],
        cwd=ROOT,
        env={**os.environ, **hostile},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0] == git(world.bare, "rev-parse", "main")
    assert done.stdout.endswith("['MACD'] True\n")
    traced = (tmp_path / "trace").read_text().splitlines()
    assert all(line.endswith("git version") for line in traced)  # GitPython's own import asks it


def test_replaced_objects_are_not_believed(world):
    """Whoever may push refs/replace/* could show us other bytes under the same id."""
    base = world.forge.base()
    good = git(world.bare, "rev-parse", f"{base}:strategies/RSI/strategy.py")
    evil = git(world.bare, "hash-object", "-w", "--stdin", stdin=b"evil\n")
    git(world.bare, "replace", good, evil)
    assert git(world.bare, "cat-file", "blob", good) == "evil"
    assert world.repo.read_blob(base, "strategies/RSI/strategy.py", 100) == b"x = 1\n"
    git(world.bare, "replace", "-d", good)


def test_repository_of_another_user_is_read_because_the_operator_named_it(world, tmp_path):
    copy = tmp_path / "copy.git"
    subprocess.run(["cp", "-r", str(world.bare), str(copy)], check=True)
    subprocess.run(["chown", "-R", "1234:1234", str(copy)], check=True)
    with Repository(copy) as repo:
        assert repo.resolve("main") == world.forge.base()
        assert repo.fsck() == ()


def test_path_that_looks_like_a_pattern_is_taken_literally(world):
    world.deploy("x", {"strategies/[A-Z]*/strategy.py": "x\n"})
    base = world.forge.base()
    assert len(world.repo.log(base, "strategies/[A-Z]*")) == 1
    assert world.repo.log(base, ":(glob)**") == ()
    assert "strategies/RSI" not in world.repo.diff(None, base, "strategies/[A-Z]*")


def test_command_that_does_not_end_is_killed_with_its_children(world, tmp_path):
    pids = tmp_path / "pids"
    stuck = tmp_path / "git"
    stuck.write_text(
        f"#!/bin/sh\nsleep 300 &\necho $! $$ > {pids}.tmp\nmv {pids}.tmp {pids}\nwait\n"
    )
    stuck.chmod(0o755)
    git_command = HardenedGit(world.bare, binary=str(stuck))
    for run in (
        lambda seconds: git_command.run("log", timeout_s=seconds),
        lambda seconds: git_command.run_capped("log", cap=10, timeout_s=seconds),
    ):
        for seconds in (1, 5, 60):  # on a busy machine it may be killed before it has told
            with pytest.raises(GitFailed):
                run(seconds)
            if pids.exists():
                break
        for pid in pids.read_text().split():
            wait_until_gone(int(pid))
        pids.unlink()


def wait_until_gone(pid):
    deadline = time.monotonic() + 30
    while (status := Path(f"/proc/{pid}/stat")).exists():
        with suppress(FileNotFoundError):
            if status.read_text().rpartition(")")[2].split()[0] == "Z":
                return
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def test_error_of_git_is_said_in_its_words_and_bounded(world):
    with pytest.raises(GitFailed, match="git cat-file ended with 128"):
        world.repo.git.run("cat-file", "blob", "0" * 40)


def test_author_may_not_smuggle_a_submodule_configuration(world, trap):
    author = Author(world.root / "evil", world.bare)
    files = {".gitmodules": f'[submodule "x"]\n path = x\n url = ext::{trap}\n'} | strategy("Evil")
    git(author.clone, "fetch", "--quiet", "origin")
    git(author.clone, "checkout", "--quiet", "-B", "main", "origin/main")
    author.propose("evil", files)
    proposal = world.forge.proposal("branch/evil")
    world.forge.land(world.landing(proposal))
    work(world)


FEW = """
import resource, sys
from pathlib import Path
from components.errors import TransientError
from components.safe_tools.hardened import HardenedGit

git = HardenedGit(Path(sys.argv[1]))
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (5, most))
for ask in (lambda: git.run("rev-parse", "--git-dir"), lambda: git.get_object_header("HEAD")):
    try:
        ask()
    except TransientError as error:
        print(error)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
print(git.run("rev-parse", "--is-bare-repository").text)
"""


def test_too_few_descriptors_for_git_are_a_reason_to_try_again(world):
    done = subprocess.run(
        [sys.executable, "-c", FEW, str(world.bare)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *told, works = done.stdout.splitlines()
    assert len(told) == 2
    assert all("git could not be started" in line for line in told)
    assert works == "true"
