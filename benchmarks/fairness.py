"""What order styles without knowledge earn on random walks: the package's broker beside ours.

python -m benchmarks.fairness [--bars N] [--seeds N]
"""

from __future__ import annotations

import argparse
import warnings

from algoops.exchange.broker import Exchange
from tests.engine_fairness import STYLES, Untimed, log_returns, t_value, walk


def main() -> None:
    """Print mean log return and its t value for each style, with and without gaps."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bars", type=int, default=250)
    parser.add_argument("--seeds", type=int, default=40)
    asked = parser.parse_args()
    warnings.filterwarnings("ignore", category=UserWarning, module=r"backtesting\..*")
    for gap in (0.0, 0.004):
        walks = [walk(seed, asked.bars, gap) for seed in range(asked.seeds)]
        print(f"gaps of {100 * gap:.1f} %: log return (t), plain backtesting.py and ours")
        for name in STYLES:
            plain, ours = (log_returns(kind, name, walks) for kind in (Untimed, Exchange))
            cells = (f"{r.mean():+8.3f} ({t_value(r):+6.1f})" for r in (plain, ours))
            print(f"  {name:45}", *cells, flush=True)


if __name__ == "__main__":
    main()
