"""What AWS computes for the types of resources that the platform uses; other types go by the names of their properties."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from typing import Any

from local.providers.facts import CREATED, Facts, Shape
from local.providers.identity import Identity

# Hosted zones of S3 websites by region, from the AWS General Reference.
_S3_ZONES = {"us-east-1": "Z3AQBSTGFJSTF", "us-west-2": "Z3BJ6K6RIION7M"}
_ENGINE_PORTS = {"postgres": 5432, "mysql": 3306, "mariadb": 3306, "aurora-postgresql": 5432, "aurora-mysql": 3306}


def _regional(id_prefix: str, kind: str, service: str = "ec2", **computed: Any) -> Shape:
    """An EC2 resource: `vpc-0123456789abcdef0`, and its ARN."""
    return Shape(
        f"{id_prefix}-{{hex:17}}", {"arn": _arn(service, f"{kind}/{{id}}"), "ownerId": "{account}", **computed}
    )


def _arn(service: str, resource: str, regional: bool = True) -> str:
    return f"arn:aws:{service}:{'{region}' if regional else ''}:{{account}}:{resource}"


def _named(service: str, resource: str, name: str = "name", regional: bool = True, **computed: Any) -> Shape:
    """A resource whose id is its name; `resource` is the end of its ARN."""
    return Shape(f"{{{name}}}", {"arn": _arn(service, resource, regional), **computed})


def _by_arn(service: str, resource: str, regional: bool = True, **computed: Any) -> Shape:
    """A resource whose id is its ARN."""
    return Shape("{arn}", {"arn": _arn(service, resource, regional), **computed})


def _part_of(prefix: str, of: str, salt: str) -> Any:
    """The id of something that comes with another resource, the same wherever the two are spoken of."""
    return lambda facts: f"{prefix}-{Identity(str(facts[of]), {}).hex(17, salt)}"


def _hash(*names: str) -> Any:
    """A checksum over inputs, as Terraform makes ids for what has none."""
    return lambda facts: str(zlib.crc32("-".join(str(facts[name]) for name in names).encode()))


def _public_ip(facts: Facts) -> str:
    """An address that goes with an allocation, so that a NAT gateway and its Elastic IP agree on it."""
    allocation = Identity(str(facts["allocationId"] or facts["id"]), {})
    return f"52.{allocation.number(1, 254, 'b')}.{allocation.number(0, 255, 'c')}.{allocation.number(1, 254, 'd')}"


def _public_dns(facts: Facts) -> str:
    dashed = facts["publicIp"].replace(".", "-")
    zone = "compute-1" if facts.region == "us-east-1" else f"{facts.region}.compute"
    return f"ec2-{dashed}.{zone}.amazonaws.com"


def _private_ip(facts: Facts) -> str:
    return f"10.{facts.identity.number(0, 255, 'b')}.{facts.identity.number(0, 255, 'c')}.{facts.identity.number(4, 254, 'd')}"


def _short_region(region: str) -> str:
    """`use1` for us-east-1, as in zone ids and cache hosts."""
    continent, direction, number = region.rsplit("-", 2)
    return f"{continent}{''.join(word[0] for word in direction.replace('north', 'n').replace('south', 's').split())[:1]}{number}"


def _zone_id(facts: Facts) -> str:
    zone = str(facts["availabilityZone"])
    return f"{_short_region(zone[:-1])}-az{ord(zone[-1]) - ord('a') + 1}"


def _endpoint_dns(facts: Facts) -> list[dict[str, str]]:
    service = str(facts["serviceName"]).removeprefix(f"com.amazonaws.{facts.region}.")
    if facts["vpcEndpointType"] != "Interface":
        return []
    host = f"{facts['id']}-{facts.identity.letters(8, 'dns')}.{service}.{facts.region}.vpce.amazonaws.com"
    return [{"dnsName": host, "hostedZoneId": facts.identity.letters(14, "zone").upper()}]


def _interfaces(facts: Facts) -> list[str]:
    return [f"eni-{facts.identity.hex(17, subnet)}" for subnet in facts["subnetIds"] or [] if isinstance(subnet, str)]


_NETWORK: Mapping[str, Shape] = {
    "aws:ec2/vpc:Vpc": _regional(
        *("vpc", "vpc"),
        defaultNetworkAclId=_part_of("acl", "id", "default"),
        defaultRouteTableId=_part_of("rtb", "id", "main"),
        defaultSecurityGroupId=_part_of("sg", "id", "default"),
        dhcpOptionsId="dopt-{hex:17/dopt}",
        mainRouteTableId=_part_of("rtb", "id", "main"),
    ),
    "aws:ec2/subnet:Subnet": _regional("subnet", "subnet", availabilityZone="{region}a", availabilityZoneId=_zone_id),
    "aws:ec2/internetGateway:InternetGateway": _regional("igw", "internet-gateway"),
    "aws:ec2/eip:Eip": _regional(
        *("eipalloc", "elastic-ip"),
        allocationId="{id}", domain="vpc", networkBorderGroup="{region}", publicIpv4Pool="amazon",
        publicIp=_public_ip, publicDns=_public_dns,
    ),
    "aws:ec2/natGateway:NatGateway": _regional(
        *("nat", "natgateway"),
        associationId="eipassoc-{hex:17/assoc}", networkInterfaceId="eni-{hex:17/eni}",
        privateIp=_private_ip, publicIp=_public_ip, vpcId=lambda facts: facts.vpc_of(facts["subnetId"]),
    ),
    "aws:ec2/routeTable:RouteTable": _regional("rtb", "route-table"),
    "aws:ec2/defaultRouteTable:DefaultRouteTable": Shape(
        "{defaultRouteTableId}",
        {"arn": _arn("ec2", "route-table/{id}"), "ownerId": "{account}", "vpcId": lambda facts: facts.vpc_of(facts["id"])},
    ),
    "aws:ec2/route:Route": Shape(
        lambda facts: f"r-{facts['routeTableId']}{_hash('destinationCidrBlock', 'destinationPrefixListId')(facts)}",
        {"origin": "CreateRoute", "state": "active", "instanceId": "", "instanceOwnerId": ""},
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Shape("rtbassoc-{hex:17}"),
    "aws:ec2/networkAcl:NetworkAcl": _regional("acl", "network-acl"),
    "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": Shape(
        "{defaultNetworkAclId}",
        {"arn": _arn("ec2", "network-acl/{id}"), "ownerId": "{account}", "vpcId": lambda facts: facts.vpc_of(facts["id"])},
    ),
    "aws:ec2/networkAclRule:NetworkAclRule": Shape(
        lambda facts: f"nacl-{_hash('networkAclId', 'ruleNumber', 'egress', 'protocol')(facts)}"
    ),
    "aws:ec2/networkAclAssociation:NetworkAclAssociation": Shape("aclassoc-{hex:17}"),
    "aws:ec2/securityGroup:SecurityGroup": _regional("sg", "security-group"),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Shape(
        _part_of("sg", "vpcId", "default"),
        {
            "arn": _arn("ec2", "security-group/{id}"), "ownerId": "{account}",
            "name": "default", "description": "default VPC security group",
        },
    ),
    "aws:ec2/securityGroupRule:SecurityGroupRule": Shape(
        "sgrule-{digits:10}", {"securityGroupRuleId": "sgr-{hex:17}", "sourceSecurityGroupId": ""}
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _regional(
        "sgr", "security-group-rule", securityGroupRuleId="{id}"
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _regional(
        "sgr", "security-group-rule", securityGroupRuleId="{id}"
    ),
    "aws:ec2/flowLog:FlowLog": _regional("fl", "vpc-flow-log"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _regional(
        *("vpce", "vpc-endpoint"),
        dnsEntries=_endpoint_dns, networkInterfaceIds=_interfaces, serviceRegion="{region}", state="available",
        ipAddressType="ipv4", vpcEndpointType="Gateway",
        prefixListId=lambda facts: f"pl-{facts.identity.hex(8)}" if facts["vpcEndpointType"] == "Gateway" else "",
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": _regional("lt", "launch-template", latestVersion=1, defaultVersion=1),
    "aws:ebs/encryptionByDefault:EncryptionByDefault": Shape("terraform-{digits:26}"),
    "aws:ebs/defaultKmsKey:DefaultKmsKey": Shape("{keyArn}"),
}  # fmt: skip

_IDENTITY: Mapping[str, Shape] = {
    "aws:iam/role:Role": _named(
        "iam", "role{path}{name}", regional=False, path="/", uniqueId="AROA{upper:17}", createDate=CREATED
    ),
    "aws:iam/policy:Policy": _by_arn("iam", "policy{path}{name}", regional=False, path="/", policyId="ANPA{upper:17}"),
    "aws:iam/rolePolicy:RolePolicy": Shape("{role}:{name}"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Shape("{role}-{digits:26}"),
    "aws:iam/instanceProfile:InstanceProfile": _named(
        "iam", "instance-profile{path}{name}", regional=False, path="/", uniqueId="AIPA{upper:17}", createDate=CREATED
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Shape(
        "{arn}",
        {
            "arn": lambda facts: facts.arn("iam", f"oidc-provider/{str(facts['url']).removeprefix('https://')}", False),
            "thumbprintLists": lambda facts: [facts.identity.hex(40)],
        },
    ),
    "aws:iam/serviceLinkedRole:ServiceLinkedRole": Shape(
        "{arn}",
        {
            "arn": _arn("iam", "role{path}{name}", regional=False),
            "path": "/aws-service-role/{awsServiceName}/",
            "name": lambda facts: "AWSServiceRoleFor" + str(facts["awsServiceName"]).split(".")[0].capitalize(),
            "uniqueId": "AROA{upper:17}",
            "createDate": CREATED,
        },
    ),
    "aws:iam/accountPasswordPolicy:AccountPasswordPolicy": Shape("iam-account-password-policy"),
    "aws:kms/key:Key": Shape(
        "{uuid:}", {"arn": _arn("kms", "key/{id}"), "keyId": "{id}", "rotationPeriodInDays": 365, "multiRegion": False}
    ),
    "aws:kms/alias:Alias": Shape(
        "{name}",
        {
            "arn": _arn("kms", "{name}"),
            "targetKeyArn": lambda facts: (
                facts["targetKeyId"]
                if str(facts["targetKeyId"]).startswith("arn:")
                else facts.arn("kms", f"key/{facts['targetKeyId']}")
            ),
        },
    ),
    "aws:secretsmanager/secret:Secret": _by_arn("secretsmanager", "secret:{name}-{mixed:6}"),
    "aws:secretsmanager/secretVersion:SecretVersion": Shape(
        "{secretId}|{versionId}",
        {
            "arn": "{secretId}", "secretArn": "{secretId}",
            "versionId": "terraform-{digits:26}", "versionStages": ["AWSCURRENT"],
        },
    ),
    "aws:secretsmanager/secretRotation:SecretRotation": Shape("{secretId}", {"rotationEnabled": lambda _: True}),
    "aws:secretsmanager/secretPolicy:SecretPolicy": Shape("{secretArn}"),
}  # fmt: skip


def _members(facts: Facts) -> list[str]:
    group = facts["replicationGroupId"]
    if not facts["clusterEnabled"]:
        return [f"{group}-{number:03}" for number in range(1, int(facts["numCacheClusters"] or 1) + 1)]
    nodes = int(facts["replicasPerNodeGroup"] or 0) + 1
    shards = range(1, int(facts["numNodeGroups"] or 1) + 1)
    return [f"{group}-{shard:04}-{node:03}" for shard in shards for node in range(1, nodes + 1)]


def _cache_host(role: str, cluster_mode: bool) -> Any:
    """A host of a replication group: the configuration endpoint in cluster mode, primary and reader ones otherwise."""

    def host(facts: Facts) -> str:
        if bool(facts["clusterEnabled"]) != cluster_mode:
            return ""
        suffix = Identity(facts.identity.urn, {}).letters(6, "cache")
        return f"{role}.{facts['replicationGroupId']}.{suffix}.{_short_region(facts.region)}.cache.amazonaws.com"

    return host


def _cache_version(facts: Facts) -> str:
    version = str(facts["engineVersion"])
    return version if version.count(".") == 2 else f"{version}.0"


def _managed_secret(facts: Facts) -> list[dict[str, str]]:
    if facts["manageMasterUserPassword"] is not True:
        return []
    arn = facts.arn("secretsmanager", f"secret:rds!db-{facts.identity.uuid('secret')}-{facts.identity.letters(6)}")
    return [{"secretArn": arn, "secretStatus": "active", "kmsKeyId": str(facts["masterUserSecretKmsKeyId"])}]


_DATA: Mapping[str, Shape] = {
    "aws:rds/instance:Instance": Shape(
        "{resourceId}",
        {
            "arn": _arn("rds", "db:{identifier}"), "resourceId": "db-{upper:26}",
            "address": "{identifier}.{alnum:12/host}.{region}.rds.amazonaws.com", "endpoint": "{address}:{port}",
            "port": lambda facts: _ENGINE_PORTS.get(str(facts["engine"]), 5432),
            "engine": "postgres", "engineVersionActual": "{engineVersion}", "licenseModel": "postgresql-license",
            "hostedZoneId": "Z{upper:13/zone}", "status": "available", "availabilityZone": "{region}a",
            "backupTarget": "region", "backupWindow": "07:00-07:30", "maintenanceWindow": "sun:08:00-sun:08:30",
            "caCertIdentifier": "rds-ca-rsa2048-g1", "networkType": "IPV4", "latestRestorableTime": CREATED,
            "databaseInsightsMode": "standard", "engineLifecycleSupport": "open-source-rds-extended-support",
            "storageType": "gp3", "masterUserSecrets": _managed_secret,
        },
    ),
    "aws:rds/parameterGroup:ParameterGroup": _named("rds", "pg:{name}"),
    "aws:rds/subnetGroup:SubnetGroup": _named(
        "rds", "subgrp:{name}", supportedNetworkTypes=["IPV4"], vpcId=lambda facts: facts.vpc_of(facts["subnetIds"])
    ),
    "aws:rds/optionGroup:OptionGroup": _named("rds", "og:{name}"),
    "aws:rds/eventSubscription:EventSubscription": _named("rds", "es:{name}", customerAwsId="{account}"),
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": _by_arn(
        "rds", "auto-backup:ab-{alnum:39}"
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": Shape(
        "{replicationGroupId}",
        {
            "arn": _arn("elasticache", "replicationgroup:{replicationGroupId}"),
            "clusterEnabled": lambda facts: bool(facts.inputs.get("numNodeGroups", 0) or facts.inputs.get("nodeGroupConfigurations")),
            "clusterMode": lambda facts: "enabled" if facts["clusterEnabled"] else "disabled",
            "configurationEndpointAddress": _cache_host("clustercfg", True),
            "primaryEndpointAddress": _cache_host("master", False),
            "readerEndpointAddress": _cache_host("replica", False),
            "memberClusters": _members, "numCacheClusters": lambda facts: len(facts["memberClusters"]),
            "numNodeGroups": 1, "engine": "redis", "engineVersion": "7.1", "engineVersionActual": _cache_version,
            "ipDiscovery": "ipv4", "networkType": "ipv4", "maintenanceWindow": "sun:08:00-sun:09:00",
            "snapshotWindow": "05:00-06:00", "transitEncryptionMode": "required",
        },
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": _named(
        "elasticache", "subnetgroup:{name}", vpcId=lambda facts: facts.vpc_of(facts["subnetIds"])
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": _named("elasticache", "parametergroup:{name}"),
    "aws:s3/bucket:Bucket": Shape(
        "{bucket}",
        {
            "arn": "arn:aws:s3:::{bucket}", "bucketRegion": "{region}",
            "bucketDomainName": "{bucket}.s3.amazonaws.com",
            "bucketRegionalDomainName": "{bucket}.s3.{region}.amazonaws.com",
            "hostedZoneId": lambda facts: _S3_ZONES.get(facts.region, "Z3AQBSTGFJSTF"),
            "requestPayer": "BucketOwner", "bucketNamespace": "global", "acl": "private",
            "websiteDomain": "", "websiteEndpoint": "",
        },
    ),
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock": Shape("{account}", {"accountId": "{account}"}),
    "aws:backup/vault:Vault": _named("backup", "backup-vault:{name}"),
    "aws:backup/plan:Plan": Shape("{uuid:}", {"arn": _arn("backup", "backup-plan:{id}"), "version": "{mixed:48}"}),
    "aws:backup/selection:Selection": Shape("{uuid:}"),
    "aws:dynamodb/table:Table": _named("dynamodb", "table/{name}"),
    "aws:sqs/queue:Queue": Shape(
        "{url}", {"arn": _arn("sqs", "{name}"), "url": "https://sqs.{region}.amazonaws.com/{account}/{name}"}
    ),
    "aws:ssm/parameter:Parameter": _named("ssm", "parameter/{name}", version=1, tier="Standard", dataType="text"),
}  # fmt: skip
_DATA_OF_BUCKETS = [
    "Versioning",
    "LifecycleConfiguration",
    "ServerSideEncryptionConfiguration",
    "Logging",
    "ObjectLockConfiguration",
    "ReplicationConfig",
    "PublicAccessBlock",
    "OwnershipControls",
    "Policy",
    "Notification",
    "AccelerateConfiguration",
    "RequestPaymentConfiguration",
]
_VAULT_SETTINGS = ("LockConfiguration", "Policy", "Notifications")

_OBSERVABILITY: Mapping[str, Shape] = {
    "aws:cloudwatch/logGroup:LogGroup": _named("logs", "log-group:{name}", logGroupClass="STANDARD"),
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": Shape("{policyName}", {"revisionId": "{hex:32}", "policyScope": "ACCOUNT"}),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _named("cloudwatch", "alarm:{name}"),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": _named("cloudwatch", "alarm:{alarmName}", "alarmName"),
    "aws:cloudwatch/dashboard:Dashboard": Shape(
        "{dashboardName}", {"dashboardArn": _arn("cloudwatch", "dashboard/{dashboardName}", regional=False)}
    ),
    "aws:cloudwatch/eventRule:EventRule": _named("events", "rule/{name}", eventBusName="default"),
    "aws:cloudwatch/eventTarget:EventTarget": Shape("{rule}-{targetId}", {"targetId": "terraform-{digits:26}"}),
    "aws:sns/topic:Topic": _by_arn("sns", "{name}", owner="{account}", signatureVersion=1, tracingConfig="PassThrough"),
    "aws:sns/topicPolicy:TopicPolicy": Shape("{arn}", {"owner": "{account}"}),
    "aws:sns/topicSubscription:TopicSubscription": Shape(
        "{arn}",
        {
            "arn": lambda facts: f"{facts['topic']}:{facts.identity.uuid()}", "ownerId": "{account}",
            # Somebody has to follow a link in a mail first.
            "pendingConfirmation": lambda facts: str(facts["protocol"]).startswith("email"),
            "confirmationWasAuthenticated": lambda facts: not facts["pendingConfirmation"],
        },
    ),
    "aws:cloudtrail/trail:Trail": _by_arn("cloudtrail", "trail/{name}", homeRegion="{region}"),
    "aws:budgets/budget:Budget": Shape(
        "{account}:{name}",
        {"arn": _arn("budgets", "budget/{name}", regional=False), "accountId": "{account}", "timePeriodStart": "2026-01-01_00:00"},
    ),
    "aws:guardduty/detector:Detector": Shape(
        "{hex:32}", {"arn": _arn("guardduty", "detector/{id}"), "accountId": "{account}", "findingPublishingFrequency": "SIX_HOURS"}
    ),
    "aws:accessanalyzer/analyzer:Analyzer": _named("access-analyzer", "analyzer/{analyzerName}", "analyzerName"),
    "aws:securityhub/account:Account": Shape("{account}", {"arn": _arn("securityhub", "hub/default")}),
    "aws:cfg/recorder:Recorder": Shape("{name}"),
}  # fmt: skip


def _issuer(facts: Facts) -> str:
    return f"https://oidc.eks.{facts.region}.amazonaws.com/id/{facts.identity.hex(32, 'oidc').upper()}"


def _network_of_cluster(facts: Facts) -> dict[str, Any]:
    given = facts.inputs.get("vpcConfig", {})
    return {
        "endpointPrivateAccess": False,
        "endpointPublicAccess": True,
        "publicAccessCidrs": ["0.0.0.0/0"] if given.get("endpointPublicAccess", True) else [],
        **given,
        "clusterSecurityGroupId": f"sg-{facts.identity.hex(17, 'cluster')}",
        "vpcId": facts.vpc_of(given.get("subnetIds", [])),
    }


def _certificate(facts: Facts) -> dict[str, str]:
    body = base64.b64encode(facts.identity.digest("ca") * 12).decode()
    lines = "\n".join(body[start : start + 64] for start in range(0, len(body), 64))
    pem = f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"
    return {"data": base64.b64encode(pem.encode()).decode()}


def _node_resources(facts: Facts) -> list[dict[str, Any]]:
    group = f"eks-{facts['nodeGroupName']}-{facts.identity.uuid('group')}"
    return [{"autoscalingGroups": [{"name": group}], "remoteAccessSecurityGroupId": ""}]


_EKS: Mapping[str, Shape] = {
    "aws:eks/cluster:Cluster": Shape(
        "{name}",
        {"arn": _arn("eks", "cluster/{name}"),
        "endpoint": lambda facts: f"https://{facts.identity.hex(32, 'oidc').upper()}.gr7.{facts.region}.eks.amazonaws.com",
        "identities": lambda facts: [{"oidcs": [{"issuer": _issuer(facts)}]}],
        "certificateAuthority": _certificate, "vpcConfig": _network_of_cluster, "status": "ACTIVE", "version": "1.36",
        "platformVersion": "eks.1", "createdAt": CREATED, "clusterId": "",
        "accessConfig": lambda _: {"authenticationMode": "CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": True},
        "kubernetesNetworkConfig": lambda _: {"ipFamily": "ipv4", "serviceIpv4Cidr": "172.20.0.0/16"},
        "upgradePolicy": lambda _: {"supportType": "EXTENDED"},},
        completes=("vpcConfig",),
    ),
    "aws:eks/nodeGroup:NodeGroup": Shape(
        "{clusterName}:{nodeGroupName}",
        {
            "arn": _arn("eks", "nodegroup/{clusterName}/{nodeGroupName}/{uuid:}"), "status": "ACTIVE",
            "amiType": "AL2023_x86_64_STANDARD", "capacityType": "ON_DEMAND", "diskSize": 20,
            "instanceTypes": ["t3.medium"], "resources": _node_resources, "version": "1.36",
            "releaseVersion": "{version}.0-20261101", "updateConfig": lambda _: {"maxUnavailable": 1},
        },
    ),
    "aws:eks/addon:Addon": Shape(
        "{clusterName}:{addonName}",
        {
            "arn": _arn("eks", "addon/{clusterName}/{addonName}/{uuid:}"), "addonVersion": "v1.0.0-eksbuild.1",
            "createdAt": CREATED, "modifiedAt": CREATED,
        },
    ),
    "aws:eks/accessEntry:AccessEntry": Shape(
        "{clusterName}:{principalArn}",
        {
            "accessEntryArn": lambda facts: facts.arn(
                "eks", f"access-entry/{facts['clusterName']}/role/{facts.account}/{str(facts['principalArn']).rsplit('/', 1)[-1]}/{facts.identity.uuid()}"
            ),
            "userName": "{principalArn}", "type": "STANDARD", "createdAt": CREATED, "modifiedAt": CREATED,
        },
    ),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": Shape(
        "{clusterName}#{principalArn}#{policyArn}", {"associatedAt": CREATED, "modifiedAt": CREATED}
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": Shape(
        "{associationId}",
        {
            "associationId": "a-{alnum:17}",
            "associationArn": _arn("eks", "podidentityassociation/{clusterName}/{associationId}"), "externalId": "",
        },
    ),
    "aws:lb/loadBalancer:LoadBalancer": _by_arn(
        *("elasticloadbalancing", "loadbalancer/{arnSuffix}"),
        arnSuffix="app/{name}/{hex:16}", dnsName="{name}-{digits:10}.{region}.elb.amazonaws.com",
        zoneId="Z35SXDOTRQ7X7K", ipAddressType="ipv4", vpcId=lambda facts: facts.vpc_of(facts["subnets"]),
    ),
    "aws:lb/targetGroup:TargetGroup": _by_arn(
        "elasticloadbalancing", "targetgroup/{name}/{hex:16}", arnSuffix="targetgroup/{name}/{hex:16}"
    ),
}  # fmt: skip

SHAPES: Mapping[str, Shape] = {
    **_NETWORK,
    **_IDENTITY,
    **_DATA,
    **{f"aws:s3/bucket{part}:Bucket{part}": Shape("{bucket}") for part in _DATA_OF_BUCKETS},
    **{
        f"aws:backup/vault{part}:Vault{part}": Shape(
            "{backupVaultName}", {"backupVaultArn": _arn("backup", "backup-vault:{backupVaultName}")}
        )
        for part in _VAULT_SETTINGS
    },
    **_OBSERVABILITY,
    **_EKS,
}
