"""The analyzer as the engine uses it: messages in, diagnostics out, no server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn, cast

import grpc
import pytest
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2 as protocol
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policies.all.pack import PACK as ALL
from policies.packs import PACKS
from policies.support import coverage
from policies.support.analyzer import Analyzer
from policies.support.configuration import load
from policies.support.rules import Pack
from policies.support.values import SECRET, SIGNATURE
from tests.policies.support import KEY, urn

ENCRYPTION = PACKS[0]
EMPTY = struct_pb2.Value()
STACK_URN = urn("pulumi:pulumi:Stack", "trading-platform-production")
KMS_KEY = urn("aws:kms/key:Key", "key")
LOGS = urn("aws:cloudwatch/logGroup:LogGroup", "logs")
BUCKET = urn("aws:s3/bucket:Bucket", "data")
ENCRYPTION_OF_BUCKET = urn(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", "data-encryption"
)
GONE = urn("aws:cloudwatch/logGroup:LogGroup", "gone")
SOON = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
LEVELS = {protocol.ADVISORY: "advisory", protocol.MANDATORY: "mandatory"}


class Refused(Exception):  # noqa: N818 - what a call of the engine ends with
    pass


class Call:
    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        raise Refused(details)


CALL = cast("grpc.ServicerContext", Call())


def info(pack: Pack, stack: str) -> protocol.AnalyzerInfo:
    analyzer = Analyzer(pack)
    analyzer.ConfigureStack(protocol.AnalyzerStackConfigureRequest(stack=stack, dry_run=True), CALL)
    return analyzer.GetAnalyzerInfo(empty_pb2.Empty(), CALL)


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(dict(values), struct_pb2.Struct())


class Run:
    """One preview or update that a pack watches."""

    def __init__(self, *, preview: bool = True, **configuration: Mapping[str, Any]) -> None:
        self.analyzer = Analyzer(ENCRYPTION)
        self.analyzer.ConfigureStack(protocol.AnalyzerStackConfigureRequest(dry_run=preview), CALL)
        request = protocol.ConfigureAnalyzerRequest()
        for name, entry in configuration.items():
            level = entry.get("enforcementLevel", "mandatory")
            request.policyConfig[name.replace("_", "-")].enforcementLevel = protocol.EnforcementLevel.Value(
                level.upper()
            )
            properties = {key: value for key, value in entry.items() if key != "enforcementLevel"}
            request.policyConfig[name.replace("_", "-")].properties.CopyFrom(struct(properties))
        self.analyzer.Configure(request, CALL)
        self.registered: dict[str, Mapping[str, Any]] = {}

    def analyze(self, urn: str, **properties: Any) -> list[tuple[str, str, str]]:
        self.registered[urn] = properties
        request = protocol.AnalyzeRequest(
            urn=urn, type=urn.split("::")[2], name=urn.split("::")[3], properties=struct(properties)
        )
        return told(self.analyzer.Analyze(request, CALL))

    def finish(self, **edges: Mapping[str, Sequence[str]]) -> list[tuple[str, str, str]]:
        """End of the run; `edges` maps a resource's name to the sources of its properties."""
        request = protocol.AnalyzeStackRequest()
        request.resources.add(urn=STACK_URN, type="pulumi:pulumi:Stack")
        for urn_, properties in self.registered.items():
            resource = request.resources.add(urn=urn_, type=urn_.split("::")[2], properties=struct(properties))
            for path, sources in edges.get(urn_.split("::")[3].replace("-", "_"), {}).items():
                resource.propertyDependencies[path].urns.extend(sources)
        return told(self.analyzer.AnalyzeStack(request, CALL))


def told(response: protocol.AnalyzeResponse) -> list[tuple[str, str, str]]:
    """What rules say; the note about what none of them judges has tests of its own."""
    return [
        (d.policyName, LEVELS[d.enforcementLevel], d.message.splitlines()[1])
        for d in response.diagnostics
        if d.policyName != coverage.NAME
    ]


def test_a_violation_names_the_property_and_the_remedy() -> None:
    assert Run().analyze(LOGS) == [
        ("logs-customer-key", "mandatory", "kmsKeyId is not set. Set kmsKeyId to the ARN of a customer key.")
    ]


def test_configuration_sets_the_level() -> None:
    run = Run(logs_customer_key={"enforcementLevel": "advisory"})
    assert [level for _, level, _ in run.analyze(LOGS)] == ["advisory"]


def test_a_disabled_rule_is_silent() -> None:
    assert Run(logs_customer_key={"enforcementLevel": "disabled"}).analyze(LOGS) == []


