from numpy._core import multiarray
