"""How long AWS typically takes to create a resource of each type, in seconds, until it can be used.

The long ones decide about a deployment: minutes as the services' user guides and the provider's own default timeouts
suggest them, at the lower end, since a shorter wait makes every other delay weigh more. The rest answers in seconds,
with the provider's own wait for what becomes visible late, such as roles and lifecycle rules.
"""

from __future__ import annotations

from collections.abc import Mapping

_USUAL = 1.0
_MINUTE = 60.0

TYPICAL_SECONDS: Mapping[str, float] = {
    "aws:backup/plan:Plan": 2,
    "aws:cloudtrail/trail:Trail": 3,
    "aws:ec2/natGateway:NatGateway": 1.75 * _MINUTE,
    "aws:ec2/networkAcl:NetworkAcl": 3,
    "aws:ec2/subnet:Subnet": 2,
    "aws:ec2/vpc:Vpc": 12,  # DNS attributes are set and waited for one after the other
    "aws:ec2/vpcEndpoint:VpcEndpoint": 2 * _MINUTE,
    "aws:eks/accessEntry:AccessEntry": 2,
    "aws:eks/addon:Addon": 0.75 * _MINUTE,
    "aws:eks/cluster:Cluster": 9 * _MINUTE,
    "aws:eks/nodeGroup:NodeGroup": 2.5 * _MINUTE,
    "aws:elasticache/parameterGroup:ParameterGroup": 3,
    "aws:elasticache/replicationGroup:ReplicationGroup": 12 * _MINUTE,
    "aws:iam/policy:Policy": 2,
    "aws:iam/role:Role": 2,
    "aws:kms/key:Key": 12,  # the policy and the rotation are read back until they are in force
    "aws:rds/eventSubscription:EventSubscription": _MINUTE,
    "aws:rds/instance:Instance": 13 * _MINUTE,
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": 6 * _MINUTE,
    "aws:rds/parameterGroup:ParameterGroup": 5,
    "aws:s3/bucket:Bucket": 3,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": 30,  # read back until it is stable
    "aws:s3/bucketVersioning:BucketVersioning": 3,
    "aws:securityhub/standardsSubscription:StandardsSubscription": 0.5 * _MINUTE,
    "kubernetes:helm.sh/v3:Release": _MINUTE,
}
"""Types that take longer than a call to an API."""

_COPY_TO_ANOTHER_REGION = 25 * _MINUTE


def creation_seconds(resource_type: str, inputs: Mapping[str, object] | None = None) -> float:
    """Seconds that the creation of a resource typically takes; a database that copies one of another region is slow."""
    source = str((inputs or {}).get("replicateSourceDb") or "")
    if source.startswith("arn:") and f":{(inputs or {}).get('region')}:" not in source:
        return _COPY_TO_ANOTHER_REGION
    return TYPICAL_SECONDS.get(resource_type, _USUAL)
