"""PURE: the content key: what a verdict belongs to, and everything that it depends on."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Content:
    """Equal content, equal verdict.

    Attributes:
        strategy: the strategy's name (its folder; the definition must agree with it).
        tree: git tree id of the strategy's folder.
        base_tree: tree id of the deployed version that it is compared with, or "".
        policy_hash: hash over all policy files.
        data: "SYMBOL_INTERVAL" -> hash of the bars used.
        engine: engine and wire version.
        image: id of what runs inside the sandbox.
        causality: streamed | audited.
    """

    strategy: str
    tree: str
    base_tree: str
    policy_hash: str
    engine: str
    image: str
    causality: str
    data: Mapping[str, str] = field(default_factory=dict)


def content_key(content: Content) -> str:
    """SHA-256 (hex) over all fields, in canonical JSON."""
    fields = {
        "strategy": content.strategy,
        "tree": content.tree,
        "base_tree": content.base_tree,
        "policy": content.policy_hash,
        "engine": content.engine,
        "image": content.image,
        "causality": content.causality,
        "data": dict(sorted(content.data.items())),
    }
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
