"""What computes fills and metrics, by name and version, known without loading any of it."""

from importlib.metadata import version

WIRE_VERSION = 6
FILLS_VERSION = 3
"""Which fills the broker gives, and in which units: verdicts of others are not reused."""

METRICS_VERSION = 6
"""Which formulas the metrics have (docs/metrics.md): verdicts of other formulas are not reused."""

DOUBTS_VERSION = 2
"""Which bars are suspicious: a policy may refuse them."""

RULES_VERSION = 2
"""Which findings the code check has: a policy may block on them."""

ENGINE = (
    f"backtesting {version('backtesting')}, wire {WIRE_VERSION}, fills {FILLS_VERSION}, "
    f"metrics {METRICS_VERSION}, doubts {DOUBTS_VERSION}, rules {RULES_VERSION}"
)
"""Part of every content key."""
