"""A report is made again from a fresh clone; with other bars or policies it says which line differs."""

import json
import shutil
import subprocess

import pytest
import yaml

from bot.checks.signed import NAMESPACE, canonical, document_of, with_signature
from bot.config.settings import load
from bot.daemon.opening import open_world
from bot.demo.stage import EXAMPLES
from bot.proposals.check import check_proposal
from bot.proposals.kept_text import kept_text
from components.git_patch.ssh_signatures import Signed, Trust, judge, sign
from components.schema.results.report import Report
from components.state.tables.records import Job
from tests.cli_support import in_process
from tests.deploy_support import push
from tests.integration.bot.conftest import ENV
from tests.stage_support import new_stage

BARS = 900
ME = "bot@example.org"


class Made:
    """A signed report of the daemon's, and all that somebody else has to make it again."""

    def __init__(self, folder, executor):
        self.folder = folder
        self.stage = new_stage(folder / "stage")
        self.data = folder / "data"
        self.data.mkdir()
        lines = (EXAMPLES / "data" / "SPX_1d.csv").read_text().splitlines(keepends=True)
        (self.data / "SPX_1d.csv").write_text("".join(lines[: BARS + 1]))
        self.newer = folder / "newer"
        self.newer.mkdir()
        day = lines[-1].partition(",")[2]
        later = [f"2019-01-{n:02d},{day}" for n in (2, 3, 4, 7)]
        (self.newer / "SPX_1d.csv").write_text("".join([*lines, *later]))
        for name in ("bot", "mallory"):
            words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(words, check=True)
        public = [(folder / f"{name}.pub").read_text() for name in ("bot", "mallory")]
        (folder / "allowed").write_text(f"{ME} {public[0]}mallory@example.org {public[1]}")
        self._push()
        self.document = self._checked(executor)
        self.clone = folder / "clone"
        subprocess.run(
            ["git", "clone", "-q", "--no-hardlinks", self.stage.repository, self.clone], check=True
        )

    def _push(self):
        text = (EXAMPLES / "strategies" / "sma_cross" / "strategy.yaml").read_text()
        text = text.replace("[SPX, IXIC]", "[SPX]").replace("name: sma_cross", "name: alpha")
        push(self.stage, "one", "alpha", extra={"strategy.yaml": text})

    def _checked(self, executor):
        config = yaml.safe_load(self.stage.config.read_text())
        config["repositories"][0]["signing"] = {"key": str(self.folder / "bot"), "reports": True}
        self.stage.config.write_text(yaml.safe_dump(config))
        with open_world(load(self.stage.config, env=ENV), executor) as world:
            proposal = "branch/one"
            job = Job(
                1, "check", proposal, "demo", {"proposal": proposal}, "leased", 0, 1, 3, "", ""
            )
            check_proposal(world, job)
            return json.loads(world.store.runs.latest("demo", proposal, finished=True).report)

    def config(self, **more):
        file = self.folder / "reader.yaml"
        known = {
            "data": {"dir": str(EXAMPLES / "data")},
            "policies": str(self.stage.folder / "policies"),
            "state": {"dir": str(self.folder / "reader")},
            "sandbox": {"backend": "bubblewrap", "warm": 0},
            "executor": {"workers": 1},
        }
        file.write_text(yaml.safe_dump(known | more))
        return file

    def verify(self, document, *words, **config):
        file = self.folder / "report.json"
        file.write_text(json.dumps(document))
        done = in_process(
            "verify", str(file), "--repo", str(self.clone), "--format", "json",
            "--config", str(self.config(**config)), *words,
        )  # fmt: skip
        told = json.loads(done.stdout) if done.stdout else {"lines": []}
        lines = {(x["about"], x["what"]): x for x in told["lines"]}
        return done.returncode, lines, " ".join(done.stderr.decode().split())


@pytest.fixture(scope="module")
def made(tmp_path_factory, executor):
    return Made(tmp_path_factory.mktemp("verify"), executor)


def test_a_fresh_clone_with_newer_bars_comes_to_the_signed_reports_orders_and_numbers(made):
    words = ("--allowed-signers", str(made.folder / "allowed"), "--signer", ME)
    code, lines, told = made.verify(made.document, *words, data={"dir": str(made.newer)})
    assert code == 0, (lines, told)
    assert {x["held"] for x in lines.values()} == {"same", "note"}
    assert lines["", "signature"]["why"].startswith(f"good: signed by {ME}")
    assert len(lines["alpha SPX", "orders"]["found"]) == 64
    assert lines["alpha", "verdict"]["held"] == "same"
    assert lines["alpha SPX", "data"]["held"] == "same"
    assert "they were left out, as the report ends on 2018-12-31" in lines["SPX", "data"]["why"]


