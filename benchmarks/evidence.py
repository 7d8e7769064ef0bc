"""How many searches on noise get a strategy through, and how many planted edges do.

A search is fifty tries of usual rules (crossing averages, momentum, reversion) with random
parameters on twenty years of days, with the shipped costs. On noise nothing that passes has skill.

`python benchmarks/evidence.py [--searches N] [--json FILE] [--kept]`
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import pandas as pd

from components.engine.evidence.ratios import deflated
from components.engine.evidence.track import track_of
from components.engine.evidence.tries import CHANCE
from components.engine.walk_forward import walked
from components.schema.policies.file import load_policy
from components.schema.policies.risk import RiskPolicy
from components.schema.results.evidence import Moments

ROOT = Path(__file__).parents[1]
TRIES, BARS, YEAR, WEEK = 50, 5030, 252, 5
BLOCK = 21
EDGES = (0.5, 1.0, 2.0)


Market = Callable[[np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Policy:
    """What of a policy decides here: least trades, return, drawdown, Sharpe ratio, and dsr."""

    name: str
    trades: float
    drawdown: float
    sharpe: float
    dsr: float


def policy(name: str, file: str, *, luck: bool = True) -> Policy:
    """The blocking gates of a policy file as it is shipped."""
    gates = {
        g.metric: g.value
        for g in load_policy(ROOT / file, RiskPolicy).gates
        if g.severity == "block" and g.compare == "absolute"
    }
    dsr = gates["dsr"] if luck else 0.0
    return Policy(name, gates["trades"], gates["max_drawdown_pct"], gates["sharpe"], dsr)


STRICT = load_policy(ROOT / "policies/strict/risk.yaml", RiskPolicy)
POLICIES = (
    policy("without gates on luck", "policies/risk.yaml", luck=False),
    policy("shipped", "policies/risk.yaml"),
    policy("strict", "policies/strict/risk.yaml"),
)


@cache
def cost() -> float:
    """Of one change of position by the whole money, as a fraction."""
    floors = load_policy(ROOT / "policies/risk.yaml", RiskPolicy).floors
    return floors.commission_pct + floors.slippage


# --- markets -----------------------------------------------------------------------------------


@cache
def real() -> np.ndarray:
    """Returns of twenty years of days."""
    closes = pd.read_csv(ROOT / "examples/data/SPX_1d.csv")["Close"].to_numpy(float)
    return closes[1:] / closes[:-1] - 1


def random_walk(random: np.random.Generator) -> np.ndarray:
    return random.standard_normal(BARS) * real().std()


def shuffled(random: np.random.Generator, *, drift: bool) -> np.ndarray:
    returns = real() if drift else real() - real().mean()
    blocks = np.array_split(returns, len(returns) // BLOCK)
    return np.concatenate([blocks[place] for place in random.permutation(len(blocks))])


# --- tries -------------------------------------------------------------------------------------


def averages(prices: np.ndarray, length: int) -> np.ndarray:
    sums = np.concatenate(([0.0], np.cumsum(prices)))
    found = np.full(len(prices), np.nan)
    found[length - 1 :] = (sums[length:] - sums[:-length]) / length
    return found


def rule(random: np.random.Generator) -> tuple[int, int]:
    """Which of the usual rules, and whether it goes short."""
    return int(random.integers(3)), int(random.integers(2))


def positions(prices: np.ndarray, random: np.random.Generator, kind: int, both: int) -> np.ndarray:
    """What one rule with random parameters holds at each close: -1, 0 or 1."""
    if kind == 0:
        fast, slow = sorted(random.integers(5, 250, 2) + np.array([0, 1]))
        signal = averages(prices, int(fast)) - averages(prices, int(slow))
    elif kind == 1:
        back = int(random.integers(5, 250))
        signal = np.full(len(prices), np.nan)
        signal[back:] = prices[back:] - prices[:-back]
    else:
        length = int(random.integers(3, 60))
        signal = averages(prices, length) - prices
    long = signal > 0
    return np.where(np.isnan(signal), 0, np.where(long, 1, -1 if both else 0)).astype(float)


def search(market: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Returns of each try, and its number of trades."""
    prices = np.cumprod(1 + market)
    return earned(market, [positions(prices, random, *rule(random)) for _ in range(TRIES)])


