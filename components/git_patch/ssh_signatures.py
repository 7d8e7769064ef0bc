"""Signatures by the SSH keys that git users have: made and checked by ssh-keygen, as git does.

A signature belongs to bytes, to a key and to a namespace; whose key it is, is told by a file of
allowed signers (`gpg.ssh.allowedSignersFile`), which is the reader's own.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from components.errors import UserError
from components.texts import cut, printable

PROGRAM = "ssh-keygen"
TIMEOUT_S = 30.0
MAX_SIGNATURE = 16_384
_BEGIN = "-----BEGIN SSH SIGNATURE-----"
_KEY = re.compile(r"with (\S+) key (\S+)")


class Signed(StrEnum):
    """What a signature says.

    `none`: there is no signature. `good`: an allowed signer signed exactly these bytes. `wrong`:
    it belongs to other bytes, another purpose, or is none. `unknown`: it fits, and its key belongs
    to no allowed signer. `unjudged`: it fits, and there is no file of allowed signers.
    """

    NONE = "none"
    GOOD = "good"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    UNJUDGED = "unjudged"


@dataclass(frozen=True)
class Judgement:
    """What a signature says; `signers` as the allowed signers call them, `key` its fingerprint."""

    state: Signed
    signers: tuple[str, ...] = ()
    key: str = ""


@dataclass(frozen=True)
class Trust:
    """Whose keys count.

    Attributes:
        allowed: file of allowed signers, in the form of ssh-keygen; None: nobody is named.
        revoked: keys that do not count any more (`gpg.ssh.revocationFile`), or None.
    """

    allowed: Path | None = None
    revoked: Path | None = None


def sign(content: bytes, key: str, namespace: str, program: str = PROGRAM) -> str:
    """The signature of bytes, in ssh-keygen's armour.

    Args:
        content: what is signed.
        key: file of a private key, or of a public one whose private key an agent has; or the
            public key itself (`key::ssh-ed25519 ...`, as git takes it).
        namespace: what it is signed for: it counts for nothing else.
        program: ssh-keygen, or a program that takes its arguments.

    Raises:
        UserError: it could not be signed; says why.
    """
    with _key_file(key) as file:
        done = _run(program, ["-Y", "sign", "-n", namespace, "-f", file], content)
    text = done.stdout.decode(errors="replace")
    if done.returncode or not text.startswith(_BEGIN):
        why = cut(printable(done.stderr.decode(errors="replace")), 300) or "no signature came"
        raise UserError(
            f"the key {cut(key, 120)} can't sign: {why}",
            hint="name the file of a private key without a passphrase, or have an agent with it",
        )
    return text


@contextmanager
def _key_file(key: str) -> Iterator[str]:
    literal = key.removeprefix("key::")
    if literal == key and not key.startswith("ssh-"):
        yield str(Path(key).expanduser())
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "key.pub"
        file.write_text(f"{literal}\n", encoding="utf-8")
        yield str(file)


def judge(content: bytes, signature: str, namespace: str, trust: Trust) -> Judgement:
    """What a signature says of bytes.

    Args:
        content: what it should belong to.
        signature: in ssh-keygen's armour; "" for none. Not trusted.
        namespace: what it should have been made for.
        trust: whose keys count.

    Raises:
        UserError: ssh-keygen is not there, or the file of allowed signers can't be read.
    """
    if not signature:
        return Judgement(Signed.NONE)
    if len(signature) > MAX_SIGNATURE or not signature.isascii():
        return Judgement(Signed.WRONG)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "signature"
        file.write_text(signature, encoding="ascii")
        return _judged(content, str(file), namespace, trust)


def _judged(content: bytes, file: str, namespace: str, trust: Trust) -> Judgement:
    about = ["-n", namespace, "-s", file]
    fits = _run(PROGRAM, ["-Y", "check-novalidate", *about], content)
    if fits.returncode:
        return Judgement(Signed.WRONG)
    found = _KEY.search(fits.stdout.decode(errors="replace"))
    key = " ".join(found.groups()) if found else ""
    if trust.allowed is None:
        return Judgement(Signed.UNJUDGED, key=key)
    if not trust.allowed.is_file():
        raise UserError(f"there is no file of allowed signers {trust.allowed}")
    allowed = ["-f", str(trust.allowed)]
    revoked = ["-r", str(trust.revoked)] if trust.revoked is not None else []
    named = _run(PROGRAM, ["-Y", "find-principals", "-s", file, *allowed], b"")
    signers = [
        name
        for line in named.stdout.decode(errors="replace").splitlines()
        for name in line.split(",")
        if name and not name.startswith("-")
        if not _run(
            PROGRAM, ["-Y", "verify", *allowed, "-I", name, *revoked, *about], content
        ).returncode
    ]
    state = Signed.GOOD if signers else Signed.UNKNOWN
    return Judgement(state, tuple(signers), key)


def own_setting(folder: Path, key: str, binary: str = "git") -> str:
    """A setting of whoever runs this, as plain git reads it in a folder; "" where there is none.

    Other than everywhere else the user's own files of settings count: these keys are theirs.
    """
    done = _run(binary, ["-C", str(folder), "config", "--path", "--get", key], b"")
    return done.stdout.decode(errors="replace").rstrip("\n") if done.returncode == 0 else ""


def _run(program: str, words: list[str], stdin: bytes) -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(
            [program, *words], input=stdin, capture_output=True, timeout=TIMEOUT_S, check=False
        )
    except FileNotFoundError as error:
        raise UserError(
            f"there is no {program} on this machine",
            hint="install it (ssh-keygen is part of OpenSSH)",
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UserError(f"{program} could not be run: {error}") from error
