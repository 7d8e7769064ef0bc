"""The git command, hardened: no hooks, no prompts, no foreign configuration, no shell, bounded."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from git import Git

from components.errors import ConfigError, TransientError
from components.safe_tools.damage import damage_in

TIMEOUT_S = 120.0
ASK_EVERY_S = 0.1
END_S = 5.0
"""For a command that was asked to end; then it is killed."""
ERROR_BYTES = 4096

_CONFIG = (
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.attributesFile", "/dev/null"),
    ("core.looseCompression", "0"),  # trees are ids, which do not compress; `git gc` packs them
    ("fastimport.unpackLimit", "1000000"),  # no pack for each import: `git gc` makes packs
    ("core.fsync", "committed"),  # a published ref never names an object that is not on disk
    ("core.filesRefLockTimeout", "3000"),  # ms: who lands at the same moment waits, then looks
    ("core.packedRefsTimeout", "3000"),
    ("protocol.allow", "never"),
    ("fetch.fsckObjects", "true"),
    ("receive.fsckObjects", "true"),
    ("fetch.writeCommitGraph", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("submodule.recurse", "false"),
    ("gc.auto", "0"),  # `Repository.collect_garbage` alone: it must not run between two steps
    ("maintenance.auto", "false"),
    ("credential.helper", ""),
    ("diff.external", ""),
    ("merge.directoryRenames", "false"),
    ("merge.renameLimit", "1"),  # comparing thousands of new files pairwise is an attack
    ("log.showSignature", "false"),
    ("i18n.commitEncoding", "UTF-8"),
)


@dataclass(frozen=True)
class Output:
    """What one git command gave back: exit code, standard output, tail of standard error."""

    code: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        """Standard output as text without the last newline; odd bytes as surrogates."""
        return self.stdout.decode(errors="surrogateescape").removesuffix("\n")


class GitFailed(TransientError):
    """A git command failed in a way that nobody foresaw; its message carries git's own words."""