def test_forged_numbers_signed_by_another_member_are_seen_twice(made):
    forged = json.loads(json.dumps(made.document))
    forged["strategies"][0]["results"][0]["metrics"]["return_pct"] = 900.0
    forged["strategies"][0]["path"] = "../../../etc"
    mallory = str(made.folder / "mallory")
    signed = json.loads(with_signature(json.dumps(forged), lambda c: sign(c, mallory, NAMESPACE)))
    words = ("--allowed-signers", str(made.folder / "allowed"), "--signer", ME)
    code, lines, _ = made.verify(signed, *words)
    assert code == 1
    assert lines["", "signature"]["why"] == f"of mallory@example.org, and not of {ME}"
    assert "metrics.return_pct: the report says 900.0" in lines["alpha SPX", "numbers"]["why"]
    assert lines["alpha SPX", "orders"]["held"] == "same"


def test_swapped_bars_and_another_policy_are_told_as_the_reason(made):
    policies = made.folder / "other"
    shutil.copytree(made.stage.folder / "policies", policies, dirs_exist_ok=True)
    with (policies / "risk.yaml").open("a") as file:
        file.write("# another rule\n")
    code, lines, _ = made.verify(
        made.document, data={"dir": str(made.data)}, policies=str(policies)
    )
    assert code == 1
    differing = {key for key, line in lines.items() if line["held"] == "differs"}
    assert {("alpha SPX", "policy"), ("alpha SPX", "data"), ("alpha SPX", "orders")} <= differing
    assert "its last bar was of 2018-12-31" in lines["alpha SPX", "data"]["why"]
    assert lines["alpha", "content"]["held"] == "same"
    assert lines["", "signature"]["held"] == "note"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"head_commit": "f" * 40}, "is not in this repository"),
        ({"head_commit": "--upload-pack=touch /tmp/x"}, "is not a full commit"),
        ({"base_commit": "HEAD:../../etc/passwd"}, "is not a full commit"),
        ({"head_commit": ""}, "of a folder on disk"),
        ({"unknown": 1}, "no report that this version reads"),
    ],
)
def test_a_report_whose_content_is_not_here_can_not_be_told(made, change, words):
    code, lines, told = made.verify(made.document | change)
    assert code == 2
    assert not lines
    assert words in told
    assert "bug" not in told


def test_a_report_that_leaves_out_a_strategy_of_its_commit_is_seen(made):
    empty = made.document | {"strategies": [], "verdict": "neutral"}
    code, lines, _ = made.verify(empty)
    assert code == 1
    assert "leaves it out" in lines["alpha", "content"]["why"]


def test_a_missing_signature_is_told_from_a_report_that_need_not_have_one(made):
    plain = made.document | {"signature": "", "strategies": []}
    assert made.verify(plain)[1]["", "signature"]["held"] == "note"
    code, lines, _ = made.verify(plain, "--signed")
    assert code == 1
    assert lines["", "signature"]["why"] == "missing"


def test_a_key_that_does_not_sign_stops_no_verdict_and_is_told(made, executor):
    config = yaml.safe_load(made.stage.config.read_text())
    config["repositories"][0]["signing"]["key"] = str(made.folder / "none")
    other = made.stage.config.with_name("without_key.yaml")
    other.write_text(yaml.safe_dump(config))
    with open_world(load(other, env=ENV), executor) as world:
        run = world.store.runs.start("demo", "branch/one", "a" * 40, "b" * 40, "check")
        text = kept_text(world, run, Report.model_validate(made.document | {"signature": ""}))
        assert json.loads(text)["signature"] == ""
        assert "can't sign" in str(world.troubles.lately())


def test_the_kept_report_is_good_as_the_command_line_writes_it(made):
    done = in_process("report", "1", "--format", "json", "--config", str(made.stage.config))
    document = document_of(done.stdout)
    trust = Trust(made.folder / "allowed")
    assert judge(canonical(document), document["signature"], NAMESPACE, trust).state is Signed.GOOD
