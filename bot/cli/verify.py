"""`algoops verify`: a report from elsewhere, made again from its commits, policies and data."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bot.checks.reproduce import last_day, reproduce
from bot.checks.reproduced import ReportLine, Stands, compare
from bot.checks.signed import NAMESPACE, canonical, document_of, report_of
from bot.cli.check import bench_alone, where_alone
from bot.cli.common import (
    EXIT_ERROR,
    EXIT_FAILED,
    EXIT_PASSED,
    ConfigOption,
    Form,
    FormOption,
    errors_for_people,
    out,
    print_json,
    settings_from,
)
from bot.config.places import repository_root
from bot.config.settings import Settings
from components.errors import UserError
from components.git_patch import Repository
from components.git_patch.ssh_signatures import Judgement, Signed, Trust, judge, own_setting
from components.schema.results.report import Report
from components.texts import cut

_OMITTED = "its commit changes this strategy too, and the report leaves it out"
_LATER = "there are newer bars here; they were left out, as the report ends on"
MOST = 64 << 20
"""Bytes of a report that are read: one of a thousand strategies is smaller."""

_MARKS = {
    Stands.SAME: "same   ",
    Stands.DIFFERS: "DIFFERS",
    Stands.NOTE: "note   ",
    Stands.UNKNOWN: "unknown",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify")(verify)


def verify(
    file: Annotated[Path, typer.Argument(help="A Report as JSON; - reads standard input.")],
    repo: Annotated[
        Path | None, typer.Option(help="The repository (default: the one that this folder is in).")
    ] = None,
    signed: Annotated[
        bool, typer.Option("--signed", help="It must have a good signature.")
    ] = False,
    signer: Annotated[
        str, typer.Option(help="It must be signed by this one of the allowed signers.")
    ] = "",
    allowed_signers: Annotated[
        Path | None,
        typer.Option(help="Whose keys count (default: git's gpg.ssh.allowedSignersFile)."),
    ] = None,
    form: FormOption = Form.TEXT,
    config: ConfigOption = None,
) -> None:
    """Make a report's verdicts again from its commits, and say which line is not as it says.

    Exit code 0: all of it is so; 1: a line differs, or its signature is not good; 2: it can't be
    told here (a commit or the data is missing, a check broke, the file is no report).
    """
    with errors_for_people():
        settings = settings_from(config)
        document = document_of(_read(file))
        claimed = report_of(document)
        chosen = repo or repository_root(Path()) or Path()
        with Repository(chosen, binary=settings.git_binary) as repository:
            trust = _trust(chosen, settings.git_binary, allowed_signers)
            judged = judge(canonical(document), claimed.signature, NAMESPACE, trust)
            lines = [_signature_line(judged, signer, asked=signed or bool(signer))]
            lines += _again(settings, chosen, repository, claimed)
        _tell(claimed, lines, form)
        raise typer.Exit(_exit(lines))


def _read(file: Path) -> bytes:
    try:
        if str(file) == "-":
            data = sys.stdin.buffer.read(MOST + 1)
        else:
            with file.open("rb") as opened:
                data = opened.read(MOST + 1)
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}") from error
    if len(data) > MOST:
        raise UserError(f"{file} is larger than {MOST >> 20} MiB: no report is")
    return data


def _trust(folder: Path, binary: str, allowed: Path | None) -> Trust:
    """Whose keys count: as told, else as the reader's own git settings say."""
    named = allowed or own_setting(folder, "gpg.ssh.allowedSignersFile", binary)
    revoked = own_setting(folder, "gpg.ssh.revocationFile", binary)
    return Trust(Path(named) if named else None, Path(revoked) if revoked else None)


def _signature_line(judged: Judgement, signer: str, *, asked: bool) -> ReportLine:
    who = ", ".join(judged.signers)
    match judged.state:
        case Signed.NONE:
            held = Stands.DIFFERS if asked else Stands.NOTE
            why = "missing" if asked else "not signed: nobody vouches for this report"
        case Signed.WRONG:
            held = Stands.DIFFERS
            why = "wrong: it does not belong to this report, which was changed, or to any report"
        case Signed.UNKNOWN:
            held = Stands.DIFFERS
            why = f"of the unknown key {judged.key}, which belongs to no allowed signer"
        case Signed.UNJUDGED:
            held = Stands.DIFFERS if asked else Stands.NOTE
            why = (
                f"of the key {judged.key}; nobody says whose that is: "
                "set gpg.ssh.allowedSignersFile, or give --allowed-signers"
            )
        case Signed.GOOD if signer and signer not in judged.signers:
            held, why = Stands.DIFFERS, f"of {who}, and not of {signer}"
        case Signed.GOOD:
            held, why = Stands.SAME, f"good: signed by {who} ({judged.key})"
    return ReportLine("", "signature", held, claimed=signer, found=who, why=why)


def _again(
    settings: Settings, folder: Path, repository: Repository, claimed: Report
) -> list[ReportLine]:
    with bench_alone(settings) as bench:
        again = reproduce(where_alone(settings, repository, folder), claimed, bench)
    held = Stands.DIFFERS if claimed.run_id else Stands.NOTE  # `algoops check NAME` looks at some
    omitted = [ReportLine(name, "content", held, why=_OMITTED) for name in again.omitted]
    later = [
        ReportLine(symbol, "data", Stands.NOTE, why=f"{_LATER} {last_day(claimed)}")
        for symbol in again.later
    ]
    return [*later, *compare(claimed, again.report), *omitted]


def _exit(lines: Sequence[ReportLine]) -> int:
    held = {line.held for line in lines}
    if Stands.DIFFERS in held:
        return EXIT_FAILED
    return EXIT_ERROR if Stands.UNKNOWN in held else EXIT_PASSED


def _tell(claimed: Report, lines: Sequence[ReportLine], form: Form) -> None:
    result = {EXIT_PASSED: "reproduced", EXIT_FAILED: "differs", EXIT_ERROR: "unknown"}[
        _exit(lines)
    ]
    if form is Form.JSON:
        print_json({"result": result, "lines": [asdict(line) for line in lines]})
        return
    for line in lines:
        what = f"{line.about}: {line.what}".removeprefix(": ")
        told = line.why or cut(line.found, 80)
        if line.held is Stands.DIFFERS and line.claimed != line.found and line.what != "signature":
            told = f"{line.why} (the report: {cut(line.claimed, 80)}; here: {cut(line.found, 80)})"
        said = f"{_MARKS[line.held]:8} {what}{f': {told}' if told else ''}"
        out.print(said, markup=False, highlight=False, soft_wrap=True)
    count = len(claimed.strategies)
    words = {
        "reproduced": f"Reproduced: {count} of {count} verdicts are as the report says.",
        "differs": "Not as the report says.",
        "unknown": "It can't be told here whether the report is right.",
    }
    out.print(words[result], markup=False, highlight=False, soft_wrap=True)