def test_an_unknown_value_becomes_a_note_under_the_rule_s_name() -> None:
    run = Run()
    assert run.analyze(LOGS, kmsKeyId=UNKNOWN_STRING_VALUE) == []
    assert run.finish() == [
        ("logs-customer-key", "advisory", "undecided: kmsKeyId is unknown until the update, where this rule decides")
    ]


def test_a_key_that_the_update_will_create_is_a_customer_key() -> None:
    run = Run()
    run.analyze(KMS_KEY, enableKeyRotation=True)
    run.analyze(LOGS, kmsKeyId=UNKNOWN_STRING_VALUE)
    assert run.finish(logs={"kmsKeyId": [KMS_KEY]}) == []


def test_a_value_from_elsewhere_stays_undecided() -> None:
    run = Run()
    run.analyze(BUCKET, serverSideEncryptionConfiguration={"rule": {}})
    run.analyze(LOGS, kmsKeyId=UNKNOWN_STRING_VALUE)
    assert "logs-customer-key" in [name for name, _, _ in run.finish(logs={"kmsKeyId": [BUCKET]})]


def test_what_is_unknown_during_an_update_is_a_violation() -> None:
    run = Run(preview=False)
    run.analyze(LOGS, kmsKeyId=UNKNOWN_STRING_VALUE)
    assert run.finish() == [("logs-customer-key", "mandatory", "undecided: kmsKeyId is unknown even now")]


def test_what_was_found_before_an_unknown_value_is_told_once() -> None:
    run = Run()
    listener = urn("aws:eks/cluster:Cluster", "cluster")
    unknown_key = {"provider": {"keyArn": UNKNOWN_STRING_VALUE}, "resources": []}
    first = run.analyze(listener, encryptionConfig=unknown_key)
    assert [message.partition(".")[0] for _, _, message in first] == ["encryptionConfig"]
    assert run.finish() == []


def test_a_joined_rule_sees_inputs_not_outputs() -> None:
    run = Run()
    run.analyze(BUCKET)
    run.registered[BUCKET] = {"serverSideEncryptionConfiguration": {"rule": {}}}
    assert ("s3-encryption", "mandatory") in [(name, level) for name, level, _ in run.finish()]


def test_settings_find_their_bucket_by_the_graph() -> None:
    run = Run(s3_tls_only={"enforcementLevel": "disabled"})
    default = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY}
    run.analyze(BUCKET)
    run.analyze(
        ENCRYPTION_OF_BUCKET, bucket=UNKNOWN_STRING_VALUE, rules=[{"applyServerSideEncryptionByDefault": default}]
    )
    assert run.finish(data_encryption={"bucket": [BUCKET]}) == []


def test_secrets_are_read_but_never_told() -> None:
    run = Run()
    cache = urn("aws:elasticache/replicationGroup:ReplicationGroup", "redis")
    token = {SIGNATURE: SECRET, "value": "hunter2-hunter2-hunter2"}
    messages = run.analyze(cache, authToken=token)
    assert "elasticache-authentication" not in [name for name, _, _ in messages]
    assert not [message for _, _, message in messages if "hunter2" in message]


def exempting(urn_pattern: str, expires: str) -> dict[str, Any]:
    return {"exemptions": [{"urn": urn_pattern, "reason": "agreed", "expires": expires}]}


def test_an_exemption_silences_the_rule() -> None:
    run = Run(logs_customer_key=exempting(LOGS, SOON))
    assert run.analyze(LOGS) == []
    assert run.finish() == []


def test_an_expired_exemption_is_a_violation_beside_the_one_that_it_covered() -> None:
    run = Run(logs_customer_key=exempting(LOGS, "2020-01-01"))
    assert len(run.analyze(LOGS)) == 1
    (name, level, message) = run.finish()[0]
    assert (name, level) == ("logs-customer-key", "mandatory")
    assert "expired on 2020-01-01" in message


def test_an_exemption_that_matches_nothing_is_reported() -> None:
    run = Run(logs_customer_key=exempting(GONE, SOON))
    run.analyze(LOGS, kmsKeyId=KEY)
    assert run.finish() == [
        (
            "logs-customer-key",
            "advisory",
            f"the exemption for {GONE} matches no resource that this rule judges: remove it",
        )
    ]


def test_wrong_configuration_is_refused_as_a_whole() -> None:
    with pytest.raises(Refused) as error:
        Run(kms_rotatoin={}, logs_customer_key={"days": 1})
    assert "kms-rotatoin: the pack has no such rule" in str(error.value)
    assert "logs-customer-key.days: there is no such setting" in str(error.value)


