from pathlib import Path

import pandas as pd
import pytest
from backtesting.test import GOOG

from components.schema.definition.check import check_definition
from components.schema.policies.schema import SchemaPolicy

ROOT = Path(__file__).parents[3]


@pytest.fixture
def check():
    """Check a YAML text as a rules-only definition in a folder without code."""

    def run(text: str, *, file: str = "strategy.yaml", folder=None, has_code=False, **policy):
        data = text if isinstance(text, bytes) else text.encode()
        return check_definition(
            data, file, folder=folder, has_code=has_code, policy=SchemaPolicy(**policy)
        )

    return run


@pytest.fixture(scope="session")
def spx() -> pd.DataFrame:
    return pd.read_csv(ROOT / "examples/data/SPX_1d.csv", index_col=0, parse_dates=True)


@pytest.fixture(scope="session")
def goog() -> pd.DataFrame:
    return GOOG
