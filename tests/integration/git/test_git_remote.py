"""Fetching into a mirror and pushing to a remote, over real git transports."""

import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from components.errors import Moved, TransientError, UserError
from components.git_patch import Repository
from components.git_patch.values import Update
from components.safe_tools.names import UnsafeName
from tests.git_support import Author, git, strategy

SPECS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")


@dataclass
class Hub:
    url: str
    remote: Path
    mirror: Repository
    author: Author


@pytest.fixture
def hub(tmp_path):
    Repository.create(tmp_path / "remote.git").close()
    Repository.create(tmp_path / "mirror.git").close()
    author = Author(tmp_path / "author", tmp_path / "remote.git")
    author.commit(strategy("RSI"))
    author.push()
    mirror = Repository(tmp_path / "mirror.git", protocols=("file",))
    url = f"file://{tmp_path}/remote.git"
    mirror.fetch(url, SPECS)
    yield Hub(url, tmp_path / "remote.git", mirror, author)
    assert mirror.fsck() == ()
    mirror.close()


def deploy(hub, name="x"):
    base = hub.mirror.resolve("main")
    tree = hub.mirror.tree_at(base, "strategies/RSI")
    commit = hub.mirror.revert_folder(base, f"strategies/{name}", tree, "Deploy")
    tag = hub.mirror.make_tag(f"{name}/v1.0.0", commit, "x")
    return commit, [
        Update("refs/heads/main", base, commit),
        Update(f"refs/tags/{name}/v1.0.0", None, tag),
    ]


def test_mirror_follows_the_remote_and_prunes_what_is_gone(hub):
    hub.author.propose("x", strategy("RSI", code="x = 2\n"))
    hub.mirror.fetch(hub.url, SPECS)
    assert hub.mirror.resolve("x")
    git(hub.remote, "branch", "-D", "x")
    hub.mirror.fetch(hub.url, SPECS)
    assert hub.mirror.resolve("x") is None


def test_push_moves_base_and_tag_together(hub):
    commit, updates = deploy(hub)
    hub.mirror.push(hub.url, updates)
    assert git(hub.remote, "rev-parse", "main", "x/v1.0.0^{commit}").split() == [commit, commit]
    hub.mirror.push(hub.url, updates)


def test_push_onto_a_moved_base_moves_nothing(hub):
    _, updates = deploy(hub)
    hub.author.commit(strategy("MACD"))
    hub.author.push()
    before = git(hub.remote, "for-each-ref")
    with pytest.raises(Moved):
        hub.mirror.push(hub.url, updates)
    assert git(hub.remote, "for-each-ref") == before


def test_push_of_a_tag_that_is_there_moves_nothing(hub):
    _, updates = deploy(hub)
    git(hub.remote, "tag", "x/v1.0.0", "main")
    before = git(hub.remote, "for-each-ref")
    with pytest.raises(Moved):
        hub.mirror.push(hub.url, updates)
    assert git(hub.remote, "for-each-ref") == before


def test_push_that_a_hook_declines_carries_its_words(hub):
    _, updates = deploy(hub)
    hook = hub.remote / "hooks/update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'main is protected: open a pull request' >&2\nexit 1\n")
    hook.chmod(0o755)
    before = git(hub.remote, "for-each-ref")
    with pytest.raises(UserError, match="main is protected"):
        hub.mirror.push(hub.url, updates)
    assert git(hub.remote, "for-each-ref") == before


def test_two_pushes_at_once_have_one_winner(hub):
    prepared = [deploy(hub, name) for name in ("a", "b", "c", "d")]
    outcomes, gate = [], threading.Barrier(len(prepared))

    def push(updates):
        gate.wait()
        try:
            hub.mirror.push(hub.url, updates)
            outcomes.append("landed")
        except Moved:
            outcomes.append("moved")

    threads = [threading.Thread(target=push, args=(u,)) for _, u in prepared]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["landed", "moved", "moved", "moved"]
    assert len(git(hub.remote, "tag").split()) == 1


def test_remote_that_is_not_there_is_tried_again_later(hub, tmp_path):
    url = f"file://{tmp_path}/nothing.git"
    with pytest.raises(TransientError, match="cannot fetch"):
        hub.mirror.fetch(url, SPECS)
    with pytest.raises(TransientError, match="cannot push"):
        hub.mirror.push(url, deploy(hub)[1])


def test_fetch_of_a_broken_object_is_refused(hub):
    """The remote may not check what is pushed; the mirror does."""
    blob = git(hub.remote, "hash-object", "-w", "--stdin", stdin=b"x")
    data = b"100644 .git\0" + bytes.fromhex(blob)
    tree = git(hub.remote, "hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=data)
    git(
        hub.remote, "update-ref", "refs/heads/evil", git(hub.remote, "commit-tree", tree, "-m", "x")
    )
    with pytest.raises(TransientError, match="hasDotgit"):
        hub.mirror.fetch(hub.url, SPECS)
    assert hub.mirror.resolve("evil") is None
    hub.mirror.fetch(hub.url, ["+refs/heads/main:refs/heads/main"])


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c touch% /tmp/algoops-evil",
        "--upload-pack=touch /tmp/algoops-evil",
        "-u",
        "",
        "ext://sh",
        "fd::7",
        "https://-oProxyCommand=x/",
        "ssh://-oProxyCommand=touch/x",
        "git@host:x",
        "file:///x\n--exec=y",
        "../relative",
        "remote-name",
    ],
)
def test_address_that_runs_something_is_refused(hub, url):
    with pytest.raises(UnsafeName):
        hub.mirror.fetch(url, SPECS)
    with pytest.raises(UnsafeName):
        hub.mirror.push(url, deploy(hub)[1])
    assert not Path("/tmp/algoops-evil").exists()


@pytest.mark.parametrize(
    "spec",
    [
        "--upload-pack=x",
        "main",
        "refs/heads/main",
        ":refs/heads/x",
        "+refs/*/x/*:refs/heads/*",
        "refs/heads/a b:refs/heads/c",
    ],
)
def test_refspec_that_is_none_is_refused(hub, spec):
    with pytest.raises(UnsafeName):
        hub.mirror.fetch(hub.url, [spec])


def test_transport_that_is_not_allowed_is_not_used(hub):
    with (
        Repository(hub.mirror.path, protocols=("https",)) as repo,
        pytest.raises(TransientError, match="not allowed"),
    ):
        repo.fetch(hub.url, SPECS)
