import runpy
import textwrap

import msgspec
import pytest

from components.ports import GuestExit
from components.protocol.wire import CaseDone, Fault
from components.sandbox.guest.runtime.faults import TEXT_CAP, fault_of
from components.sandbox.session import faults
from components.schema.results.values import Provenance, ResourceUsage, Status


def raised_by(tmp_path, text):
    (tmp_path / "strategy.py").write_text(textwrap.dedent(text))
    with pytest.raises(BaseException) as caught:  # noqa: PT011  # whatever an author raises
        runpy.run_path(str(tmp_path / "strategy.py"))
    return fault_of(caught.value, tmp_path)


def test_only_the_authors_frames_are_shown(tmp_path):
    fault = raised_by(tmp_path, "import json\njson.loads('{')\n")
    assert fault.file == "strategy.py"
    assert fault.line == 2
    assert "decoder.py" not in fault.traceback
    assert str(tmp_path) not in fault.traceback
    assert fault.error.startswith("json.decoder.JSONDecodeError")


def test_syntax_error_names_its_line(tmp_path):
    fault = raised_by(tmp_path, "x = 1\ndef broken(:\n")
    assert (fault.file, fault.line) == ("strategy.py", 2)
    assert "def broken(:" in fault.traceback


def test_cause_is_told_and_cleaned_too(tmp_path):
    fault = raised_by(
        tmp_path,
        """
        import json
        try:
            json.loads('{')
        except ValueError as error:
            raise RuntimeError("no settings") from error
        """,
    )
    assert "direct cause" in fault.traceback
    assert "decoder.py" not in fault.traceback
    assert fault.error == "RuntimeError: no settings"


def test_exception_without_readable_text_is_named(tmp_path):
    fault = raised_by(
        tmp_path,
        """
        class Bad(Exception):
            def __str__(self):
                raise KeyboardInterrupt
        raise Bad
        """,
    )
    assert "Bad" in fault.error


def test_huge_text_is_cut(tmp_path):
    fault = raised_by(tmp_path, "raise ValueError('x' * 10_000_000)")
    assert len(fault.error) <= TEXT_CAP + 10
    assert len(fault.traceback) <= TEXT_CAP + 10


DEEP = b"\x82\xa4type\xa5fault\xa1x" + b"\x91" * 100_000 + b"\xc0"
FAULT = Fault(error="ValueError: x", traceback="...", file="a.py", line=3)


def end(status, code=0):
    return GuestExit(status, code, None, "", "", truncated=False, usage=ResourceUsage())


def test_who_says_that_they_failed_is_believed():
    result = faults.result_of(end(Status.PASSED), FAULT, Provenance(), 0.1)
    assert result.status is Status.FAILED
    assert result.message == "ValueError: x"


def test_fault_explains_no_timeout():
    result = faults.result_of(end(Status.TIMEOUT), FAULT, Provenance(), 0.1)
    assert result.status is Status.TIMEOUT
    assert result.traceback == ""


@pytest.mark.parametrize(
    "frame", [b"", b"\xff" * 40, DEEP, msgspec.msgpack.encode(CaseDone("t", "passed", 0.0, ""))]
)
def test_other_frames_are_no_faults(frame):
    assert faults.read(frame) is None
