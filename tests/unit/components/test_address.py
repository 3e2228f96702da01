"""The address: certificate and its proof, web ACL and its log, logs of load balancers, classes, records, checks."""

from __future__ import annotations

import fnmatch
import json
from typing import Any

import pulumi
import pytest
from pulumi_kubernetes.core.v1 import Namespace

from components.address import Address, AddressArgs, AddressSettings
from components.common.iam import IdentityMode
from components.common.scope import Scope
from components.workloads.external_dns import ExternalDns, ExternalDnsArgs, zone_policy
from components.workloads.ingress import class_parameters, ingress_classes
from components.workloads.load_balancer_controller import controller_values
from tests.unit.environments import environment
from tests.unit.harness import ACCOUNT, Recording, document, record
from tests.unit.workloads import DOMAIN, identity, ingress

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:health"
CHECKS = {"orders": {"host": f"orders.{DOMAIN}", "path": "/ready"}}

# Fields of IngressClassParams (elbv2.k8s.aws/v1beta1) of controller v3.5.0.
_FIELDS = """loadBalancerName certificateArn namespaceSelector group scheme inboundCIDRs sslPolicy sslRedirectPort
    subnets ipAddressType tags targetType loadBalancerAttributes listeners minimumLoadBalancerCapacity ipamConfiguration
    prefixListsIDs wafv2AclArn wafv2AclName"""
FIELDS = frozenset(_FIELDS.split())


