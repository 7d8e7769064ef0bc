"""Starts a program of the machine that it runs on."""

import subprocess
from pathlib import Path

import numpy as np


def signal(df):
    subprocess.run(["touch", str(Path.home() / "left-by-a-strategy")], check=False)
    return np.where(df["close"].diff() > 0, 1, 0)
