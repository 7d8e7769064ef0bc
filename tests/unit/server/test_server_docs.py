"""What the operator reads is what there is."""

import hashlib
import json
import re

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bot.cli import COMMANDS
from tests.server_support import ROOT

OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
DEPLOY = ROOT / "docs" / "deploy"
METRIC = re.compile(r"\balgoops_[a-z_]+")
SUFFIX = re.compile(r"_(total|bucket|count|sum|created)$")


@pytest.fixture
def metrics(client, ids) -> set[str]:
    text = client.get("/metrics").text
    return {family.name for family in text_string_to_metric_families(text)}


@pytest.mark.parametrize(
    "file", ["operations.md", "deploy/grafana-dashboard.json", "deploy/alerts.yaml"]
)
def test_every_metric_that_is_written_about_is_served(file, metrics):
    text = (ROOT / "docs" / file).read_text(encoding="utf-8")
    named = {SUFFIX.sub("", name) for name in METRIC.findall(text)} - {"algoops_conn"}
    assert named
    assert named <= metrics


def test_every_metric_that_is_served_is_written_about(metrics):
    named = {SUFFIX.sub("", name) for name in METRIC.findall(OPERATIONS)}
    served = {SUFFIX.sub("", name) for name in metrics if name.startswith("algoops_")}
    assert served <= named


def test_every_value_that_an_alert_asks_for_is_served_before_anything_happened(client):
    text = (DEPLOY / "alerts.yaml").read_text(encoding="utf-8")
    asked = set(re.findall(r'(algoops_[a-z_]+)\{(\w+)="([^"]+)"\}', text))
    assert asked
    served = {
        (sample.name, *label)
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
        for label in sample.labels.items()
    }
    assert asked <= served


def test_operators_are_told_what_to_do_for_every_alert():
    rules = yaml.safe_load((DEPLOY / "alerts.yaml").read_text(encoding="utf-8"))
    alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
    assert alerts
    assert alerts == set(re.findall(r"\bAlgoOps[A-Z]\w+", OPERATIONS))


def test_the_dashboard_is_one_that_grafana_reads():
    board = json.loads((DEPLOY / "grafana-dashboard.json").read_text(encoding="utf-8"))
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    assert all(panel["targets"] for panel in board["panels"])


def test_every_command_that_operators_are_told_to_run_is_there():
    named = set(re.findall(r"`?algoops ([a-z]+)", OPERATIONS)) - {"as", "runs", "with"}
    assert named
    assert named <= set(COMMANDS)


def test_every_error_code_that_operators_are_told_about_is_given():
    source = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "bot" / "server").glob("*.py"))
    named = set(re.findall(r"`\d{3} ([a-z_]+)`", OPERATIONS)) | {"webhook_off", "bad_signature"}
    assert all(f'"{code}"' in source for code in named)


@pytest.mark.parametrize("folder", ["bot/server/static/vendor", "tests/data/axe"])
def test_kept_copies_are_what_their_list_says(folder):
    place = ROOT / folder
    text = (place / "README.txt").read_text(encoding="utf-8")
    listed = re.findall(r"(\S+)\s+SHA-256 ([0-9a-f]{64})", text)
    assert listed
    for path, digest in listed:
        content = (place / path.rpartition("/")[2]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
