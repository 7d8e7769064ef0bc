"""Rules on the part of a file that only a notebook needs."""

from components.schema.results.values import Severity
from components.validator.registry.rule import Group, Rule, rule

NOTEBOOK = (
    rule(
        Group.QUALITY,
        "notebook-code",
        "Statements that only a notebook needs",
        "Downloads, plots and `Backtest(...)` at module level, and what only these use, are "
        "neither judged nor run: the engine runs the strategy on its own data.",
        'Put them below `if __name__ == "__main__":`; then they may stay as they are.',
        "from backtesting import Backtest, Strategy\nclass S(Strategy): ...\nBacktest(data, S)",
    ),
    rule(
        Group.QUALITY,
        "notebook-import",
        "An import for plots or downloads that the strategy does not use",
        "It is not carried out: the sandbox has no network and no screen.",
        'Remove it, or move it below `if __name__ == "__main__":`.',
        "import matplotlib.pyplot as plt\nfrom backtesting import Strategy\nclass S(Strategy): ...",
    ),
    rule(
        Group.QUALITY,
        "asset-unseen",
        "A data file that the look-ahead check can't see into",
        "What is in the file was known at every bar, also what was measured or learnt later.",
        "Say in the description up to which day it was made, and trust only the bars after that.",
        "from backtesting import Strategy\nclass S(Strategy):\n    def init(self):\n"
        '        self.levels = self.asset("levels.csv")',
    ),
    Rule(
        "notebook-value",
        Group.NAMES,
        "The strategy uses what only a notebook makes",
        "Data that a file loads is the whole past and future, and it is not the data of the "
        "backtest. Such statements are not run.",
        "Compute columns in `def prepare(df)` in strategy.py, which gets the bars so far and "
        "returns them with the new columns, and read them as self.data.NAME.",
        'import pandas as pd\ndf = pd.read_csv("x.csv")\nclass S(Strategy):\n    s = df.Signal',
        Severity.ERROR,
    ),
    Rule(
        "notebook-set",
        Group.NAMES,
        "A notebook's statement sets something of the strategy",
        "The statement is not run, so the strategy would miss the value.",
        "Make it a parameter in strategy.yaml, or compute it in init().",
        'import pandas as pd\nclass S(Strategy): ...\nS.level = pd.read_csv("x.csv")',
        Severity.ERROR,
    ),
)
