"""Orders to deploy, to promote and to roll back: who wants what landed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DeployOrder:
    """Who wants what landed.

    Attributes:
        key: of the command, under which its outcome is kept: a command is carried out once.
        name: the strategy that was named, "" for whatever the proposal changes.
        sha: the commit that the person named, "" for the reported one.
        tag_version: version for the tag's name instead of the definition's, "" for that.
        source: comment | api | cli: how the actor is known.
        admin: the actor has shown the admin role (a token's, or said so on the command line);
            of comments the forge is asked.
    """

    proposal: str
    actor: str
    key: str = ""
    name: str = ""
    sha: str = ""
    message: str = ""
    create_tag: bool = True
    tag_version: str = ""
    source: str = ""
    admin: bool = False


@dataclass(frozen=True)
class RollbackOrder:
    """Who wants which strategy back at which version ("" is the one before), and why.

    Attributes:
        whole: take back everything that landed together with the live version.
        tree: what must still be live (git id), "" for whatever is.
        asked_at: when, of the database's clock; "" for now.
        offered: it is put before people, and one of them has to land it.
        stage: where; "" is the base.
        restore: put back what was tested, whatever somebody made of it on the base since.
    """

    name: str
    actor: str
    reason: str
    version: str = ""
    commit: str = ""
    key: str = ""
    whole: bool = False
    tree: str = ""
    asked_at: str = ""
    offered: bool = False
    stage: str = ""
    restore: bool = False


@dataclass(frozen=True)
class PromoteOrder:
    """Who wants a strategy on which stage, as it is on the stage before.

    Attributes:
        stage: its name; "" is the first stage that has not what the one before it has.
        version: what has to be on the stage before, "" for whatever is.
        key: of the command, as of a `DeployOrder`.
        asked_at: when, of the database's clock: what came there later is not meant; "" for now.
    """

    name: str
    actor: str
    stage: str = ""
    version: str = ""
    key: str = ""
    asked_at: str = ""
