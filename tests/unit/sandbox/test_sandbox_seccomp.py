"""The compiled filter, run by a small interpreter of BPF as the kernel would."""

import ctypes
import errno
import json
import signal
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.errors import TransientError
from components.sandbox.limits import seccomp, syscall_table

ALLOW, KILL, EPERM = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM
NUMBERS = json.loads(seccomp.TABLE.read_text())
MACHINES = sorted(seccomp.AUDIT_ARCH)


def verdict(program, number, machine, argument=0, third=0):
    words = (argument, 0, third, 0, 0, 0)
    data = struct.pack("=IIQ6Q", number, seccomp.AUDIT_ARCH[machine], 0, *words)
    code = [struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]
    accumulator = at = 0
    while True:
        operation, yes, no, value = code[at]
        at += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, value)
        elif operation == 0x06:
            return value
        else:
            holds = {
                0x15: accumulator == value,
                0x25: accumulator > value,
                0x35: accumulator >= value,
                0x45: bool(accumulator & value),
            }[operation]
            at += yes if holds else no


@pytest.mark.parametrize("machine", MACHINES)
def test_every_allowed_call_is_allowed(machine):
    program = seccomp.program(machine)
    for name in seccomp.ALLOWED:
        if name in NUMBERS[machine]:
            assert verdict(program, NUMBERS[machine][name], machine) == ALLOW, name


@pytest.mark.parametrize("machine", MACHINES)
def test_every_refused_call_is_refused(machine):
    program = seccomp.program(machine)
    for name in set(syscall_table.REFUSED) - {"clone", "clone3"}:
        if name in NUMBERS[machine]:
            assert verdict(program, NUMBERS[machine][name], machine) == EPERM, name


@given(number=st.integers(0, 2**32 - 1))
def test_unknown_call_is_refused(number):
    known = set(NUMBERS["x86_64"].values())
    if number not in known:
        assert verdict(seccomp.program("x86_64"), number, "x86_64") == EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_sockets_are_unix_sockets_only(machine):
    program, number = seccomp.program(machine), NUMBERS[machine]["socket"]
    families = {f for f in range(64) if verdict(program, number, machine, f) == ALLOW}
    assert families == {1}


@pytest.mark.parametrize("machine", MACHINES)
def test_limits_are_set_for_oneself_alone(machine):
    program, number = seccomp.program(machine), NUMBERS[machine]["prlimit64"]
    assert {p for p in range(9) if verdict(program, number, machine, p) == ALLOW} == {0}


@pytest.mark.parametrize("machine", MACHINES)
def test_clone_makes_processes_and_threads_but_no_namespaces(machine):
    program, number = seccomp.program(machine), NUMBERS[machine]["clone"]
    assert verdict(program, number, machine, 0x11) == ALLOW
    assert verdict(program, number, machine, 0x3D0F00) == ALLOW
    for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        assert verdict(program, number, machine, flag | 0x11) == EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_clone3_says_that_it_is_not_there(machine):
    number = NUMBERS[machine]["clone3"]
    assert verdict(seccomp.program(machine), number, machine) == 0x00050000 | errno.ENOSYS


def test_calls_of_another_architecture_kill():
    program = seccomp.program("x86_64")
    assert verdict(program, 39, "aarch64") == KILL


@pytest.mark.parametrize("call", seccomp.SEALED)
def test_sealed_guest_executes_nothing_and_leaves_its_first_process_alone(call):
    program = seccomp.sealing_program("x86_64")
    assert verdict(program, NUMBERS["x86_64"][call], "x86_64") == EPERM
    assert verdict(program, NUMBERS["x86_64"]["read"], "x86_64") == ALLOW


@pytest.mark.parametrize("machine", MACHINES)
def test_sealed_guest_sends_no_signal_so_that_one_which_comes_is_from_outside(machine):
    program, numbers = seccomp.sealing_program(machine), NUMBERS[machine]
    for name in ("kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal"):
        assert verdict(program, numbers[name], machine) == EPERM, name
    sent = {n for n in range(65) if verdict(program, numbers["tgkill"], machine, 5, n) == ALLOW}
    assert sent == {signal.SIGABRT}


def test_docker_gets_the_same_list():
    profile = json.loads(seccomp.docker_profile())
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    named = {n for rule in profile["syscalls"] for n in rule["names"]}
    assert named == {*seccomp.ALLOWED, *seccomp.FIRST_ARGUMENT, "clone", "clone3"}


def test_nothing_is_both_allowed_and_refused():
    assert not {*seccomp.ALLOWED, *seccomp.FIRST_ARGUMENT} & set(syscall_table.REFUSED)


def test_table_agrees_with_libseccomp():
    ctypes.CDLL("libseccomp.so.2")
    assert syscall_table.table() == NUMBERS


def test_unknown_machine_has_no_sandbox():
    with pytest.raises(TransientError, match="no sandbox"):
        seccomp.program("vax")
