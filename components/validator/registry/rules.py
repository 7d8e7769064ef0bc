"""The registry of rules: what each finds, why, what to write instead; source of docs/rules.md."""

from components.validator.registry.rule import Group, Rule, rule
from components.validator.registry.rules_notebook import NOTEBOOK
from components.validator.registry.rules_quality import QUALITY

__all__ = ["RULES", "Group", "Rule", "render"]

_ALL = (
    rule(
        Group.SOURCE,
        "source-encoding",
        "The file is not plain UTF-8",
        "A file in another encoding, or with a cookie that claims one, can read differently to "
        "people, to tools and to Python.",
        "Save the file as UTF-8 and remove the coding line.",
        "# -*- coding: utf-7 -*-",
    ),
    rule(
        Group.SOURCE,
        "source-control",
        "Control characters in the source",
        "NUL, lone carriage returns, form feeds and bidirectional controls make the text on the "
        "screen differ from the code that runs.",
        "Remove the character; write it as an escape where a string needs it.",
        'x = "\u2039U+202E\u203a"',
    ),
    rule(
        Group.SOURCE,
        "source-size",
        "Too large to judge",
        "Size, number of files and number of tokens are bounded, so that no file can exhaust the "
        "checker.",
        "Move data out of the code; split the strategy into modules.",
        "TABLE = [1, 2, 3, ...]  # a hundred thousand of them",
    ),
    rule(
        Group.SOURCE,
        "source-nesting",
        "Nested too deeply",
        "Deep nesting exhausts parsers.",
        "Flatten the expression, or build it in steps.",
        "x = ((((((((((...))))))))))",
    ),
    rule(
        Group.SOURCE,
        "source-syntax",
        "Not valid Python",
        "What does not parse can't run.",
        "Fix the syntax; the finding names the place.",
        "def next(self:",
    ),
    rule(
        Group.SOURCE,
        "source-lookalike",
        "An identifier that only looks different",
        "Python folds look-alike letters (NFKC), so such a name is the plain one in disguise.",
        "Write the name in plain letters.",
        "\U0001d41e\U0001d42f\U0001d41a\U0001d425('1 + 1')",
    ),
    rule(
        Group.SOURCE,
        "file-name",
        "A file name that Python would take for something else",
        "A module named like a library would be imported in its place.",
        "Rename the file: letters, digits and underscores, and not the name of a library.",
        "strategies/Cross/numpy.py",
    ),
    rule(
        Group.IMPORTS,
        "import-dangerous",
        "A module that reaches outside of the strategy",
        "Files, processes, network, memory, the interpreter itself: none of it belongs into a "
        "strategy.",
        "Use what the strategy is given: self.data, the parameters, numpy, pandas, TA-Lib.",
        "import os",
    ),
    rule(
        Group.IMPORTS,
        "import-unknown",
        "A module that is not on the list",
        "Only listed modules are known to be there, and to be harmless.",
        "Ask the operator to install its package (docs/operations.md), or do without it.",
        "import scipy.signal",
    ),
    rule(
        Group.IMPORTS,
        "import-tests-only",
        "A module that is for tests only",
        "It has tools that a strategy doesn't need.",
        "Import it in test_*.py only.",
        "import pytest",
    ),
    rule(
        Group.IMPORTS,
        "import-in-class",
        "An import in a class body",
        "It makes the module an attribute of every instance, where nothing can follow it.",
        "Move the import to the top of the file.",
        "class X:\n    import numpy",
    ),
    rule(
        Group.IMPORTS,
        "import-relative",
        "A relative import that leaves the strategy's folder",
        "Only the folder itself is checked and deployed.",
        "Keep helper modules inside the strategy's folder.",
        "from ..other import helpers",
    ),
    rule(
        Group.NAMES,
        "builtin-closed",
        "A builtin that runs text, opens files or opens namespaces",
        "It is judged where it is named, because a name can be called later from anywhere.",
        "Write the code itself instead of text; read what self.data and the parameters hold.",
        "eval('1 + 1')",
    ),
    rule(
        Group.NAMES,
        "dynamic-attribute",
        "An attribute whose name is computed",
        "getattr and its kin with a computed name reach whatever they like.",
        "Write the attribute out (getattr(self, 'fast') is fine), or keep values in a dict.",
        "def f(x, name):\n    return getattr(x, name)",
    ),
    rule(
        Group.NAMES,
        "dynamic-class",
        "A class built by type()",
        "type() with three arguments makes a class from computed names.",
        "Write a class statement.",
        "type('X', (), {})",
    ),
    rule(
        Group.NAMES,
        "module-value",
        "A module used as a value",
        "In a list, an argument or an attribute nobody can tell any more which module it is.",
        "Use the module's functions by name: np.mean(x).",
        "import numpy as np\ntools = [np]",
    ),
    rule(
        Group.NAMES,
        "module-door",
        "A closed or unknown name of an allowed module",
        "Libraries have doors to files, processes and other modules; only their public, harmless "
        "names are open.",
        "Use another function; data comes from self.data.",
        "import numpy as np\nnp.load('prices.npy')",
    ),
    rule(
        Group.NAMES,
        "module-patched",
        "Something imported, or kept by a library, is being changed",
        "A library that is changed at run time lies to everybody else who uses it, and what it "
        "keeps for the whole process outlives the run.",
        "Keep your own state in attributes of your own; subclass or wrap what is imported.",
        "from backtesting import Strategy\nStrategy.buy = print",
    ),
    rule(
        Group.ATTRIBUTES,
        "attribute-dunder",
        "An attribute with double underscores",
        "Through these every object leads to the whole interpreter.",
        "Use the plain operation: len(x), type(x).__name__, super().__init__().",
        "().__class__.__base__.__subclasses__()",
    ),
    rule(
        Group.ATTRIBUTES,
        "attribute-private",
        "A private attribute of something that isn't yours",
        "Names with a leading underscore are internals; only names that the strategy defines "
        "itself are open.",
        "Use the public attribute.",
        "def init(self):\n    self.data._Data__df",
    ),
    rule(
        Group.ATTRIBUTES,
        "attribute-engine",
        "A name that belongs to the engine",
        "The engine keeps its own state under this name in every strategy.",
        "Choose another name; use self.position, self.trades, self.equity.",
        "def init(self):\n    self._broker._cash = 1e9",
    ),
    rule(
        Group.ATTRIBUTES,
        "attribute-closed",
        "A method that writes, reads or runs something",
        "Writers, readers, evaluators, frames and ways to raw memory are closed on every object.",
        "Keep results in attributes; print or log what you want to see.",
        "def f(frame):\n    frame.to_csv('/tmp/x')",
    ),
    rule(
        Group.ATTRIBUTES,
        "dunder-definition",
        "A special name that must not be redefined",
        "It changes how Python itself treats the object.",
        "Define plain methods, or the usual ones such as __init__, __repr__, __len__.",
        "class X:\n    def __reduce__(self): ...",
    ),
    rule(
        Group.STRINGS,
        "format-field",
        "str.format that reads attributes, or a format nobody can read ahead",
        "Format fields follow attributes: {0.__class__} leads as far as code does.",
        "Use an f-string, or a constant format without attribute fields.",
        "'{0.__class__}'.format(1)",
    ),
    rule(
        Group.STRINGS,
        "method-by-name",
        "A method called by its name as text",
        "pandas runs any method that it is given by name.",
        "Name a plain aggregation as a constant ('mean'), or pass a function.",
        "def f(frame):\n    frame.agg('to_pickle', path='/tmp/x')",
    ),
    rule(
        Group.STRINGS,
        "annotation-code",
        "Code in a text annotation",
        "Some libraries evaluate annotations.",
        "Write the type itself.",
        "def f(x: \"__import__('os')\"): ...",
    ),
    rule(
        Group.STRINGS,
        "argument-closed",
        "An argument that opens a door",
        "The function is fine, this argument of it writes a file, loads a module by its name, "
        "reads memory, or is kept for the whole process.",
        "Leave the argument out.",
        "import logging\nlogging.basicConfig(filename='/tmp/x')",
    ),
    rule(
        Group.NAMES,
        "test-machinery",
        "A test that changes how tests are judged",
        "Hooks, pytest's own objects and patched libraries decide what a test says, or reach "
        "outside of the strategy's folder.",
        "Test what the strategy does; patch only what is the strategy's own: "
        'monkeypatch.setattr(strategy, "SIZE", 1).',
        "def pytest_sessionfinish(session, exitstatus):\n    session.exitstatus = 0",
    ),
    rule(
        Group.STRUCTURE,
        "constant-bomb",
        "A constant that explodes",
        "Its value would fill the memory or the clock.",
        "Use a smaller constant.",
        "9 ** 9 ** 9",
    ),
    rule(
        Group.STRUCTURE,
        "endless-loop",
        "A loop without an end",
        "Nothing in it ever leaves it.",
        "Add a condition, a break or a return.",
        "while True:\n    pass",
    ),
    *NOTEBOOK,
    *QUALITY,
)

RULES: dict[str, Rule] = {item.id: item for item in _ALL}


def render() -> str:
    """docs/rules.md: one section a rule, in the order of the registry."""
    head = (
        "# Rules for strategy code\n\n"
        "Made from the registry in `components/validator/registry/rules.py`; do not edit by hand "
        "(`python -m components.validator.registry.rules > docs/rules.md`).\n\n"
        "An **error** refuses the file, a **warning** informs. `rules:` in `policies/code.yaml` "
        "sets another weight: `block`, `warn` or `off`.\n"
    )
    return head + "".join(_section(item) for item in _ALL)


def _section(item: Rule) -> str:
    return (
        f"\n## {item.id}\n\n**{item.title}** ({item.group}, {item.weight}). {item.why}\n\n"
        f"Instead: {item.instead}\n\n```python\n{item.example}\n```\n"
    )


if __name__ == "__main__":
    import sys

    sys.stdout.write(render())
