"""Git Patch Manager: merges, reverts, tags and branches as objects, published atomically."""

from components.git_patch.repository import Repository

__all__ = ["Repository"]
