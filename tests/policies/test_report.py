"""The compliance report, and the commands around the packs."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from botocore import session  # type: ignore[import-untyped]
from botocore.validate import ParamValidator  # type: ignore[import-untyped]

from policies import __main__ as commands
from policies import reports, state
from policies.catalogue import catalogue
from policies.packs import PACKS
from policies.reports.findings import to_asff
from policies.reports.sarif import to_sarif
from policies.support.rules import Pack
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
        {
            "urn": PROVIDER,
            "type": "pulumi:providers:aws",
            "inputs": {"region": "eu-central-1", "defaultTags": json.dumps({"tags": TAGS})},
        },
        entry("aws:cloudwatch/logGroup:LogGroup", "good", kmsKeyId=KEY, retentionInDays=365),
        entry("aws:cloudwatch/logGroup:LogGroup", "bad", retentionInDays=365),
        {**entry("aws:cloudwatch/logGroup:LogGroup", "gone"), "delete": True},
        {**entry("aws:ec2/eip:Eip", "address"), "outputs": {"arn": "arn:aws:ec2:eu-central-1:111122223333:eip/e"}},
        entry("aws-native:s3:Bucket", "native"),
        entry("aws:cloudcontrol/resource:Resource", "generic"),
        entry("aws:cloudformation/stack:Stack", "template"),
        {**entry("platform:network:Network", "network"), "custom": False},
        entry("aws:elasticache/replicationGroup:ReplicationGroup", "redis", authToken=SECRET),
    ]
    file = tmp_path / "state.json"
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}))
    return file


def test_each_rule_has_a_verdict_for_each_resource_that_it_judges(exported: Path) -> None:
    result = reports.build(state.read(exported), "production", PACKS, NOW)
    by_name = {rule.rule.name: rule for rule in result.rules}
    assert by_name.keys() == RULES.keys()
    assert by_name["logs-customer-key"].counts == {Verdict.PASSED: 1, Verdict.VIOLATED: 1}
    assert by_name["logs-customer-key"].verdict is Verdict.VIOLATED
    assert by_name["tags-required"].verdict is Verdict.PASSED
    assert by_name["kms-rotation"].verdict is Verdict.NOT_APPLICABLE
    assert result.failed


def test_framework_ids_collect_their_rules(exported: Path) -> None:
    data = reports.to_data(reports.build(state.read(exported), "production", PACKS, NOW))
    frameworks = {item["id"]: item for item in data["frameworks"]}  # type: ignore[attr-defined]
    assert frameworks["CKV_AWS_158"]["rules"] == ["logs-customer-key"]
    assert frameworks["CKV_AWS_158"]["verdict"] == "violated"
    assert set(frameworks) == {identifier for rule in RULES.values() for identifier in rule.frameworks}


def test_the_command_writes_every_form_and_no_secret(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = commands.main(
        ["report", "--stack", "production", "--state", str(exported), "--output", str(tmp_path / "out")]
    )
    assert code == 1
    texts = {file.name: file.read_text() for file in (tmp_path / "out").iterdir()}
    assert set(texts) == {f"compliance-production{form}" for form in (".md", ".json", ".sarif", ".asff.json")}
    assert not [text for text in (*texts.values(), capsys.readouterr().out) if "hunter2" in text]
    markdown = (tmp_path / "out" / "compliance-production.md").read_text()
    assert "- **violated** (kmsKeyId is not set): `aws:cloudwatch/logGroup:LogGroup bad`" in markdown


NOT_JUDGED = {
    "aws-native:s3:Bucket": 1,
    "aws:cloudcontrol/resource:Resource": 1,
    "aws:cloudformation/stack:Stack": 1,
    "aws:ec2/eip:Eip": 1,
}


def test_what_no_rule_judges_is_named_and_counted(exported: Path) -> None:
    result = reports.build(state.read(exported), "production", PACKS, NOW)
    assert result.not_judged == NOT_JUDGED
    assert reports.to_data(result)["notJudged"] == {"resources": 4, "types": NOT_JUDGED}
    assert "## Not judged: 4 resources of 4 types" in reports.to_markdown(result)


def test_passing_some_and_not_being_about_others_is_no_pass(tmp_path: Path) -> None:
    database = "aws:rds/instance:Instance"
    resources = [entry(database, "primary", multiAz=True), entry(database, "replica", replicateSourceDb="primary")]
    file = tmp_path / "state.json"
    file.write_text(json.dumps({"deployment": {"resources": resources}}))
    result = reports.build(state.read(file), "production", PACKS, NOW)
    verdicts = {control.name: control.verdict for control in result.frameworks}
    assert verdicts["RDS.5"] == "passed where applicable"
    assert verdicts["KMS.4"] == "not applicable"


def test_a_disabled_rule_and_an_exemption_stay_in_the_report(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = dataclasses.replace(PACKS[0], folder=exported.parent)
    (exported.parent / "config").mkdir()
    exempt = {
        "urn": urn("aws:cloudwatch/logGroup:LogGroup", "bad"),
        "reason": "agreed",
        "expires": (datetime.now(UTC).date() + timedelta(days=30)).isoformat(),
    }
    entries = {"kms-rotation": "disabled", "logs-customer-key": {"exemptions": [exempt]}}
    pack.configuration("production").write_text(json.dumps(entries))
    monkeypatch.setattr(Pack, "version", "2.0.0")
    result = reports.build(state.read(exported), "production", [pack], NOW)
    data = reports.to_data(result)
    assert data["disabled"] == ["kms-rotation"]
    assert data["exemptions"] == [{"rule": "logs-customer-key", **exempt}]
    markdown = reports.to_markdown(result)
    assert "Disabled rules: kms-rotation." in markdown
    assert f"| logs-customer-key | `{exempt['urn']}` | agreed | {exempt['expires']} |" in markdown
    assert f"- **exempt** (agreed; until {exempt['expires']})" in markdown


def test_a_pass_has_evidence_and_a_violation_its_remedy(exported: Path) -> None:
    markdown = reports.to_markdown(reports.build(state.read(exported), "production", PACKS, NOW))
    assert "- **passed** (read: kmsKeyId): `aws:cloudwatch/logGroup:LogGroup good`" in markdown
    assert "Remedy: Set kmsKeyId to the ARN of a customer key." in markdown


def test_security_hub_takes_the_findings(exported: Path) -> None:
    result = reports.build(state.read(exported), "production", PACKS, NOW)
    written = to_asff(result)
    shape = session.get_session().get_service_model("securityhub").operation_model("BatchImportFindings").input_shape
    for start in range(0, len(written), 100):
        problems = ParamValidator().validate({"Findings": written[start : start + 100]}, shape)
        assert not problems.has_errors(), problems.generate_report()
    failed = [item for item in written if item["Compliance"]["Status"] == "FAILED"]  # type: ignore[index]
    assert len(failed) == result.totals[Verdict.VIOLATED]
    assert {item["AwsAccountId"] for item in written} == {"111122223333"}


def test_code_scanning_finds_the_rule_of_each_result(exported: Path) -> None:
    result = reports.build(state.read(exported), "production", PACKS, NOW)
    (run,) = cast("list[Any]", to_sarif(result)["runs"])
    rules = run["tool"]["driver"]["rules"]
    assert [rules[item["ruleIndex"]]["id"] for item in run["results"]] == [item["ruleId"] for item in run["results"]]
    assert {item["level"] for item in run["results"]} <= {"none", "note", "warning", "error"}
    assert len({item["partialFingerprints"]["resource/v1"] for item in run["results"]}) == len(run["results"])
    assert run["properties"]["notJudged"] == NOT_JUDGED


def test_every_rule_that_a_requirement_names_exists() -> None:
    table = json.loads((Path(reports.__file__).with_name("mappings.json")).read_text())
    names = [name for rules in table["rules"].values() for name in rules]
    assert set(names) <= RULES.keys()
    assert len(names) == len(set(names))
    assert table["rules"].keys() == table["requirements"].keys()


def test_the_state_of_any_program_is_judged_by_its_own_name(exported: Path, tmp_path: Path) -> None:
    text = exported.read_text().replace("urn:pulumi:production::", "urn:pulumi:elsewhere::")
    (tmp_path / "elsewhere.json").write_text(text)
    out = tmp_path / "out"
    assert commands.main(["report", "--state", str(tmp_path / "elsewhere.json"), "--output", str(out)]) == 1
    assert json.loads((out / "compliance-elsewhere.json").read_text())["stack"] == "elsewhere"


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
