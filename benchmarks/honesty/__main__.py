"""Who catches strategies that lie: monte-neo's cases and ours, through monte-neo, freqtrade and us.

    make honesty        or: python -m benchmarks.honesty [--only NAME ...] [--json FILE]

Needs the package index once. A case is *caught* when what accuses it names the lie (look-ahead,
data, randomness, a closed door), *MISSED* when nothing does; *harmless* when nothing does and its
signal does not depend on later bars at any of a hundred lengths of the data. An honest case that is
accused is *FALSELY ACCUSED*, else *cleared*. Losing money is not being caught.
"""

import argparse
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.honesty import ours, peer, sealed

KEPT = Path(__file__).parents[2] / "build/honesty"
MODES = ("streamed", "audited")
PARTS = {
    "theirs": ("monte-neo", "freqtrade"),
    "across": ("monte-neo",),
    "ours": ("monte-neo", "monte-neo, isolated", "freqtrade"),
}
"""Cases, those over several symbols apart, and who else judges them."""
DAMAGED = {"bad_ticks", "frozen_feed", "unadjusted_split", "feed_outages"}
"""Markets whose bars are wrong: who trades there has to be told."""
REACHES_OUT = {"writes_outside", "starts_a_program"}
VERDICTS = {"PASS", "PASS_WITH_WARNINGS", "NEEDS_MORE_EVIDENCE", "REJECT", "True", "False"}
UNSAID = {"too few trades", "error", "TimeoutExpired", "CalledProcessError"}
Row = dict[str, Any]


def lies(row: Row) -> bool:
    """Whether there is something to be caught: a lie in the code, or damage in the data."""
    told: bool = row.get("lies", not row["name"].startswith("honest_"))
    return told or row["market"] in DAMAGED


def outcome(row: Row, *, accused: bool) -> str:
    """One word for what a tool makes of a case."""
    if accused:
        return "caught" if lies(row) else "FALSELY ACCUSED"
    if not lies(row):
        return "cleared"
    harmless = row.get("depends") == 0 and row["market"] not in DAMAGED
    return "harmless" if harmless else "MISSED"


def they_accuse(row: Row, said: Row, future: Sequence[str]) -> bool:
    """Whether another verifier names the lie; a warning is enough where the data are damaged."""
    checks, verdict = said["checks"], said["verdict"]
    if row["market"] in DAMAGED:
        return "data_quality" in checks
    if row["name"] in REACHES_OUT:
        return not said["left"]
    if row["name"] == "forged_score":
        return verdict == "REJECT"
    named = any(checks.get(name) == "fail" for name in [*future, "determinism"])
    return named or verdict == "True" or verdict not in VERDICTS


def judge_theirs(rows: Sequence[Row], tools: Sequence[str], future: Sequence[str]) -> None:
    """Judge what the other verifiers said by the same words."""
    for row in rows:
        for tool in tools:
            said = row[tool]
            if said["verdict"] in UNSAID:
                said["outcome"] = f"not judged: {said['verdict']}"
            else:
                said["outcome"] = outcome(row, accused=they_accuse(row, said, future))


def we_accuse(row: Row, found: Sequence[str]) -> bool:
    """Whether we name the lie; a warning is enough."""
    return any(rule.startswith("data-") == (row["market"] in DAMAGED) for rule in found)


def check_rows(rows: Sequence[Row], work: Path, check: ours.Check, mode: str) -> None:
    """Add to each case what we say of it."""
    for row in rows:
        folder = ours.strategy(work / mode, row["name"], row["market"], Path(row["file"]))
        report, seconds = check(folder)
        found = ours.caught_by(report)
        word = outcome(row, accused=we_accuse(row, list(found)))
        row[mode] = {
            "verdict": str(report.verdict), "found": found, "seconds": seconds, "outcome": word,
        }  # fmt: skip
        print(f"{mode} {row['name']}: {word} ({seconds} s)", flush=True)


def check_orders(work: Path, check: ours.Check) -> list[Row]:
    """Cases made of orders: what we say of them, beside what plain backtesting.py says."""
    rows = []
    for file in ours.order_cases():
        report, seconds = check(ours.by_orders(work / "orders", file))
        [result] = report.results
        rows.append(
            {
                "name": file.stem,
                "verdict": str(report.verdict),
                "return_pct": result.metrics.return_pct if result.metrics else None,
                "plain_return_pct": ours.plain_return(file),
                "seconds": seconds,
            }
        )
    return rows


def table(rows: Sequence[Row], tools: Sequence[str]) -> str:
    """Each case and what each tool made of it, in Markdown."""
    lines = [["case", *tools], ["---"] * (len(tools) + 1)]
    lines += [
        [row["name"], *(f"{row[t]['outcome']} ({row[t]['seconds']:.1f} s)" for t in tools)]
        for row in rows
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def summary(rows: Sequence[Row], tools: Sequence[str]) -> str:
    """Outcomes counted, with the median of the seconds."""
    lines = []
    for tool in tools:
        counts = Counter(row[tool]["outcome"] for row in rows)
        seconds = sorted(row[tool]["seconds"] for row in rows)
        words = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
        lines.append(f"{tool}: {words}; {seconds[len(seconds) // 2]:.1f} s a case")
    return "\n".join(lines)


def others(names: Sequence[str]) -> Row:
    """What the other verifiers say; kept until their versions or the cases change."""
    folder = KEPT / f"said-{peer.digest()}"
    kept = folder / "others.json"
    if not kept.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        said = peer.monte_neo(KEPT, folder)
        said["theirs"] = [row for row in said["theirs"] if not row["across"]]
        rows = {row["name"]: row for row in (*said["theirs"], *said["ours"])}
        for name, answer in peer.freqtrade(KEPT, folder, list(rows.values())).items():
            rows[name]["freqtrade"] = answer
        kept.write_text(json.dumps(said))
    told: Row = json.loads(kept.read_text())
    theirs = json.loads((folder / "monte-neo.json").read_text())["theirs"]
    told["across"] = [row for row in theirs if row["across"]]
    for part in PARTS:
        told[part] = [row for row in told[part] if not names or row["name"] in names]
    told["data"] = str(folder / "data")
    return told


def measured(work: Path, names: Sequence[str]) -> Row:
    """All that is said of the cases, or of the named ones."""
    said = others(names)
    ours.markets(Path(said["data"]), work / "bars")
    for mode in MODES:
        with ours.checks(work, mode) as check:
            check_rows([row for part in PARTS for row in said[part]], work, check, mode)
            if mode == MODES[0] and not names:
                said["orders"] = check_orders(work, check)
    if not names:
        theirs = peer.monte_neo_probed(KEPT, work)
        said["holdout probing"] = {"monte-neo": theirs, **sealed.probed(work)}
    return said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="honesty-"))
    try:
        said = measured(work, asked.only)
    finally:
        shutil.rmtree(work)
    for part, others in PARTS.items():
        if rows := said[part]:
            judge_theirs(rows, others, said["future"])
            print(table(rows, (*others, *MODES)))
            print(summary(rows, (*others, *MODES)))
    for part in ("orders", "holdout probing"):
        print(json.dumps(said.get(part, []), indent=2))
    if asked.json:
        asked.json.write_text(json.dumps(said, indent=2))


if __name__ == "__main__":
    main()
