"""Signatures of reports, by real keys: what they belong to, and what an attacker makes of them."""

import json
import subprocess

import pytest

from bot.checks.signed import NAMESPACE, canonical, document_of, report_of, with_signature
from bot.config.settings import load
from components.errors import ConfigError, UserError
from components.git_patch.ssh_signatures import Signed, Trust, judge, sign
from tests.cli_support import in_process
from tests.github_support import report_of as report_with
from tests.unit.report.shapes import SHAPES


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """The bot's key, which is allowed, and Mallory's."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("bot", "mallory"):
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", folder / name]
        subprocess.run(words, check=True)
    public = (folder / "bot.pub").read_text()
    (folder / "allowed").write_text(f'bot@example.org namespaces="{NAMESPACE}" {public}')
    (folder / "git_only").write_text(f'bot@example.org namespaces="git" {public}')
    return folder


def signed(keys, report, name="bot"):
    key = str(keys / name)
    return json.loads(
        with_signature(report.model_dump_json(), lambda content: sign(content, key, NAMESPACE))
    )


def judged(keys, document, allowed="allowed"):
    trust = Trust(keys / allowed if allowed else None)
    return judge(canonical(document), document["signature"], NAMESPACE, trust)


def test_a_signed_report_stays_good_in_another_layout_and_under_a_newer_version(keys):
    document = signed(keys, SHAPES["passed_better"]())
    again = document_of(json.dumps(document, indent=4, sort_keys=True).encode())
    found = judged(keys, again)
    assert found.state is Signed.GOOD
    assert found.signers == ("bot@example.org",)
    assert found.key.startswith("ED25519 SHA256:")
    assert report_of(again).signature == document["signature"]


def test_a_changed_metric_makes_the_signature_wrong(keys):
    document = signed(keys, SHAPES["passed_better"]())
    document["strategies"][0]["results"][0]["metrics"]["sharpe"] = 9.9
    assert judged(keys, document).state is Signed.WRONG


def test_a_signature_of_one_report_is_wrong_on_another(keys):
    one, other = (signed(keys, SHAPES[n]()) for n in ("passed_new", "failed_gate"))
    other["signature"] = one["signature"]
    assert judged(keys, other).state is Signed.WRONG


def test_forged_numbers_with_somebody_elses_good_signature_are_of_an_unknown_key(keys):
    assert judged(keys, signed(keys, SHAPES["passed_new"](), "mallory")).state is Signed.UNKNOWN


def test_a_key_that_is_allowed_for_commits_alone_signs_no_report(keys):
    document = signed(keys, SHAPES["passed_new"]())
    assert judged(keys, document, "git_only").state is Signed.UNKNOWN


def test_a_signature_made_for_files_is_wrong_for_a_report(keys):
    document = json.loads(SHAPES["passed_new"]().model_dump_json())
    document["signature"] = sign(canonical(document), str(keys / "bot"), "file")
    assert judged(keys, document).state is Signed.WRONG


@pytest.mark.parametrize("text", ["x", "-----BEGIN SSH SIGNATURE-----", "ü", "A" * 100_000, "\0"])
def test_what_is_no_signature_is_wrong_and_not_missing(keys, text):
    document = json.loads(SHAPES["passed_new"]().model_dump_json()) | {"signature": text}
    assert judged(keys, document).state is Signed.WRONG


def test_no_signature_and_nobody_named_are_told_apart(keys):
    plain = json.loads(SHAPES["passed_new"]().model_dump_json())
    assert judged(keys, plain).state is Signed.NONE
    unnamed = judged(keys, signed(keys, SHAPES["passed_new"]()), allowed="")
    assert unnamed.state is Signed.UNJUDGED
    assert unnamed.key


def test_a_revoked_key_counts_no_more(keys):
    document = signed(keys, SHAPES["passed_new"]())
    revoked = Trust(keys / "allowed", keys / "bot.pub")
    found = judge(canonical(document), document["signature"], NAMESPACE, revoked)
    assert found.state is Signed.UNKNOWN


def test_a_key_that_is_not_there_says_so(tmp_path):
    with pytest.raises(UserError, match="can't sign"):
        sign(b"x", str(tmp_path / "none"), NAMESPACE)


def test_a_report_that_git_users_sign_is_read_back_good(keys, tmp_path, monkeypatch):
    report = report_with(summary="a \u202e trick ##[error] and é")
    (tmp_path / "report.json").write_text(report.model_dump_json())
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    for key, value in (("gpg.format", "ssh"), ("user.signingkey", str(keys / "bot"))):
        subprocess.run(["git", "-C", tmp_path, "config", key, value], check=True)
    monkeypatch.chdir(tmp_path)
    words = ("report", "report.json", "--format", "json")
    done = in_process(*words, "--sign", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert judged(keys, document_of(done.stdout)).state is Signed.GOOD
    (tmp_path / "report.json").write_bytes(done.stdout)
    again = in_process(*words, cwd=tmp_path)
    assert judged(keys, document_of(again.stdout)).state is Signed.GOOD


def test_only_json_is_signed(tmp_path):
    (tmp_path / "report.json").write_text(SHAPES["passed_new"]().model_dump_json())
    done = in_process("report", str(tmp_path / "report.json"), "--sign")
    assert done.returncode == 2
    assert b"only JSON can be signed" in done.stderr


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff", b"[]", b"7", b'{"a": 1, "a": 2}', b'{"a": NaN}', b'{"a": 1e999}',
        b'{"a":' * 100_000, b'{"a": ' + b"9" * 5_000 + b"}", b'{"signature": {"x": Infinity}}',
    ],
)  # fmt: skip
def test_hostile_json_is_refused_as_no_document(data):
    with pytest.raises(UserError):
        document_of(data)


@pytest.mark.parametrize("change", [{"schema_version": "2"}, {"newer": 1}, {"verdict": "fine"}])
def test_what_is_no_report_of_this_version_is_refused(change):
    document = json.loads(SHAPES["passed_new"]().model_dump_json()) | change
    with pytest.raises(UserError, match="no report that this version reads"):
        report_of(document)


def test_an_openpgp_key_cannot_be_asked_to_sign_reports(tmp_path):
    config = tmp_path / "config.yaml"
    signing = {"key": "ABCDEF", "format": "openpgp", "reports": True}
    config.write_text(json.dumps({"repositories": [{"name": "x", "signing": signing}]}))
    with pytest.raises(ConfigError, match="only an SSH key signs reports"):
        load(config)
