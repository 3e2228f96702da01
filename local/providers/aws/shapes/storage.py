"""Shapes of what keeps data: databases, caches, buckets, backups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local.providers.aws.facts import Facts, Shape
from local.providers.aws.shapes.building import arn, short_region, texts, vpc_of, with_arn, with_name
from local.providers.identity import CREATED, Identity

# Hosted zones of S3 by region, from the AWS General Reference.
_S3_ZONES = {"us-east-1": "Z3AQBSTGFJSTF", "us-west-2": "Z3BJ6K6RIION7M"}
_ENGINE_PORTS = {"mariadb": 3306, "mysql": 3306, "oracle-ee": 1521, "postgres": 5432, "sqlserver-se": 1433}
# The newest minor versions of PostgreSQL on RDS, by major, at the end of 2026.
_NEWEST_MINOR = {"14": "24", "15": "19", "16": "15", "17": "11", "18": "6"}
# Hosted zones of RDS by region, as its API reports them.
_RDS_ZONES = {"us-east-1": "Z2R2ITUGPM61AM", "us-west-2": "Z1PVIF0B656C1W"}
_BUCKET_SETTINGS = (
    *("AccelerateConfiguration", "LifecycleConfiguration", "Logging", "Notification", "ObjectLockConfiguration"),
    *("OwnershipControls", "Policy", "PublicAccessBlock", "ReplicationConfig", "RequestPaymentConfiguration"),
    *("ServerSideEncryptionConfiguration", "Versioning"),
)
_VAULT_SETTINGS = ("LockConfiguration", "Notifications", "Policy")


def _port(facts: Facts) -> int:
    return _ENGINE_PORTS.get(str(facts["engine"]), 5432)


def _of_source(name: str, default: Any) -> Callable[[Facts], Any]:
    """What a replica takes over from its source, or a default."""
    return lambda facts: facts.other(facts["replicateSourceDb"]).get(name, default)


def _actual_version(facts: Facts) -> str:
    version = str(facts["engineVersion"])
    return f"{version}.{_NEWEST_MINOR[version]}" if version in _NEWEST_MINOR else version


def _family(facts: Facts) -> str:
    """`postgres15`, the family of parameter groups."""
    return f"{facts['engine']}{str(facts['engineVersion']).split('.')[0]}"


def _option_group(facts: Facts) -> str:
    return f"default:{facts['engine']}-{str(facts['engineVersion']).split('.')[0]}"


def _managed_secret(facts: Facts) -> list[dict[str, str]]:
    if facts["manageMasterUserPassword"] is not True:
        return []
    name = f"rds!db-{facts.identity.uuid('secret')}-{facts.identity.letters(6, 'secret')}"
    secret = {"secretArn": facts.arn("secretsmanager", f"secret:{name}"), "secretStatus": "active"}
    return [{**secret, "kmsKeyId": str(facts["masterUserSecretKmsKeyId"])}]


def _is_sharded(facts: Facts) -> bool:
    return bool(facts.inputs.get("numNodeGroups") or facts.inputs.get("nodeGroupConfigurations"))


def _cache_nodes(facts: Facts) -> list[str]:
    group = facts["replicationGroupId"]
    if not facts["clusterEnabled"]:
        return [f"{group}-{number:03}" for number in range(1, int(facts.inputs.get("numCacheClusters", 1)) + 1)]
    nodes = int(facts["replicasPerNodeGroup"] or 0) + 1
    shards = range(1, int(facts["numNodeGroups"] or 1) + 1)
    return [f"{group}-{shard:04}-{node:03}" for shard in shards for node in range(1, nodes + 1)]


def _cache_host(role: str, sharded: bool) -> Callable[[Facts], str]:
    """A host of a replication group: the configuration's with shards, else the writers' and the readers'."""

    def host(facts: Facts) -> str:
        if facts["clusterEnabled"] is not sharded:
            return ""
        suffix = Identity(facts.identity.urn, {}).letters(6, "cache")
        return f"{role}.{facts['replicationGroupId']}.{suffix}.{short_region(facts.region)}.cache.{facts.suffix}"

    return host


