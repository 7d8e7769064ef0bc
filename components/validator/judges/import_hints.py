"""What to do about an import that is refused: one thing, as it is to be typed."""

import ast
from collections.abc import Sequence

from components.validator.judges.common import Case
from components.validator.registry.words import DISTRIBUTIONS, NOTEBOOK_MODULES, PACKAGES

_OLD_POLICY = (
    "This bot's policies/code.yaml is of an older version. Ask the operator to take algoops out of "
    "`dangerous` and to add `algoops: {only: [PortfolioStrategy, backtest, plot]}` to `modules`."
)


def of_module(case: Case, rule: str, path: str, names: Sequence[ast.alias]) -> str:
    """The hint for a refused module; "" where the rule's own says it.

    Args:
        case: the file.
        rule: the rule that refuses it.
        path: the module, as written.
        names: what the import takes.
    """
    if rule not in {"import-unknown", "import-dangerous"}:
        return ""
    if not any(is_used(case, item) for item in names):
        return "Nothing in the file uses it: remove the line."
    top = path.partition(".")[0]
    if top in NOTEBOOK_MODULES:
        return 'Use it below `if __name__ == "__main__":` only.'
    if rule == "import-dangerous":
        return _OLD_POLICY if path == "algoops" else ""
    if top in case.doors.known or top in PACKAGES:
        return of_package(top)
    return of_file(path)


def of_package(top: str) -> str:
    """The hint for a package that the sandbox does not have: what the operator adds, and where."""
    name = DISTRIBUTIONS.get(top, top.replace("_", "-"))
    return (
        f"Ask the operator to add the line `{name}==VERSION --hash=sha256:...` to "
        "policies/sandbox-requirements.txt (examples/sandbox-requirements.txt has the usual ones) "
        "and to run `algoops sandbox build`."
    )


def of_file(path: str) -> str:
    """The hint for a module that is probably a file of the author's, outside of the folder."""
    folders = path.split(".")
    return (
        f"If this is a file of yours, copy it to strategies/NAME/{'/'.join(folders)}.py: only the "
        "strategy's folder is checked and deployed."
    )


def is_used(case: Case, item: ast.alias) -> bool:
    """Whether the file reads what an import binds."""
    name = item.asname or item.name.partition(".")[0]
    return name == "*" or name in case.index.loads