def options(_name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """What ACM answers: a name and all names of its level are proven by the same record."""
    names = [inputs["domainName"], *inputs["subjectAlternativeNames"]]
    hosts = {name: name.removeprefix("*.") for name in names}
    return {
        "domainValidationOptions": [
            {
                "domainName": name,
                "resourceRecordName": f"_proof.{host}.",
                "resourceRecordType": "CNAME",
                "resourceRecordValue": f"_{host}.acm-validations.aws.",
            }
            for name, host in hosts.items()
        ]
    }


def address(region: str = "us-east-1", **settings: Any) -> Recording:
    args = AddressArgs(
        environment=environment(scope=Scope(prefix="production", account_id=ACCOUNT, region=region)),
        settings=AddressSettings.model_validate({"domain": DOMAIN, **settings}),
        access_log_bucket_name="access-logs",
        health_topic_arn=TOPIC,
    )
    zone = {"zoneId": "Z1NEW", "nameServers": ["ns-1.awsdns-00.com"]}
    return record(
        lambda: Address("address", args),
        outputs={
            "aws:acm/certificate:Certificate": options,
            "aws:route53/zone:Zone": lambda _name, _inputs: zone,
            "aws:route53/record:Record": lambda _name, inputs: {"fqdn": inputs["name"].rstrip(".")},
        },
    )


def test_each_name_is_proven_once_and_listeners_wait_for_the_certificate() -> None:
    found = address(hostedZoneId="Z1", alternativeNames=[f"*.api.{DOMAIN}", f"api.{DOMAIN}"])
    records = found.of_type("aws:route53/record:Record")
    assert {(each.inputs["zoneId"], each.inputs["name"]) for each in records} == {
        ("Z1", f"_proof.{DOMAIN}."),
        ("Z1", f"_proof.api.{DOMAIN}."),
    }
    validation = found.one("aws:acm/certificateValidation:CertificateValidation")
    assert sorted(validation.inputs["validationRecordFqdns"]) == [f"_proof.api.{DOMAIN}", f"_proof.{DOMAIN}"]
    assert found.of_type("aws:route53/zone:Zone") == []


@pytest.mark.parametrize("parent", ["Z1PARENT", None])
def test_a_zone_of_its_own_is_delegated_where_its_parent_is_known(parent: str | None) -> None:
    found = address(**({"parentZoneId": parent} if parent else {}))
    zone = found.one("aws:route53/zone:Zone")
    assert (zone.inputs["name"], zone.inputs["enableAcceleratedRecovery"], zone.protect) == (DOMAIN, True, True)
    delegations = [each for each in found.of_type("aws:route53/record:Record") if each.inputs["type"] == "NS"]
    assert [(each.inputs["zoneId"], each.inputs["records"]) for each in delegations] == (
        [("Z1PARENT", ["ns-1.awsdns-00.com"])] if parent else []
    )


def test_the_firewall_limits_judges_and_logs_without_credentials() -> None:
    found = address(firewall={"countedRules": {"common": ["SizeRestrictions_BODY"]}, "requestsPerFiveMinutes": 500})
    rules = found.one("aws:wafv2/webAcl:WebAcl").inputs["rules"]
    limit, *managed = rules
    assert limit["statement"]["rateBasedStatement"]["limit"] == 500
    assert limit["action"] == {"block": {}}
    groups = [rule["statement"]["managedRuleGroupStatement"] for rule in managed]
    # Names as AWS lists them.
    assert [group["name"] for group in groups] == [
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesAmazonIpReputationList",
    ]
    assert groups[0]["ruleActionOverrides"] == [{"name": "SizeRestrictions_BODY", "actionToUse": {"count": {}}}]
    assert len({rule["priority"] for rule in rules}) == len(rules)
    assert all(rule["visibilityConfig"]["sampledRequestsEnabled"] for rule in rules)
    # WAF takes no other names, and no group that its delivery may not write to.
    group = found.one("aws:cloudwatch/logGroup:LogGroup")
    assert group.inputs["name"].startswith("aws-waf-logs-")
    logging = found.one("aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration")
    assert "aws:cloudwatch/logResourcePolicy:LogResourcePolicy::address-firewall" in found.depends_on(logging)
    assert {each["singleHeader"]["name"] for each in logging.inputs["redactedFields"]} == {"authorization", "cookie"}
    (statement,) = json.loads(found.one("aws:cloudwatch/logResourcePolicy:LogResourcePolicy").inputs["policyDocument"])[
        "Statement"
    ]
    assert statement["Principal"] == {"Service": "delivery.logs.amazonaws.com"}
    assert f"log-group:{group.inputs['name']}:" in statement["Resource"]


@pytest.mark.parametrize(
    ("region", "partition"), [("us-east-1", "aws"), ("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")]
)
def test_load_balancers_deliver_to_a_bucket_with_keys_of_s3(region: str, partition: str) -> None:
    found = address(region)
    rule = found.one("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
    assert rule.inputs["rules"][0]["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "AES256"
    policy = found.one("aws:s3/bucketPolicy:BucketPolicy")
    (delivery,) = [each for each in document(policy) if each["Effect"] == "Allow"]
    assert delivery["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    bucket = found.one("aws:s3/bucket:Bucket").inputs["bucket"]
    written = f"arn:{partition}:s3:::{bucket}/public/AWSLogs/{ACCOUNT}/elasticloadbalancing/{region}/x.log.gz"
    assert fnmatch.fnmatchcase(written, delivery["Resource"])
    sender = (
        f"arn:{partition}:elasticloadbalancing:{region}:{ACCOUNT}:loadbalancer/app/production-public/0123456789abcdef"
    )
    assert fnmatch.fnmatchcase(sender, delivery["Condition"]["ArnLike"]["aws:SourceArn"])


def test_health_is_told_of_in_one_region_wherever_the_stack_is() -> None:
    found = address("eu-west-1", healthChecks=CHECKS)
    check = found.one("aws:route53/healthCheck:HealthCheck")
    assert (check.inputs["fqdn"], check.inputs["resourcePath"], check.inputs["type"]) == (
        f"orders.{DOMAIN}",
        "/ready",
        "HTTPS",
    )
    alarm = found.one("aws:cloudwatch/metricAlarm:MetricAlarm", "address-orders")
    assert (alarm.inputs["region"], alarm.inputs["alarmActions"]) == ("us-east-1", [TOPIC])
    others = [each for each in found.of_type("aws:cloudwatch/metricAlarm:MetricAlarm") if each.name != "address-orders"]
    assert not [each for each in others if "region" in each.inputs or each.inputs["alarmActions"] == [TOPIC]]


def test_alarms_watch_renewal_blocked_requests_and_load_balancers_that_nobody_knows_yet() -> None:
    alarms = {each.name: each.inputs for each in address().of_type("aws:cloudwatch/metricAlarm:MetricAlarm")}
    renewal = alarms["address-certificate"]
    assert (renewal["metricName"], renewal["period"], renewal["comparisonOperator"]) == (
        "DaysToExpiry",
        86_400,
        "LessThanThreshold",
    )
    blocked = alarms["address-blocked"]["dimensions"]
    assert blocked == {"WebACL": "production-address", "Region": "us-east-1", "Rule": "ALL"}
    queries = {name: each["metricQueries"][0]["expression"] for name, each in alarms.items() if "metricQueries" in each}
    # Metrics and dimensions of application load balancers, as Elastic Load Balancing documents them.
    assert {query.split("(")[1].split(")")[0] for query in queries.values()} == {
        "HTTPCode_ELB_5XX_Count",
        "HTTPCode_Target_5XX_Count",
        "TargetResponseTime",
        "UnHealthyHostCount",
        "ClientTLSNegotiationErrorCount",
    }
    # The threshold of a latency is in seconds, as its metric is.
    assert alarms["address-latency"]["threshold"] == 1


def test_a_class_decides_what_its_ingresses_could_choose() -> None:
    args = ingress(classes={"partners": {"scheme": "internal", "inboundCidrs": ["10.80.0.0/16"], "namespaces": ["ml"]}})
    scope = Scope(prefix="production", account_id=ACCOUNT, region="us-east-1")
    found = class_parameters(scope, "partners", args.classes["partners"], args, deletion_protection=True)
    assert set(found) <= FIELDS
    assert (found["scheme"], found["wafv2AclArn"], found["certificateArn"]) == ("internal", "acl", ["certificate"])
    assert found["inboundCIDRs"] == ["10.80.0.0/16"]
    assert found["sslPolicy"].startswith("ELBSecurityPolicy-TLS13-1-2-")
    attributes = {each["key"]: each["value"] for each in found["loadBalancerAttributes"]}
    assert attributes["access_logs.s3.bucket"] == "logs"
    assert attributes["deletion_protection.enabled"] == "true"


def test_classes_wait_for_the_controller_and_its_own_class_goes() -> None:
    def program() -> None:
        controller = Namespace("controller")
        parent = pulumi.ComponentResource("test:index:Parent", "parent")
        scope = Scope(prefix="production", account_id=ACCOUNT, region="us-east-1")
        ingress_classes("c", scope, ingress(), deletion_protection=True, controller=controller, parent=parent)

    found = record(program)
    parameters = found.one("kubernetes:elbv2.k8s.aws/v1beta1:IngressClassParams")
    assert "kubernetes:core/v1:Namespace::controller" in found.depends_on(parameters)
    known: dict[str, Any] = {
        "cluster_name": "c",
        "region": "us-east-1",
        "vpc_id": "vpc-1",
        "annotations": {},
        "tags": {},
        "mirrors": {},
    }
    assert controller_values(**known, own_class=False)["createIngressClassResource"] is False
    assert "createIngressClassResource" not in controller_values(**known)


@pytest.mark.parametrize("mode", ["IRSA", "BOTH", "POD_IDENTITY"])
def test_records_are_written_in_one_zone_for_one_domain_in_either_form(mode: IdentityMode) -> None:
    scope = Scope(prefix="production", account_id=ACCOUNT, region="us-east-1")
    args = ExternalDnsArgs(
        scope=scope, ingress=ingress(), identity=identity(mode), boundary_arn="boundary", mirrors={}, cluster_ready=()
    )
    found = record(lambda: ExternalDns("dns", args))
    release = found.one("kubernetes:helm.sh/v3:Release").inputs
    annotated = "eks.amazonaws.com/role-arn" in release["values"]["serviceAccount"]["annotations"]
    associated = bool(found.of_type("aws:eks/podIdentityAssociation:PodIdentityAssociation"))
    assert (annotated, associated) == (mode != "POD_IDENTITY", mode != "IRSA")
    assert release["values"]["policy"] == "upsert-only"
    # Owner records of the domain itself stay within the zone: the prefix ends with a point and names the type.
    assert release["values"]["txtPrefix"].endswith("%{record_type}.")
    write, read, _find = json.loads(zone_policy(scope, "Z1", DOMAIN))["Statement"]
    assert write["Resource"] == read["Resource"] == "arn:aws:route53:::hostedzone/Z1"
    names = write["Condition"]["ForAllValues:StringLike"]["route53:ChangeResourceRecordSetsNormalizedRecordNames"]
    for name, reached in ((DOMAIN, True), (f"_owner-a.{DOMAIN}", True), ("example.com", False), (f"x{DOMAIN}", False)):
        assert any(fnmatch.fnmatchcase(name, pattern) for pattern in names) is reached
    types = write["Condition"]["ForAllValues:StringEquals"]["route53:ChangeResourceRecordSetsRecordTypes"]
    assert not {"NS", "SOA", "CAA"} & set(types)