class HardenedGit(Git):
    """GitPython's command runner with an environment that nothing from outside reaches.

    Args:
        git_dir: the repository's own folder (bare, or a `.git`).
        binary: the git executable.
        protocols: transports which fetch and push may use (`https`, `ssh`, `file`).
        config: further (key, value) settings, e.g. an authorisation header. They travel in the
            environment, so that no process list shows them.

    Raises:
        ConfigError: there is no such executable.
    """

    def __init__(
        self,
        git_dir: Path,
        *,
        binary: str = "git",
        protocols: tuple[str, ...] = (),
        config: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(git_dir)
        found = shutil.which(binary)
        if found is None:
            raise ConfigError(
                f"cannot find git as {binary!r}",
                hint="install git 2.38 or newer, or set `git_binary`",
            )
        self.binary = found
        self.git_dir = git_dir
        allowed = tuple((f"protocol.{p}.allow", "always") for p in protocols)
        self.update_environment(**_environment(git_dir, (*_CONFIG, *allowed, *config)))
        self.objects_lock = threading.RLock()

    def execute(self, command: Any, *args: Any, **kwargs: Any) -> Any:
        """GitPython's one door to a process; takes inherited GIT_* variables out of its way.

        Raises:
            GitFailed: the machine has no process, descriptor or memory to give.
        """
        kept = {*self.environment(), *(kwargs.get("env") or {})}
        strays = [n for n in os.environ if _is_git_setting(n) and n not in kept]
        unset = ["env", *(f"--unset={n}" for n in strays)] if strays else []
        kwargs["shell"] = False
        kwargs["start_new_session"] = True  # Ctrl-C is for us: git finishes its transaction
        try:
            return super().execute([*unset, self.binary, *command[1:]], *args, **kwargs)
        except BrokenPipeError:  # it was started, and ended
            raise
        except OSError as error:
            raise GitFailed(f"git could not be started: {error}") from error

    def _parse_object_header(self, header_line: Any) -> tuple[str, str, int]:
        if not header_line:  # end of stream: GitPython would call it a missing object
            raise BrokenPipeError("git cat-file ended")
        return super()._parse_object_header(header_line.decode(errors="replace"))

    def run(
        self,
        *args: str,
        stdin: bytes = b"",
        ok: tuple[int, ...] = (0,),
        env: Mapping[str, str] | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> Output:
        """Run one git command to its end.

        Args:
            args: the subcommand and its arguments; every outside string already validated.
            stdin: bytes for standard input.
            ok: exit codes that are answers, not failures.
            env: further environment variables.
            timeout_s: seconds, after which the command is killed.

        Raises:
            GitFailed: another exit code, or too late.
            RepositoryDamaged: another exit code, because of a missing or corrupt object.
        """
        with self._process(args, env) as process:
            try:
                out, err = process.communicate(stdin or None, timeout=timeout_s)
            except subprocess.TimeoutExpired as error:
                raise GitFailed(f"git {args[0]} took longer than {timeout_s:g} s") from error
            output = Output(process.returncode, out, _tail(err))
        if output.code not in ok:
            self.refuse_damage(output.stderr)
            raise GitFailed(f"git {args[0]} ended with {output.code}: {output.stderr}")
        return output

    def run_until(self, stop: Callable[[], bool], *args: str, timeout_s: float) -> bool:
        """Run a git command that may be ended before its time; whether it came to its end.

        Args:
            stop: asked all the time; True ends the command.
            args: the subcommand and its arguments.
            timeout_s: seconds, after which it is ended too.

        Raises:
            GitFailed: it failed, or was too late.
            RepositoryDamaged: it failed because of a missing or corrupt object.
        """
        latest = time.monotonic() + timeout_s
        with self._process(args, {}) as process:
            while not stop():
                try:
                    _, err = process.communicate(timeout=ASK_EVERY_S)
                except subprocess.TimeoutExpired as error:
                    if time.monotonic() > latest:
                        _end(process)
                        words = f"git {args[0]} took longer than {timeout_s:g} s"
                        raise GitFailed(words) from error
                    continue
                if process.returncode != 0:
                    self.refuse_damage(_tail(err))
                    raise GitFailed(f"git {args[0]} ended with {process.returncode}: {_tail(err)}")
                return True
            _end(process)
        return False

    def refuse_damage(self, words: str) -> None:
        """Say in words what git's error text tells of the repository as a whole.

        Raises:
            RepositoryDamaged: an object is missing or corrupt.
            GitFailed: there is no repository any more.
        """
        if "fatal: not a git repository" in words:
            raise GitFailed(
                f"the repository {self.git_dir.name} is not where it was",
                hint="was it moved, or is its disk not mounted? It is used again when it is back; "
                "else correct `path`",
            )
        found = damage_in(words, self.git_dir)
        if found is not None:
            raise found

    def run_capped(self, *args: str, cap: int, timeout_s: float = TIMEOUT_S) -> tuple[bytes, bool]:
        """The first `cap` bytes of a command's output, and whether there was more.

        Raises:
            GitFailed: the command failed or was too late.
            RepositoryDamaged: it failed because of a missing or corrupt object.
        """
        with self._process(args, {}) as process:
            timer = threading.Timer(timeout_s, _kill, (process,))
            timer.start()
            try:
                data = _pipe(process.stdout).read(cap + 1)
                if len(data) > cap:
                    return data[:cap], True
                err = _pipe(process.stderr).read(ERROR_BYTES)
                code = process.wait()
            finally:
                timer.cancel()
        if code != 0:
            self.refuse_damage(_tail(err))
            raise GitFailed(f"git {args[0]} ended with {code}: {_tail(err)}")
        return data, False

    @contextmanager
    def _process(
        self, args: tuple[str, ...], env: Mapping[str, str] | None
    ) -> Iterator["subprocess.Popen[bytes]"]:
        handle = self.execute(
            ["git", *args], istream=subprocess.PIPE, as_process=True, env=dict(env or {})
        )
        process: subprocess.Popen[bytes] = handle.proc
        try:
            yield process
        except RuntimeError as error:  # of the timers: the machine has no thread to give
            raise GitFailed(f"git {args[0]} could not be supervised: {error}") from error
        finally:
            if process.poll() is None:
                _kill(process)
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
            process.wait()


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask a command to end: git then removes its locks and temporary files."""
    with suppress(ProcessLookupError, subprocess.TimeoutExpired):
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=END_S)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End a git command with everything that it started (ssh, index-pack)."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _is_git_setting(name: str) -> bool:
    return name.startswith("GIT_") and not name.startswith("GIT_PYTHON_")


def _environment(git_dir: Path, config: tuple[tuple[str, str], ...]) -> dict[str, str]:
    fixed = {
        "GIT_DIR": str(git_dir),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "false",
        "SSH_ASKPASS": "false",
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
        "GIT_NO_REPLACE_OBJECTS": "1",  # refs/replace/* may be pushed by anybody
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_FLUSH": "1",
        "GIT_CONFIG_COUNT": str(len(config) + 1),
        # The operator named this folder; git would refuse one that another user owns.
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": str(git_dir),
    }
    for number, (key, value) in enumerate(config, start=1):
        fixed[f"GIT_CONFIG_KEY_{number}"] = key
        fixed[f"GIT_CONFIG_VALUE_{number}"] = value
    return fixed


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise GitFailed("git was started without pipes")
    return stream


def _tail(data: bytes) -> str:
    return data[-ERROR_BYTES:].decode(errors="replace").strip()
