"""The compliance report, and the commands around the packs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from policies import __main__ as commands
from policies import report, state
from policies.catalogue import catalogue
from policies.packs import PACKS
from policies.support.verdicts import Verdict
from tests.policies.support import KEY, RULES, urn

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": '"hunter2-hunter2"'}
PROVIDER = urn("pulumi:providers:aws", "aws")
TAGS = {
    "Environment": "production",
    "Owner": "platform",
    "CostCenter": "trading-001",
    "Project": "trading-platform",
    "ManagedBy": "Pulumi",
}


def entry(token: str, name: str, **inputs: Any) -> dict[str, Any]:
    return {
        "urn": urn(token, name),
        "type": token,
        "inputs": inputs,
        "outputs": {},
        "provider": f"{PROVIDER}::0d3c",
        "propertyDependencies": {"kmsKeyId": None},
    }


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    resources = [
        {"urn": PROVIDER, "type": "pulumi:providers:aws", "inputs": {"defaultTags": json.dumps({"tags": TAGS})}},
        entry("aws:cloudwatch/logGroup:LogGroup", "good", kmsKeyId=KEY, retentionInDays=365),
        entry("aws:cloudwatch/logGroup:LogGroup", "bad", retentionInDays=365),
        {**entry("aws:cloudwatch/logGroup:LogGroup", "gone"), "delete": True},
        entry("aws:elasticache/replicationGroup:ReplicationGroup", "redis", authToken=SECRET),
    ]
    file = tmp_path / "state.json"
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}))
    return file


def test_each_rule_has_a_verdict_for_each_resource_that_it_judges(exported: Path) -> None:
    result = report.build(state.read(exported), "production", PACKS, NOW)
    by_name = {rule.rule.name: rule for rule in result.rules}
    assert by_name.keys() == RULES.keys()
    assert by_name["logs-customer-key"].counts == {Verdict.PASSED: 1, Verdict.VIOLATED: 1}
    assert by_name["logs-customer-key"].verdict is Verdict.VIOLATED
    assert by_name["tags-required"].verdict is Verdict.PASSED
    assert by_name["kms-rotation"].verdict is Verdict.NOT_APPLICABLE
    assert result.failed


def test_framework_ids_collect_their_rules(exported: Path) -> None:
    data = report.to_data(report.build(state.read(exported), "production", PACKS, NOW))
    frameworks = {item["id"]: item for item in data["frameworks"]}  # type: ignore[attr-defined]
    assert frameworks["CKV_AWS_158"]["rules"] == ["logs-customer-key", "vpc-flow-log-customer-key"]
    assert frameworks["CKV_AWS_158"]["verdict"] == "violated"
    assert set(frameworks) == {identifier for rule in RULES.values() for identifier in rule.frameworks}


def test_the_command_writes_both_forms_and_no_secret(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = commands.main(
        ["report", "--stack", "production", "--state", str(exported), "--output", str(tmp_path / "out")]
    )
    assert code == 1
    texts = [file.read_text() for file in (tmp_path / "out").iterdir()]
    assert len(texts) == 2
    assert not [text for text in (*texts, capsys.readouterr().out) if "hunter2" in text]
    markdown = (tmp_path / "out" / "compliance-production.md").read_text()
    assert "- **violated** (kmsKeyId is not set): `aws:cloudwatch/logGroup:LogGroup bad`" in markdown


def test_a_file_that_is_no_state_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "state.json").write_text("{}")
    arguments = ["report", "--stack", "production", "--state", str(tmp_path / "state.json"), "--output", str(tmp_path)]
    assert commands.main(arguments) == 2
    assert "is not what `pulumi stack export` writes" in capsys.readouterr().err


def test_committed_configuration_passes_the_check() -> None:
    assert commands.main(["check"]) == 0


def test_the_documentation_lists_every_rule() -> None:
    page = (Path(commands.ROOT) / "docs" / "policies.md").read_text()
    assert catalogue(PACKS) in page
