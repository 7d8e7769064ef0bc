"""Leaves a file in the home folder of whoever runs it."""

from pathlib import Path

import numpy as np


def signal(df):
    (Path.home() / "left-by-a-strategy").write_text("here")
    return np.where(df["close"].diff() > 0, 1, 0)
