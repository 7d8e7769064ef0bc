"""The notebook part of a file: what is not run is said once, what is missed of it refuses."""

from components.validator.judges.common import Case

_SHOWN = 4
_NAMED = 3


def judge(case: Case) -> None:
    """What was blanked before the file was judged, and data files."""
    cut = case.unit.cut
    if cut.lines:
        spans = [f"{a}" if a == b else f"{a}-{b}" for a, b in cut.lines[:_SHOWN]]
        more = ", ..." if len(cut.lines) > _SHOWN else ""
        message = (
            f"only a notebook needs this, so it is not run here: line {', '.join(spans)}{more}"
        )
        case.findings.at("notebook-code", cut.lines[0][0], None, message)
    for access in case.index.accesses_of("asset"):
        if access.call is not None and case.is_own(access.node.value, access.scope):
            message = "the look-ahead check can't see from when the data in this file is"
            case.findings.add("asset-unseen", access.node, message)
    for line, module in cut.imports:
        message = f"the strategy does not use {module}, so it is not imported here"
        case.findings.at("notebook-import", line, None, message)
    for name, place, line in cut.lost:
        message = f"{name} is made in line {line}, which only a notebook runs"
        case.findings.add("notebook-value", place, message)
    for place, text in cut.set_from_outside[:_NAMED]:
        message = f"{text} is set in a line that only a notebook runs"
        case.findings.add("notebook-set", place, message)