def earned(market: np.ndarray, rows: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Returns of what is held, after costs, and how often it changes."""
    held = np.stack(rows)
    held = np.concatenate((np.zeros((len(rows), 1)), held[:, :-1]), axis=1)
    turns = np.abs(np.diff(held, axis=1, prepend=0))
    return held * market - turns * cost(), (turns > 0).sum(axis=1)


# --- judging -----------------------------------------------------------------------------------


def independent_of_each_start(returns: np.ndarray) -> list[int]:
    """What the first, the first two, ... tries are worth: as the ledger counts them."""
    weeks = returns.shape[1] // WEEK
    rows = returns[:, : weeks * WEEK].reshape(len(returns), weeks, WEEK).sum(axis=2)
    rows -= rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = rows / np.where(length > 0, length, 1)
    found = unit @ unit.T
    found[np.abs(found) < CHANCE / np.sqrt(weeks)] = 0
    return [
        max(1, int(np.ceil(np.minimum(np.linalg.eigvalsh(found[:n, :n]), 1).clip(0).sum() - 1e-6)))
        for n in range(1, len(returns) + 1)
    ]


@dataclass(frozen=True)
class Figures:
    """What the gates look at, of each try."""

    moments: tuple[Moments, ...]
    gained: np.ndarray
    sharpe: np.ndarray
    depth: np.ndarray
    trades: np.ndarray


def figures(returns: np.ndarray, trades: np.ndarray) -> Figures:
    length = returns.shape[1]
    mean = returns.mean(axis=1)
    away = returns - mean[:, None]
    squares = away**2
    second = squares.mean(axis=1)
    skew = (squares * away).mean(axis=1) / second**1.5
    kurt = (squares**2).mean(axis=1) / second**2
    follows = np.einsum("ij,ij->i", away[:, 1:], away[:, :-1]) / (second * length)
    equity = np.cumprod(1 + returns, axis=1)
    depth = (equity / np.maximum.accumulate(equity, axis=1)).min(axis=1) * 100 - 100
    sharpe = mean / np.sqrt(second * length / (length - 1))
    found = zip(sharpe, skew, kurt, follows, strict=True)
    moments = tuple(
        Moments(observations=length, sharpe=a, skewness=b, kurtosis=c, autocorrelation=d)
        for a, b, c, d in found
    )
    return Figures(moments, equity[:, -1] > 1, sharpe * YEAR**0.5, depth, trades)


def judged(found: Figures, counts: list[int]) -> dict[str, np.ndarray]:
    """Which tries each policy lets through, by the count of tries that each is held against."""
    dsr = np.array([deflated(m, n) for m, n in zip(found.moments, counts, strict=True)])
    return {
        p.name: found.gained
        & (found.trades >= p.trades)
        & (found.depth >= p.drawdown)
        & (found.sharpe >= p.sharpe)
        & (dsr >= p.dsr)
        for p in POLICIES
    }


def through(searches: int, market: Market, seed: int) -> dict[str, dict[str, float]]:
    """Share of searches in percent that get a try through, picked at the end or at once."""
    random = np.random.default_rng(seed)
    end, once = ({p.name: 0 for p in POLICIES} for _ in range(2))
    for _ in range(searches):
        returns, trades = search(market(random), random)
        counts = independent_of_each_start(returns)
        found = figures(returns, trades)
        at_end = judged(found, [counts[-1]] * TRIES)
        at_once = judged(found, counts)
        for name in end:
            end[name] += bool(at_end[name].any())
            once[name] += bool(at_once[name].any())
    return {
        name: {
            "picked at the end": round(end[name] / searches * 100, 1),
            "deployed at the first pass": round(once[name] / searches * 100, 1),
        }
        for name in end
    }


def power(searches: int, edge: float, seed: int) -> dict[str, dict[str, float]]:
    """Share of planted edges that pass: as the only try, and as the last of fifty strangers."""
    random = np.random.default_rng(seed)
    found: dict[str, dict[str, float]] = {p.name: {} for p in POLICIES}
    returns = random.standard_normal((searches, BARS)) * 0.1 / YEAR**0.5
    returns += edge * 0.1 / YEAR
    for label, count in (("as the only try", 1), ("after 49 strangers", TRIES)):
        passed = judged(figures(returns, np.full(searches, 100)), [count] * searches)
        for name, which in passed.items():
            found[name][label] = round(float(which.mean()) * 100, 1)
    return found


# --- parameters chosen on the past -------------------------------------------------------------


def keep(returns: np.ndarray) -> float:
    """`oos_keep` of the first row, with the others as the further sets of parameters."""
    index = pd.bdate_range("2004-01-01", periods=returns.shape[1] + 1)
    own, *others = (track_of(row, index) for row in returns)
    kept = walked(STRICT.out_of_sample, "X", own, others).oos_keep
    return -np.inf if kept is None else kept  # undefined: its gate breaks


def kept_on_noise(searches: int, market: Market, seed: int) -> dict[str, float]:
    """Share in percent of what has no skill and keeps its result out of sample all the same.

    Of one try each, and of the best of fifty by its Sharpe ratio.
    """
    random = np.random.default_rng(seed)
    least = next(g.value for g in STRICT.gates if g.metric == "oos_keep")
    sets = STRICT.out_of_sample.choices
    passed = {"one try": 0, "the best of fifty": 0}
    for _ in range(searches):
        returns = market(random)
        prices = np.cumprod(1 + returns)
        rules = [rule(random) for _ in range(TRIES)]
        tries, _trades = earned(returns, [positions(prices, random, *r) for r in rules])
        ratios = tries.mean(axis=1) / tries.std(axis=1)
        best = int(np.argmax(np.nan_to_num(ratios, nan=-np.inf)))
        for label, which in (("one try", 0), ("the best of fifty", best)):
            others = [positions(prices, random, *rules[which]) for _ in range(sets)]
            rows = np.concatenate((tries[which : which + 1], earned(returns, others)[0]))
            passed[label] += keep(rows) >= least
    return {label: round(count / searches * 100, 1) for label, count in passed.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--searches", type=int, default=1_000)
    parser.add_argument("--only", default="", help="the markets with these words in their name")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--kept", action="store_true", help="only the gate on oos_keep")
    asked = parser.parse_args()
    began = time.perf_counter()
    np.seterr(all="ignore")  # a try that never trades has no ratio, and passes nothing
    markets = {
        "random walk": random_walk,
        "SPX shuffled, drift removed": lambda r: shuffled(r, drift=False),
        "SPX shuffled, drift left in": lambda r: shuffled(r, drift=True),
    }
    if asked.kept:
        for name, make in markets.items():
            if asked.only in name:
                print(name, json.dumps(kept_on_noise(asked.searches, make, 3)), flush=True)
        return 0
    found: dict[str, object] = {
        "power": {f"Sharpe {e:g}": power(asked.searches, e, 2) for e in EDGES}
    }
    print(json.dumps(found, indent=2), flush=True)
    noise = found["noise"] = {}
    for name, make in markets.items():
        if asked.only not in name:
            continue
        noise[name] = through(asked.searches, make, 1)
        print(name, json.dumps(noise[name], indent=2), flush=True)
    found["seconds"] = round(time.perf_counter() - began, 1)
    print(found["seconds"], "s")
    if asked.json:
        asked.json.write_text(json.dumps(found))
    without_skill = [m for m in noise if "left in" not in m]
    worst = max((noise[m]["strict"]["picked at the end"] for m in without_skill), default=0)
    return int(worst > 5)  # noqa: PLR2004  # what the strict policy promises, in percent


if __name__ == "__main__":
    sys.exit(main())
