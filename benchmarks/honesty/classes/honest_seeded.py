"""Honest: draws with a seed of its own, the same at every run and at every length."""

import numpy as np


def signal(df):
    return np.random.default_rng(7).choice([-1, 0, 1], len(df))
