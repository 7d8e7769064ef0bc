"""Runs with the other verifier's own Python: its cases and ours through it, as JSON.

Arguments: its source folder, our folder of cases, the JSON file to write. Bars go to data/.
"""

import ast
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

SOURCE, CLASSES, OUT = (Path(given) for given in sys.argv[1:4])
ONE = sys.argv[4:6]
"""A case of ours and the mode, where only this one is asked for; else all are."""
SUITE = SOURCE / "tests/traps"
FUTURE = {"repaint_history", "repaint_intrabar"}
LEFT = Path.home() / "left-by-a-strategy"
LOOKS = 100
LONGEST_S = 120
sys.path.insert(0, str(SUITE))


def literals(names):
    """Values of the suite's own tables, without running its tests."""
    tree = ast.parse((SUITE / "test_trap_suite.py").read_text())
    assigned = (n for n in tree.body if isinstance(n, ast.Assign))
    found = {n.targets[0].id: n.value for n in assigned if n.targets[0].id in names}
    return [ast.literal_eval(found[name]) for name in names]


def markets():
    """Bars by the name that the suite gives them."""
    import trap_data as of
    from monte_neo.backtest import synthetic_ohlcv

    made = {
        "random_walk": synthetic_ohlcv(3000, seed=1),
        "planted": of.planted_momentum_ohlcv(),
        "bad_ticks": of.bad_tick_ohlcv(),
        "frozen_feed": of.frozen_ohlcv(),
        "unadjusted_split": of.split_ohlcv(),
        "feed_outages": of.outage_ohlcv(),
        "universe": of.universe_ohlcv(),
    }
    Path("data").mkdir()
    for name, frame in made.items():
        frame.to_csv(f"data/{name}.csv", index=False)
    os.environ["MONTE_NEO_TRAP_DATA"] = str(Path("data/random_walk.csv").resolve())
    return made


def verified(file, bars, costs, isolated):
    """Verdict, the checks that did not pass, and seconds."""
    from monte_neo.verify import model_from_costs, verify_strategy

    model = (
        model_from_costs(commission_bps=1.0, slippage_bps=1.0, n_bars=len(bars)) if costs else None
    )
    began = time.monotonic()
    try:
        said = verify_strategy(bars, strategy=file, model=model, isolate=isolated)
    except Exception as error:  # noqa: BLE001  # its own refusals are answers
        said = {"verdict": f"{type(error).__name__}: {error}"[:200], "checks": []}
    checks = {c["id"]: c["status"] for c in said["checks"] if c["status"] in {"fail", "warn"}}
    took = round(time.monotonic() - began, 3)
    return {"verdict": said["verdict"], "checks": checks, "seconds": took}


def depends(file, bars):
    """At how many of some bars the signal changes when later bars are there: the plain truth."""
    space = {}
    exec(compile(file.read_text(), str(file), "exec"), space)
    signal = space["signal"]
    whole = np.nan_to_num(np.asarray(signal(bars.copy()), float))
    some = np.linspace(len(bars) // 10, len(bars) - 1, LOOKS).astype(int)
    ends = (np.nan_to_num(np.asarray(signal(bars[:at].copy()), float))[-1] for at in some)
    return sum(bool(end != whole[at - 1]) for at, end in zip(some, ends, strict=True))


def theirs(made):
    """The suite's cases: (name, bars, lying or honest, what it says, how many bars depend)."""
    traps, honest, future = literals(["TRAPS", "HONEST", "LOOKAHEAD_IDS"])
    rows = []
    for name, market, _, _ in traps:
        file, bars = SUITE / f"strategies/{name}.py", made[market]
        across = name.startswith("xs_")
        rows.append(
            {
                "name": name,
                "market": market,
                "file": str(file),
                "lies": name not in honest,
                "across": across,
                "depends": None if across or name == "reads_dataset_file" else depends(file, bars),
                "monte-neo": verified(file, bars, market == "planted", isolated=False),
            }
        )
    return rows, sorted({*future, *FUTURE})


def ours():
    """Our cases, in its plain mode and in its isolated one, each in a process of its own."""
    rows = []
    for file in sorted(CLASSES.glob("*.py")):
        row = {"name": file.stem, "market": "random_walk", "file": str(file)}
        for mode in ("monte-neo", "monte-neo, isolated"):
            LEFT.unlink(missing_ok=True)
            row[mode] = {**alone(file, mode), "left": LEFT.exists()}
        rows.append(row)
    return rows


def alone(file, mode):
    """`verified` of one case: what it leaves in a library must not reach the next."""
    command = [sys.executable, __file__, *sys.argv[1:3], "one.json", str(file), mode]
    try:
        subprocess.run(command, check=True, timeout=LONGEST_S)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        return {"verdict": f"{type(error).__name__}", "checks": {}, "seconds": LONGEST_S}
    return json.loads(Path("one.json").read_text())


def main():
    if ONE:
        bars = pd.read_csv("data/random_walk.csv", parse_dates=["timestamp"])
        answer = verified(Path(ONE[0]), bars, costs=False, isolated="isolated" in ONE[1])
    else:
        made = markets()
        rows, future = theirs(made)
        answer = {"future": future, "theirs": rows, "ours": ours()}
    OUT.write_text(json.dumps(answer))


if __name__ == "__main__":
    main()
