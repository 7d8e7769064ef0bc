"""A watched bare repository with two strategies on its base, an author, and the forge on it."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from components.forge.local import LocalForge
from components.git_patch import Repository
from components.git_patch.values import Identity, MergeCandidate
from components.ports import Landing, Proposal, Tag
from tests.git_support import Author, copied, fsck, git, strategy

WHEN = 1_700_000_000


@dataclass
class World:
    root: Path
    forge: LocalForge
    repo: Repository
    author: Author
    audit: list = field(default_factory=list)

    @property
    def bare(self) -> Path:
        return self.repo.path

    def landing(self, proposal: Proposal, *tags: Tag) -> Landing:
        """The merge of a proposal with the base of now, prepared."""
        base = self.forge.base()
        merged = self.repo.merge(base, proposal.head)
        assert merged.tree, merged.reason
        author = Identity("Olga", "olga@example.org")
        commit = self.repo.commit(merged.tree, (base, proposal.head), "Deploy", author)
        return Landing(
            commit=commit,
            expected_base=base,
            message="Deploy",
            proposal=proposal,
            expected_head=proposal.head,
            tags=tags,
        )

    def propose(self, branch: str, files: dict) -> Proposal:
        self.author.pull_main()
        self.author.propose(branch, files)
        found = self.forge.proposal(f"branch/{branch}")
        assert found
        return found

    def deploy(self, branch: str, files: dict, *tags: str) -> str:
        """A whole deploy: propose, merge, land with tags."""
        proposal = self.propose(branch, files)
        return self.forge.land(self.landing(proposal, *(Tag(t, f"Deploy {t}") for t in tags)))

    def candidate(self, branch: str, files: dict) -> MergeCandidate:
        return MergeCandidate(self.propose(branch, files).head, f"Deploy {branch}")


@pytest.fixture(scope="session")
def first(tmp_path_factory):
    """What each world is a copy of."""
    folder = tmp_path_factory.mktemp("first")
    Repository.create(folder / "watched.git").close()
    author = Author(folder / "author", folder / "watched.git")
    author.commit(strategy("RSI") | strategy("MACD"), "First strategies")
    author.push()
    git(author.clone, "config", "maintenance.auto", "false")
    shutil.rmtree(author.clone / ".git" / "hooks")
    return folder


@pytest.fixture
def world(tmp_path, first):
    audit: list = []
    copied(first, tmp_path)
    forge = LocalForge.open(
        "team",
        tmp_path / "watched.git",
        base="main",
        reports=tmp_path / "reports",
        audit=lambda event, details: audit.append((event, details)),
    )
    forge.check_pushes()
    author = Author(tmp_path / "author", forge.repository.path)
    yield World(tmp_path, forge, forge.repository, author, audit)
    assert fsck(forge.repository.path) == ""
    assert forge.repository.fsck() == ()
    forge.repository.close()
