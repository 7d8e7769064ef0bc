from collections.abc import Callable
from pathlib import Path

import pytest

from components.schema.policies.code import CodePolicy
from components.schema.policies.file import load_policy
from components.validator import CodeCheck, check_source

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def policy() -> CodePolicy:
    return load_policy(ROOT / "policies" / "code.yaml", CodePolicy)


@pytest.fixture(scope="session")
def check(policy: CodePolicy) -> Callable[..., CodeCheck]:
    def run(source: str | bytes, **options: object) -> CodeCheck:
        content = source if isinstance(source, bytes) else source.encode()
        return check_source(content, **{"policy": policy, **options})

    return run
