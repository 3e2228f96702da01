"""The table of changes against what AWS publishes: properties that a resource has from its creation on.

`data/create_only.json` holds the `createOnlyProperties` of the resource schemas that AWS publishes (August 2026), for
the types of the table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import changes
from changes import Effect
from local import schema
from tests.conftest import Tell

CREATE_ONLY: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "data" / "create_only.json").read_text(encoding="utf-8")
)

# What the provider calls differently: the words of AWS's schema, those of the provider.
NAMES = {
    "AWS::Backup::BackupSelection": {"BackupPlanId": "planId", "BackupSelection": "resources"},
    "AWS::Backup::BackupVault": {"BackupVaultName": "name", "EncryptionKeyArn": "kmsKeyArn"},
    "AWS::Backup::RestoreTestingPlan": {"RestoreTestingPlanName": "name"},
    "AWS::Backup::RestoreTestingSelection": {"RestoreTestingSelectionName": "name"},
    "AWS::CloudTrail::Trail": {"TrailName": "name"},
    "AWS::CloudWatch::Alarm": {"AlarmName": "name"},
    "AWS::EC2::FlowLog": {
        "DeliverLogsPermissionArn": "iamRoleArn",
        "ResourceId": "vpcId",
        "LogGroupName": "logDestination",
    },
    "AWS::EC2::LaunchTemplate": {"LaunchTemplateName": "name"},
    "AWS::EC2::NatGateway": {"PrivateIpAddress": "privateIp"},
    "AWS::EC2::SecurityGroup": {"GroupDescription": "description", "GroupName": "name"},
    "AWS::EC2::SecurityGroupIngress": {
        "CidrIp": "cidrIpv4",
        "GroupId": "securityGroupId",
        "SourcePrefixListId": "prefixListId",
        "SourceSecurityGroupId": "referencedSecurityGroupId",
    },
    "AWS::EC2::SecurityGroupEgress": {
        "CidrIp": "cidrIpv4",
        "GroupId": "securityGroupId",
        "DestinationPrefixListId": "prefixListId",
        "DestinationSecurityGroupId": "referencedSecurityGroupId",
    },
    "AWS::ECR::Repository": {"EncryptionConfiguration": "encryptionConfigurations", "RepositoryName": "name"},
    "AWS::EKS::Nodegroup": {"NodeRole": "nodeRoleArn", "NodegroupName": "nodeGroupName", "Subnets": "subnetIds"},
    "AWS::ElastiCache::ParameterGroup": {"CacheParameterGroupFamily": "family"},
    "AWS::ElastiCache::ReplicationGroup": {"CacheSubnetGroupName": "subnetGroupName"},
    "AWS::ElastiCache::SubnetGroup": {"CacheSubnetGroupName": "name"},
    "AWS::IAM::InstanceProfile": {"InstanceProfileName": "name"},
    "AWS::IAM::ManagedPolicy": {"ManagedPolicyName": "name"},
    "AWS::IAM::Role": {"RoleName": "name"},
    "AWS::IAM::RolePolicy": {"PolicyName": "name", "RoleName": "role"},
    "AWS::KMS::Alias": {"AliasName": "name"},
    "AWS::Lambda::Permission": {"FunctionName": "function", "PrincipalOrgID": "principalOrgId"},
    "AWS::Logs::LogGroup": {"LogGroupName": "name"},
    "AWS::Logs::MetricFilter": {"FilterName": "name"},
    "AWS::RDS::DBInstance": {"DBInstanceIdentifier": "identifier", "MasterUsername": "username"},
    "AWS::RDS::DBParameterGroup": {"DBParameterGroupName": "name"},
    "AWS::RDS::DBSubnetGroup": {"DBSubnetGroupName": "name"},
    "AWS::RDS::EventSubscription": {"SubscriptionName": "name", "SnsTopicArn": "snsTopic"},
    "AWS::S3::Bucket": {"BucketName": "bucket"},
    "AWS::SNS::Subscription": {"TopicArn": "topic"},
    "AWS::SNS::Topic": {"TopicName": "name"},
}

# What the provider changes in place all the same, by a call that AWS's own handlers do not use.
CHANGED_IN_PLACE = {
    ("aws:rds/instance:Instance", "identifier"): "ModifyDBInstance has NewDBInstanceIdentifier",
    ("aws:rds/eventSubscription:EventSubscription", "snsTopic"): "ModifyEventSubscription has SnsTopicArn",
    ("aws:ec2/routeTableAssociation:RouteTableAssociation", "routeTableId"): "ReplaceRouteTableAssociation",
    ("aws:ecr/pullThroughCacheRule:PullThroughCacheRule", "credentialArn"): "UpdatePullThroughCacheRule",
    ("aws:ecr/pullThroughCacheRule:PullThroughCacheRule", "customRoleArn"): "UpdatePullThroughCacheRule",
    ("aws:ec2transitgateway/vpcAttachment:VpcAttachment", "subnetIds"): "ModifyTransitGatewayVpcAttachment",
    ("aws:ec2/vpcEndpoint:VpcEndpoint", "dnsOptions.privateDnsPreference"): "ModifyVpcEndpoint has DnsOptions",
    ("aws:ec2/vpcEndpoint:VpcEndpoint", "dnsOptions.privateDnsSpecifiedDomains"): "ModifyVpcEndpoint has DnsOptions",
    **{
        (f"aws:vpc/securityGroup{way}Rule:SecurityGroup{way}Rule", name): "ModifySecurityGroupRules"
        for way in ("Ingress", "Egress")
        for name in (
            "cidrIpv4",
            "cidrIpv6",
            "fromPort",
            "toPort",
            "ipProtocol",
            "prefixListId",
            "referencedSecurityGroupId",
        )
    },
}


def camel(name: str) -> str:
    """`dbName` of `DBName`, `vpcId` of `VpcId`, `accessConfig.mode` of `AccessConfig/Mode`."""
    return ".".join(
        re.sub(r"^([A-Z]+)(?=[A-Z][a-z]|$)|^[A-Z]", lambda found: found[0].lower(), part) for part in name.split("/")
    )


def cases() -> Iterator[tuple[str, str]]:
    """Every such property of a type of the table that the provider has as well."""
    for token, said in changes.types().items():
        found = schema.resource(token) if said.cloudformation in CREATE_ONLY else None
        for name in CREATE_ONLY[said.cloudformation] if found else ():
            path = NAMES.get(said.cloudformation, {}).get(name, camel(name))
            if found and path.partition(".")[0] in found.inputs:
                yield token, path


CASES = sorted(set(cases()))


def test_most_of_them_are_known_by_name(tell: Tell) -> None:
    listed = sum(len(CREATE_ONLY.get(said.cloudformation, [])) for said in changes.types().values())
    tell(f"chosen at creation: {len(CASES)} / {listed} properties are in the table; the provider lacks the others")
    assert len(CASES) > 0.7 * listed


@pytest.mark.parametrize(("token", "path"), CASES)
def test_what_is_chosen_at_creation_replaces_or_is_refused(token: str, path: str) -> None:
    rules = changes.types()[token].properties.get(path) or changes.replacing(token).get(path, ())
    fixed = bool(rules) and any(rule.meaning.replaces or rule.meaning.effect is Effect.REFUSED for rule in rules)
    assert fixed is ((token, path) not in CHANGED_IN_PLACE)
