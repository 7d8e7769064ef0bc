"""How large a function and a module may be, and that one name means one thing."""

import ast
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_ARGUMENTS, MOST_LINES, MOST_IN_A_MODULE = 6, 45, 300

ARGUMENTS = {
    "components/engine/broker.py new_order": "the signature is the backtesting package's",
    "components/forge/local.py open": "each is one setting of a repository",
    "algoops/exchange/broker.py new_order": "the signature is the backtesting package's",
    "components/sandbox/guest/replay/recorder.py new_order": "as above",
    "components/state/tables/audit.py append": "each is one column",
    "components/state/tables/jobs.py enqueue": "each is one column",
    "components/state/tables/runs.py start": "each is one column",
    "components/state/tables/strategies.py propose": "each is one fact of a push",
    "components/state/tables/strategies.py transition": "each is one fact of a move",
    "components/state/tables/versions.py put": "each is one column",
}
LINES = {
    "components/state/db/migrations.py m0002_runs": "a released migration is never edited",
    "components/state/db/migrations.py m0003_lifecycle": "as above",
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def modules():
    """Each with all that it is made of."""
    paths = [
        path
        for top in ("algoops", "bot", "components")
        for path in sorted((ROOT / top).rglob("*.py"))
    ]
    return [
        (path.relative_to(ROOT).as_posix(), list(ast.walk(ast.parse(path.read_text()))))
        for path in paths
    ]


def functions():
    for path, nodes in modules():
        for node in nodes:
            if isinstance(node, Function):
                yield f"{path} {node.name}", node


def lines(node):
    """Its lines without those of its docstring."""
    length = node.end_lineno - node.lineno + 1
    if ast.get_docstring(node) is not None:
        length -= node.body[0].end_lineno - node.body[0].lineno + 1
    return length


def arguments(node):
    """Its arguments without `self` and `cls`."""
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return [a for a in given if a.arg not in {"self", "cls"}]


def is_command(node):
    """A command of the command line has one argument for each of its options."""
    return any("typer." in ast.unparse(a.annotation) for a in arguments(node) if a.annotation)


def of_code(path, nodes):
    """Lines of code: no docstrings, comments, or empty lines."""
    documented = set()
    for node in nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            documented.update(range(node.lineno, node.end_lineno + 1))
    return sum(
        bool(line.strip()) and not line.lstrip().startswith("#") and number not in documented
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1)
    )


def test_function_takes_at_most_six_arguments():
    large = [(name, node) for name, node in functions() if len(arguments(node)) > MOST_ARGUMENTS]
    assert {name for name, node in large if not is_command(node)} == set(ARGUMENTS)


def test_function_has_at_most_forty_five_lines():
    large = {name for name, node in functions() if lines(node) > MOST_LINES}
    assert large == set(LINES)


def test_module_has_at_most_three_hundred_lines_of_code():
    assert [path for path, nodes in modules() if of_code(path, nodes) > MOST_IN_A_MODULE] == []


def test_at_most_two_names_of_classes_mean_several_things():
    # `Status` is a command (its name is stored), an answer (in the OpenAPI document), and how an
    # execution ended (in the report's schema).
    classes = Counter(
        node.name for _path, nodes in modules() for node in nodes if isinstance(node, ast.ClassDef)
    )
    several = {name for name, count in classes.items() if count > 1}
    assert len(several) <= 2, several