def test_packs_do_not_rewrite_resources() -> None:
    with pytest.raises(Refused, match="enforcementLevel: must be one of advisory, mandatory, disabled"):
        Run(kms_rotation={"enforcementLevel": "remediate"})


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.title)
def test_a_pack_describes_its_rules(pack: Any) -> None:
    info = Analyzer(pack).GetAnalyzerInfo(empty_pb2.Empty(), CALL)
    assert info.name == pack.name
    assert info.supportsConfig
    *rules, last = info.policies
    assert [policy.name for policy in rules] == [rule.name for rule in pack.rules]
    assert (last.name, last.enforcementLevel) == (coverage.NAME, protocol.ADVISORY)
    for policy in rules:
        assert policy.enforcementLevel == protocol.MANDATORY
        assert policy.severity != protocol.POLICY_SEVERITY_UNSPECIFIED
        assert policy.policy_type != protocol.POLICY_TYPE_UNKNOWN
        assert "exemptions" in json_format.MessageToDict(policy.configSchema.properties)


@pytest.mark.parametrize("stack", ["production", "staging", "development"])
def test_all_packs_in_one_begin_with_the_configuration_of_each(stack: str) -> None:
    given = info(ALL, stack).initialConfig
    for pack in PACKS:
        assert not info(pack, stack).initialConfig
        for name, settings in load(pack.configuration(stack), pack.rules).items():
            assert LEVELS.get(given[name].enforcementLevel, "disabled") == settings.level.value
            assert len(given[name].properties.fields.get("exemptions", EMPTY).list_value) == len(settings.exemptions)


def test_all_packs_in_one_have_defaults_for_a_stack_without_configuration() -> None:
    assert not info(ALL, "elsewhere").initialConfig


def test_all_packs_in_one_refuse_wrong_configuration(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "production.json").write_text('{"no-such-rule": "mandatory"}')
    broken = replace(ALL, parts=(replace(ENCRYPTION, folder=tmp_path),))
    with pytest.raises(Refused, match="no-such-rule: the pack has no such rule"):
        info(broken, "production")


def note(run: Run) -> str:
    """The note about what is not decided, at the end of a run."""
    request = protocol.AnalyzeStackRequest()
    for urn_, properties in run.registered.items():
        resource = request.resources.add(urn=urn_, type=urn_.split("::")[2], properties=struct(properties))
        resource.provider.urn = urn("pulumi:providers:aws", "aws")
    request.resources.add(urn=urn("platform:network:Network", "component"), type="platform:network:Network")
    found = [d for d in run.analyzer.AnalyzeStack(request, CALL).diagnostics if d.policyName == coverage.NAME]
    assert {d.enforcementLevel for d in found} <= {protocol.ADVISORY}
    return "\n".join(d.message for d in found)


@pytest.mark.parametrize(
    "token",
    ["aws-native:s3:Bucket", "aws:cloudcontrol/resource:Resource", "aws:cloudformation/stack:Stack", "gcp:a/b:C"],
)
def test_types_without_a_rule_are_named_and_counted_and_components_are_not(token: str) -> None:
    run = Run()
    run.analyze(urn(token, "one"))
    run.analyze(urn(token, "two"))
    assert f"2 resources of 1 types are judged by no rule: {token} (2)" in note(run)


def test_disabled_rules_and_exemptions_are_told_with_reason_and_last_day() -> None:
    run = Run(kms_rotation={"enforcementLevel": "disabled"}, logs_customer_key=exempting(LOGS, SOON))
    run.analyze(LOGS)
    told_ = note(run)
    assert "1 rules are disabled: kms-rotation" in told_
    assert f"logs-customer-key leaves {LOGS} alone until {SOON}: agreed" in told_


def test_nothing_is_told_where_every_resource_is_judged() -> None:
    run = Run()
    run.analyze(LOGS, kmsKeyId=KEY)
    assert note(run) == ""


def without_arguments(outputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is said about a resource of whose arguments the engine tells nothing, by rule and level."""
    analyzer = Run(preview=False).analyzer
    first = protocol.AnalyzeRequest(urn=LOGS, type=LOGS.split("::")[2])
    last = protocol.AnalyzeStackRequest()
    last.resources.add(urn=LOGS, type=LOGS.split("::")[2], properties=struct(outputs))
    provider = urn("pulumi:providers:aws", "aws")
    first.provider.urn = last.resources[0].provider.urn = provider
    found = [*analyzer.Analyze(first, CALL).diagnostics, *analyzer.AnalyzeStack(last, CALL).diagnostics]
    return [(d.policyName, LEVELS[d.enforcementLevel]) for d in found]


def test_what_an_update_leaves_out_is_told_and_not_judged() -> None:
    """The engine shows it with neither inputs nor outputs; what has no arguments has outputs."""
    assert without_arguments({}) == [(coverage.NAME, "advisory")]
    assert without_arguments({"arn": "arn:aws:logs:us-east-1:123456789012:log-group:logs"}) == [
        ("logs-customer-key", "mandatory")
    ]
