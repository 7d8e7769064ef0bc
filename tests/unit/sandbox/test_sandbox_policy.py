from pathlib import Path

import pytest
from pydantic import ValidationError

from components.errors import ConfigError
from components.schema.policies.file import load_policy
from components.schema.policies.sandbox import SandboxPolicy


def test_shipped_policy_is_valid_and_says_why():
    policy = load_policy(Path("policies/sandbox.yaml"), SandboxPolicy)
    assert policy.isolation == "strategy"
    assert policy.smoke_limits.wall_s < policy.limits.wall_s
    assert policy.smoke_limits.memory_mb == policy.limits.memory_mb


def test_request_lowers_and_never_raises():
    limits = SandboxPolicy().limits.lowered_by(wall_s=5, memory_mb=100_000)
    assert limits.wall_s == 5
    assert limits.memory_mb == SandboxPolicy().limits.memory_mb


@pytest.mark.parametrize(
    "text", [b"limits: {memory_mb: 64}", b"limits: {pid: 3}", b"isolation: none", b"runtime: a b"]
)
def test_wrong_policy_is_refused(text):
    with pytest.raises(ConfigError):
        load_policy(text, SandboxPolicy, file="sandbox.yaml")


def test_memory_too_small_for_the_guest_says_how_much_it_needs():
    with pytest.raises(ValidationError, match="needs 128"):
        SandboxPolicy.model_validate({"limits": {"memory_mb": 100}})