def _cache_version(facts: Facts) -> str:
    """The version with its patch level: `7.1.0` for 7.1."""
    version = str(facts["engineVersion"])
    return f"{version}.0" if version.count(".") == 1 else version


SHAPES: Mapping[str, Shape] = {
    "aws:backup/plan:Plan": Shape("{uuid:}", {"arn": arn("backup", "backup-plan:{id}"), "version": "{mixed:48}"}),
    "aws:backup/regionSettings:RegionSettings": Shape(
        "{region}", {"resourceTypeManagementPreference": lambda _: {"DynamoDB": True, "EFS": True}}
    ),
    "aws:backup/restoreTestingPlan:RestoreTestingPlan": Shape(
        "{name}", {"arn": arn("backup", "restore-testing-plan:{name}_{uuid:}"), "scheduleExpressionTimezone": "Etc/UTC"}
    ),
    "aws:backup/restoreTestingSelection:RestoreTestingSelection": Shape("{name}:{restoreTestingPlanName}"),
    "aws:backup/selection:Selection": Shape("{uuid:}"),
    "aws:backup/vault:Vault": with_name(arn("backup", "backup-vault:{name}")),
    "aws:dynamodb/table:Table": with_name(arn("dynamodb", "table/{name}")),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Shape("{repository}", {"registryId": "{account}"}),
    "aws:ecr/pullThroughCacheRule:PullThroughCacheRule": Shape("{ecrRepositoryPrefix}", {"registryId": "{account}"}),
    "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration": Shape(
        "{account}", {"registryId": "{account}"}
    ),
    "aws:ecr/replicationConfiguration:ReplicationConfiguration": Shape("{account}", {"registryId": "{account}"}),
    "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate": Shape("{prefix}", {"registryId": "{account}"}),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": Shape("{repository}", {"registryId": "{account}"}),
    "aws:elasticache/parameterGroup:ParameterGroup": with_name(arn("elasticache", "parametergroup:{name}")),
    "aws:elasticache/replicationGroup:ReplicationGroup": with_name(
        arn("elasticache", "replicationgroup:{replicationGroupId}"),
        "replicationGroupId",
        clusterEnabled=_is_sharded,
        clusterMode=lambda facts: "enabled" if facts["clusterEnabled"] else "disabled",
        configurationEndpointAddress=_cache_host("clustercfg", True),
        engine="redis",
        engineVersion="7.1",
        engineVersionActual=_cache_version,
        ipDiscovery="ipv4",
        maintenanceWindow="sun:08:00-sun:09:00",
        memberClusters=_cache_nodes,
        networkType="ipv4",
        numCacheClusters=lambda facts: len(_cache_nodes(facts)),
        numNodeGroups=1,
        primaryEndpointAddress=_cache_host("master", False),
        readerEndpointAddress=_cache_host("replica", False),
        snapshotWindow="05:00-06:00",
        transitEncryptionMode="required",
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": with_name(
        arn("elasticache", "subnetgroup:{name}"), vpcId=vpc_of("subnetIds")
    ),
    "aws:elasticache/user:User": with_name(arn("elasticache", "user:{userId}"), "userId"),
    "aws:elasticache/userGroup:UserGroup": with_name(arn("elasticache", "usergroup:{userGroupId}"), "userGroupId"),
    "aws:rds/eventSubscription:EventSubscription": with_name(arn("rds", "es:{name}"), customerAwsId="{account}"),
    "aws:rds/instance:Instance": Shape(
        "{resourceId}",
        {
            "allocatedStorage": _of_source("allocatedStorage", 20),
            "address": "{identifier}.{alnum:12/host}.{region}.rds.{suffix}",
            "arn": arn("rds", "db:{identifier}"),
            "availabilityZone": "{region}a",
            "backupTarget": "region",
            "backupWindow": "07:00-07:30",
            "caCertIdentifier": "rds-ca-rsa2048-g1",
            "characterSetName": "",
            "databaseInsightsMode": "standard",
            "dbName": _of_source("dbName", ""),
            "endpoint": "{address}:{port}",
            "engine": _of_source("engine", "postgres"),
            "engineLifecycleSupport": "open-source-rds-extended-support",
            "engineVersion": _of_source("engineVersion", "17.11"),
            "engineVersionActual": _actual_version,
            "hostedZoneId": lambda facts: _RDS_ZONES.get(facts.region, "Z2R2ITUGPM61AM"),
            "kmsKeyId": _of_source("kmsKeyId", ""),
            "latestRestorableTime": CREATED,
            "licenseModel": "postgresql-license",
            "maintenanceWindow": "sun:08:00-sun:08:30",
            "masterUserSecrets": _managed_secret,
            "ncharCharacterSetName": "",
            "networkType": "IPV4",
            "optionGroupName": _option_group,
            "parameterGroupName": lambda facts: f"default.{_family(facts)}",
            "port": _port,
            "resourceId": "db-{upper:26}",
            "status": "available",
            "storageType": _of_source("storageType", "gp3"),
            "username": _of_source("username", ""),
        },
    ),
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": Shape(
        arn("rds", "auto-backup:ab-{alnum:39}")
    ),
    "aws:rds/optionGroup:OptionGroup": with_name(arn("rds", "og:{name}")),
    "aws:rds/parameterGroup:ParameterGroup": with_name(arn("rds", "pg:{name}")),
    "aws:rds/subnetGroup:SubnetGroup": with_name(
        arn("rds", "subgrp:{name}"), supportedNetworkTypes=["IPV4"], vpcId=vpc_of("subnetIds")
    ),
    "aws:s3/accessPoint:AccessPoint": Shape(
        "{accountId}:{name}",
        {
            "accountId": "{account}",
            "alias": lambda facts: f"{facts['name'][:20]}-{facts.identity.letters(34, 'alias')}-s3alias",
            "arn": arn("s3", "accesspoint/{name}"),
            "bucketAccountId": "{account}",
            "domainName": "{name}-{accountId}.s3-accesspoint.{region}.{suffix}",
            "endpoints": texts(
                dualstack="s3-accesspoint.dualstack.{region}.{suffix}",
                fips="s3-accesspoint-fips.{region}.{suffix}",
                fips_dualstack="s3-accesspoint-fips.dualstack.{region}.{suffix}",
                ipv4="s3-accesspoint.{region}.{suffix}",
            ),
            "networkOrigin": lambda facts: "VPC" if facts.inputs.get("vpcConfiguration") else "Internet",
        },
    ),
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock": Shape("{accountId}", {"accountId": "{account}"}),
    "aws:s3/bucket:Bucket": with_name(
        "arn:{partition}:s3:::{bucket}",
        "bucket",
        acl="private",
        bucketDomainName="{bucket}.s3.{suffix}",
        bucketNamespace="global",
        bucketRegion="{region}",
        bucketRegionalDomainName="{bucket}.s3.{region}.{suffix}",
        hostedZoneId=lambda facts: _S3_ZONES.get(facts.region, "Z3AQBSTGFJSTF"),
        requestPayer="BucketOwner",
        websiteDomain="",
        websiteEndpoint="",
    ),
    **{f"aws:s3/bucket{setting}:Bucket{setting}": Shape("{bucket}") for setting in _BUCKET_SETTINGS},
    **{
        f"aws:backup/vault{setting}:Vault{setting}": Shape(
            "{backupVaultName}", {"backupVaultArn": arn("backup", "backup-vault:{backupVaultName}")}
        )
        for setting in _VAULT_SETTINGS
    },
    "aws:ecr/repository:Repository": with_name(
        arn("ecr", "repository/{name}"),
        registryId="{account}",
        repositoryUrl="{account}.dkr.ecr.{region}.{suffix}/{name}",
    ),
    "aws:sqs/queue:Queue": with_name(arn("sqs", "{name}"), "url", url="https://sqs.{region}.{suffix}/{account}/{name}"),
    "aws:lambda/function:Function": with_name(
        arn("lambda", "function:{name}"),
        version="$LATEST",
        invokeArn="arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations",
    ),
    "aws:ssm/parameter:Parameter": with_name(
        arn("ssm", "parameter/{name}"), dataType="text", tier="Standard", version=1
    ),
    "aws:rds/cluster:Cluster": with_arn(arn("rds", "cluster:{clusterIdentifier}")),
}
