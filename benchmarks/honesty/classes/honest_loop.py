"""Honest: a plain loop over the past closes."""

import numpy as np


def signal(df):
    close = df["close"].to_numpy()
    held = np.zeros(len(close))
    level = close[0]
    for bar in range(1, len(close)):
        level += 0.05 * (close[bar] - level)
        held[bar] = 1 if close[bar] > level else 0
    return held
