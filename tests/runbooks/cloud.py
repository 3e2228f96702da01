"""An emulator of AWS on this machine, with what the stack's state says that there is."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import boto3  # type: ignore[import-untyped]

from tests.engine.deployed import Deployed
from tests.limits import HANGING_SECONDS
from tests.servers.processes import LOOPBACK, folder, free_ports, running, wait_for

HOME_REGION, RECOVERY_REGION = "us-east-1", "us-west-2"
ACCOUNT = "123456789012"


@contextlib.contextmanager
def emulator() -> Iterator[str]:
    """Run the emulator, and yield the address that clients use instead of AWS's."""
    with folder("moto-") as home:
        (port,) = free_ports(1)
        program = Path(sys.executable).with_name("moto_server")
        url = f"http://{LOOPBACK}:{port}"
        with running("moto", [str(program), "-H", LOOPBACK, "-p", str(port)], home) as process:
            wait_for(lambda: answers(url), [process])
            yield url


def forget(url: str) -> None:
    """Begin anew, with an empty account."""
    with urlopen(Request(f"{url}/moto-api/reset", method="POST"), timeout=HANGING_SECONDS):  # noqa: S310 an address of this machine
        pass


def answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/moto-api/", timeout=HANGING_SECONDS) as response:  # noqa: S310 an address of this machine
            return bool(response.status)
    except (URLError, OSError):
        return False


class Seeding:
    """Creates what the runbooks talk about, under the names of the exported state."""

    def __init__(self, url: str, stack: Deployed) -> None:
        self.url = url
        self.stack = stack
        self.renamed: dict[str, str] = {}
        """Ids of the state, and those that the emulator has given instead."""

    def state(self, exported: Mapping[str, Any]) -> str:
        """The exported state, as it would be had the emulator given the ids."""
        text = json.dumps(exported)
        for old, new in self.renamed.items():
            text = text.replace(old, new)
        return text

    def earlier(self, state: str) -> str:
        """Keep the state in its bucket as the engine does, and return the version of the object."""
        checkpoint = {"version": 3, "checkpoint": {"stack": "production", "latest": json.loads(state)["deployment"]}}
        bucket = f"trading-platform-state-{ACCOUNT}-{HOME_REGION}"
        kept = self.client("s3").put_object(Bucket=bucket, Key=STATE_KEY, Body=json.dumps(checkpoint))
        return str(kept["VersionId"])

    def client(self, service: str, region: str = HOME_REGION) -> Any:
        return boto3.client(
            service, endpoint_url=self.url, region_name=region, aws_access_key_id="a", aws_secret_access_key="b"
        )

    def everything(self) -> dict[str, str]:
        """Create all of it, and return what a reader would fill in: ids that AWS gives."""
        self.keys()
        self.buckets()
        self.secrets()
        self.alarms()
        return {**self.machines(), **self.databases(), **self.backups(), **self.identities()}

    def keys(self) -> None:
        for key in self.stack.of_type("aws:kms/key:Key"):
            region, identifier = key["arn"].split(":")[3], key["arn"].rpartition("/")[2]
            made = self.client("kms", region).create_key(Description=key.inputs["description"])
            self.renamed[identifier] = made["KeyMetadata"]["KeyId"]
        for alias in self.stack.of_type("aws:kms/alias:Alias"):
            region = alias["arn"].split(":")[3]
            self.client("kms", region).create_alias(
                AliasName=alias["name"], TargetKeyId=self.renamed[alias["targetKeyId"]]
            )
        # Those of a takeover's stacks, and of the account's foundations.
        names = [(RECOVERY_REGION, f"{stack}-rds") for stack in ("takeover", "rehearsal")]
        names += [(HOME_REGION, "home-rds")]
        names += [(region, "trading-platform-state") for region in (HOME_REGION, RECOVERY_REGION)]
        for region, name in names:
            kms = self.client("kms", region)
            key = kms.create_key(Description=name)["KeyMetadata"]["KeyId"]
            kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key)

    def buckets(self) -> None:
        names: dict[str, str | None] = {
            bucket["bucket"]: bucket.inputs.get("region") for bucket in self.stack.of_type("aws:s3/bucket:Bucket")
        }
        for region in (HOME_REGION, RECOVERY_REGION):
            names[f"trading-platform-state-{ACCOUNT}-{region}"] = region
        for name, placed in names.items():
            place = (
                {} if placed in (None, HOME_REGION) else {"CreateBucketConfiguration": {"LocationConstraint": placed}}
            )
            s3 = self.client("s3", placed or HOME_REGION)
            s3.create_bucket(Bucket=name, **place)
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        self._bucket_settings()
        s3 = self.client("s3")
        data = f"production-data-{ACCOUNT}-{HOME_REGION}"
        for name in ("prices/1", "prices/2"):
            s3.put_object(Bucket=data, Key=name, Body=b"1")
            s3.delete_object(Bucket=data, Key=name)
        self.good_version = s3.put_object(Bucket=data, Key="wrong", Body=b"good")["VersionId"]
        s3.put_object(Bucket=data, Key="wrong", Body=b"bad")

    def _bucket_settings(self) -> None:
        """Encryption and replication, as far as pages ask for them."""
        for each in self.stack.of_type(
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
        ):
            default = each.inputs["rules"][0]["applyServerSideEncryptionByDefault"]
            chosen = {"SSEAlgorithm": default["sseAlgorithm"]}
            if key := default.get("kmsMasterKeyId"):
                chosen["KMSMasterKeyID"] = key.replace(name := key.rpartition("/")[2], self.renamed[name])
            self._encrypt(each.inputs["bucket"], each.inputs.get("region"), chosen)
        for region in (HOME_REGION, RECOVERY_REGION):
            self._encrypt(f"trading-platform-state-{ACCOUNT}-{region}", region, {"SSEAlgorithm": "aws:kms"})
        rule = {
            "Status": "Enabled",
            "Priority": 1,
            "Filter": {"Prefix": ""},
            "DeleteMarkerReplication": {"Status": "Enabled"},
        }
        copy = f"arn:aws:s3:::production-compliance-{ACCOUNT}-{RECOVERY_REGION}"
        self.client("s3").put_bucket_replication(
            Bucket=f"production-compliance-{ACCOUNT}-{HOME_REGION}",
            ReplicationConfiguration={
                "Role": f"arn:aws:iam::{ACCOUNT}:role/replication",
                "Rules": [{**rule, "ID": "all", "Destination": {"Bucket": copy}}],
            },
        )

    def _encrypt(self, bucket: str, region: str | None, default: Mapping[str, str]) -> None:
        self.client("s3", region or HOME_REGION).put_bucket_encryption(
            Bucket=bucket,
            ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
        )

    def scene(self, page: str) -> None:
        """What has happened when a reader opens this page."""
        if page == "maintenance":
            self._in_alarm(HOME_REGION, "recovery-late-copies")
            self._in_alarm(RECOVERY_REGION, "standby-lag")
        if page == "key-loss":
            (alias,) = [each for each in self.stack.of_type("aws:kms/alias:Alias") if each.name == "keys-rds"]
            self.client("kms").schedule_key_deletion(KeyId=self.renamed[alias["targetKeyId"]], PendingWindowInDays=30)
            self.client("rds").stop_db_instance(DBInstanceIdentifier="production-postgres")
        if page == "volume-restore":
            ec2, claim = self.client("ec2"), {"name": "data-ledger-0", "namespace": "trading"}
            tags = [{"Key": f"kubernetes.io/created-for/pvc/{key}", "Value": value} for key, value in claim.items()]
            volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=20, Encrypted=True)["VolumeId"]
            kept = {"ResourceType": "snapshot", "Tags": tags}
            ec2.create_snapshot(VolumeId=volume, TagSpecifications=[kept])
        if page == "postgres-major-upgrade":
            self.client("rds").delete_db_snapshot(DBSnapshotIdentifier="production-postgres-before-16")

    def secrets(self) -> None:
        documents = {"postgres": {"username": "trading_admin", "password": "secret", "dbname": "trading"}}
        documents["redis"] = {"authToken": "a-token-of-sixteen-or-more"}
        for secret in self.stack.of_type("aws:secretsmanager/secret:Secret"):
            store = secret["name"].rpartition("/")[2].partition("-")[0]
            made = self.client("secretsmanager").create_secret(
                Name=secret["name"], SecretString=json.dumps(documents[store])
            )
            self.renamed[secret["arn"]] = made["ARN"]

    def alarms(self) -> None:
        for group in self.stack.of_type("aws:cloudwatch/logGroup:LogGroup"):
            region = group.inputs.get("region") or HOME_REGION
            self.client("logs", region).create_log_group(logGroupName=group["name"])
        for topic in self.stack.of_type("aws:sns/topic:Topic"):
            self.client("sns", topic["arn"].split(":")[3]).create_topic(Name=topic["name"])
        self.client("sns", RECOVERY_REGION).create_topic(Name="takeover-alarms")
        self.client("guardduty").create_detector(Enable=True)
        self.client("budgets").create_budget(
            AccountId=ACCOUNT,
            Budget={
                "BudgetName": "production-monthly",
                "BudgetType": "COST",
                "TimeUnit": "MONTHLY",
                "BudgetLimit": LIMIT,
            },
        )

    def _in_alarm(self, region: str, label: str) -> None:
        """An alarm of the stack, about a copy that is behind."""
        wanted = self.stack.one("aws:cloudwatch/metricAlarm:MetricAlarm", label)
        cloudwatch = self.client("cloudwatch", region)
        cloudwatch.put_metric_alarm(
            AlarmName=wanted["name"],
            ComparisonOperator=wanted["comparisonOperator"],
            EvaluationPeriods=1,
            MetricName=wanted["metricName"],
            Namespace=wanted["namespace"],
            Period=60,
            Statistic="Sum",
            Threshold=1,
        )
        cloudwatch.set_alarm_state(AlarmName=wanted["name"], StateValue="ALARM", StateReason="a copy is behind")

    def machines(self) -> dict[str, str]:
        eks, ec2 = self.client("eks"), self.client("ec2")
        for region, name in ((HOME_REGION, "production"), (RECOVERY_REGION, "takeover")):
            self.client("eks", region).create_cluster(
                name=f"{name}-eks-cluster",
                version="1.36",
                roleArn=f"arn:aws:iam::{ACCOUNT}:role/eks",
                resourcesVpcConfig={"subnetIds": []},
            )
        found = ec2.describe_subnets()["Subnets"][0]
        subnet, self.renamed[self.stack.one("aws:ec2/vpc:Vpc", "network").id] = found["SubnetId"], found["VpcId"]
        eks.create_nodegroup(
            clusterName="production-eks-cluster",
            nodegroupName="general",
            subnets=[subnet],
            nodeRole=f"arn:aws:iam::{ACCOUNT}:role/node",
        )
        volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=10)["VolumeId"]
        group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
        return {
            "NODE_GROUP": "general",
            "NODE": "node-1",
            "POD": "order-1",
            "GROUP": group,
            "VOLUME_ARN": f"arn:aws:ec2:{HOME_REGION}:{ACCOUNT}:volume/{volume}",
            "PREFIX": "prices/",
            "OBJECT": "wrong",
            "EARLIER": self.good_version,
        }

    def databases(self) -> dict[str, str]:
        key = self.stack.one("aws:kms/key:Key", "keys-rds")["arn"]
        key = key.replace(name := key.rpartition("/")[2], self.renamed[name])
        common = {"Engine": "postgres", "DBInstanceClass": "db.r6g.2xlarge", "AllocatedStorage": 500, "KmsKeyId": key}
        place = self._place()
        window = self.stack.one("aws:rds/instance:Instance", "postgres-primary").inputs["maintenanceWindow"]
        place["PreferredMaintenanceWindow"] = window
        self._instance(HOME_REGION, "production-postgres", EngineVersion="15.13", **common, **place)
        rds, recovery = self.client("rds"), self.client("rds", RECOVERY_REGION)
        rds.create_db_instance_read_replica(
            DBInstanceIdentifier="production-postgres-read", SourceDBInstanceIdentifier="production-postgres"
        )
        recovery.create_db_instance_read_replica(
            DBInstanceIdentifier="production-postgres-standby",
            SourceDBInstanceIdentifier=f"arn:aws:rds:{HOME_REGION}:{ACCOUNT}:db:production-postgres",
            SourceRegion=HOME_REGION,
        )
        for client, name in ((rds, ""), (rds, "-read"), (recovery, "-standby")):
            client.modify_db_instance(DBInstanceIdentifier=f"production-postgres{name}", DeletionProtection=True)
        for name in ("takeover-postgres", "rehearsal-postgres"):
            self._instance(RECOVERY_REGION, name, EngineVersion="15.13", **common)
        rds.create_db_snapshot(
            DBInstanceIdentifier="production-postgres", DBSnapshotIdentifier="production-postgres-before-16"
        )
        group = self.stack.one("aws:elasticache/replicationGroup:ReplicationGroup").inputs
        self.client("elasticache").create_replication_group(
            ReplicationGroupId="production-redis",
            ReplicationGroupDescription=group["description"],
            Engine="redis",
            EngineVersion="7.0",
            CacheNodeType=group["nodeType"],
            NumNodeGroups=group["numNodeGroups"],
            ReplicasPerNodeGroup=group["replicasPerNodeGroup"],
            AutomaticFailoverEnabled=True,
            MultiAZEnabled=True,
        )
        return {"SNAPSHOT": "automatic.production-redis"}

    def _place(self) -> dict[str, Any]:
        """Subnets and parameters of the database, under the names that it has."""
        group = self.stack.one("aws:rds/subnetGroup:SubnetGroup", "network-database")["name"]
        parameters = self.stack.one("aws:rds/parameterGroup:ParameterGroup", "postgres-postgres15")["name"]
        # The emulator wants those of the primary in the region of a replica too.
        for region in (HOME_REGION, RECOVERY_REGION):
            rds = self.client("rds", region)
            subnets = [each["SubnetId"] for each in self.client("ec2", region).describe_subnets()["Subnets"]]
            rds.create_db_subnet_group(
                DBSubnetGroupName=group, DBSubnetGroupDescription="database", SubnetIds=subnets[:3]
            )
            for name, family in ((parameters, "postgres15"), ("production-postgres-postgres16-1", "postgres16")):
                rds.create_db_parameter_group(
                    DBParameterGroupName=name, DBParameterGroupFamily=family, Description="production-postgres"
                )
        security_group = self.client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
        return {
            "DBSubnetGroupName": group,
            "DBParameterGroupName": parameters,
            "VpcSecurityGroupIds": [security_group],
        }

    def _instance(self, region: str, name: str, **options: Any) -> None:
        self.client("rds", region).create_db_instance(
            DBInstanceIdentifier=name,
            MasterUsername="trading_admin",
            MasterUserPassword="secret-enough",
            MultiAZ=True,
            StorageEncrypted=True,
            **options,
        )

    def backups(self) -> dict[str, str]:
        for vault in self.stack.of_type("aws:backup/vault:Vault"):
            self.client("backup", vault["arn"].split(":")[3]).create_backup_vault(BackupVaultName=vault["name"])
        point = f"arn:aws:backup:{HOME_REGION}:{ACCOUNT}:recovery-point:00000000-0000-0000-0000-000000000000"
        return {"RECOVERY_POINT": point, "JOB": "00000000-0000-0000-0000-000000000000"}

    def identities(self) -> dict[str, str]:
        iam = self.client("iam")
        trust = self.stack.one("aws:iam/role:Role", "access-admin")["assumeRolePolicy"]
        for name in ("production-admin", "account-admin", "production-suspect"):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        return {"ROLE": "production-suspect"}


LIMIT = {"Amount": "15000", "Unit": "USD"}
STATE_KEY = ".pulumi/stacks/trading-platform/production.json"
