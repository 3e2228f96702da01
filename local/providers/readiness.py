"""What AWS needs to find before it creates a resource, or before the resource works: one row for each demand.

A preview says nothing of this, and neither does a deployment that happens to be lucky. The rows read the resource's
own inputs, and where those are not enough what is there already. `Cloud` in `faults.py` refuses what is not ready;
the tests hold the dependencies of a whole stack against the same rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from local.providers.metrics_needs import METRICS
from local.providers.wants import (
    ADDON,
    ATTACHMENT,
    BACKUPS_REPLICATION,
    BUCKET_POLICY,
    BUCKET_VERSIONING,
    CLUSTER,
    DATABASE,
    EGRESS_RULE,
    FLOW_LOG,
    INGRESS_RULE,
    INTERNET_GATEWAY,
    LAUNCH_TEMPLATE,
    LOG_GROUP,
    METRIC_ALARM,
    NAT_GATEWAY,
    NETWORK_ACL,
    NODE_GROUP,
    POLICY,
    RECORDER,
    RELEASE,
    REPLICATION_GROUP,
    RESTORE_PLAN,
    RESTORE_TEST,
    ROLE,
    ROUTE,
    ROUTE_ASSOCIATION,
    SUBNET,
    TOPIC,
    TOPIC_POLICY,
    TRAIL,
    VAULT,
    VPC_ENDPOINT,
    Need,
    Thing,
    Wanted,
    World,
    _permissions,
    beside,
    every,
    find,
    key_for,
    refers,
    role,
    values,
)

# Add-ons that run on every node, and so need none to be installed. The others wait for a node, and time out.
_ON_EVERY_NODE = ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")
# Namespaces that a cluster has from the start, or that an add-on brings along.
_GIVEN_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease", "amazon-cloudwatch")
_CONTAINER_LOGS = ("application", "dataplane", "host", "performance")
_BLOCKING_TAINTS = ("NO_SCHEDULE", "NO_EXECUTE")
_ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"


def _database_logs(database: Thing, _: World) -> Iterator[Wanted]:
    for export in values(database, "enabledCloudwatchLogsExports"):
        yield Wanted((LOG_GROUP,), "name", f"/aws/rds/instance/{database.inputs['identifier']}/{export}")


def _cluster_logs(cluster: Thing, _: World) -> Iterator[Wanted]:
    if values(cluster, "enabledClusterLogTypes"):
        yield Wanted((LOG_GROUP,), "name", f"/aws/eks/{cluster.inputs['name']}/cluster")


def _container_logs(addon: Thing, _: World) -> Iterator[Wanted]:
    if addon.inputs["addonName"] == "amazon-cloudwatch-observability":
        for kind in _CONTAINER_LOGS:
            yield Wanted((LOG_GROUP,), "name", f"/aws/containerinsights/{addon.inputs['clusterName']}/{kind}")


def _gateway_of_subnet(consumer: Thing, world: World) -> Iterator[Wanted]:
    for subnet_id in values(consumer, "subnetId"):
        for subnet in find(world, Wanted((SUBNET,), "id", subnet_id)):
            yield Wanted((INTERNET_GATEWAY,), "vpcId", subnet.inputs["vpcId"])


def _way_out(nodes: Thing, world: World) -> Iterator[Wanted]:
    """From each of the nodes' subnets to the internet: images, the API of EKS and that of EC2 are there."""
    for subnet_id in values(nodes, "subnetIds"):
        yield Wanted((NETWORK_ACL,), "subnetIds", subnet_id)
        for route in _routes(subnet_id, world):
            yield route
            for found in find(world, route):
                for nat in find(world, Wanted((NAT_GATEWAY,), "id", found.inputs.get("natGatewayId"))):
                    yield Wanted((NETWORK_ACL,), "subnetIds", nat.inputs["subnetId"])
                    yield from _routes(nat.inputs["subnetId"], world)


def _routes(subnet_id: str, world: World) -> Iterator[Wanted]:
    association = Wanted((ROUTE_ASSOCIATION,), "subnetId", subnet_id)
    yield association
    for found in find(world, association):
        yield Wanted((ROUTE,), "routeTableId", found.inputs["routeTableId"])


def _node_rules(nodes: Thing, world: World) -> Iterator[Wanted]:
    """The rules of the groups of nodes and control plane, without which a node never joins."""
    groups: list[str] = []
    for template in find(world, Wanted((LAUNCH_TEMPLATE,), "id", nodes.inputs.get("launchTemplate", {}).get("id"))):
        groups += values(template, "vpcSecurityGroupIds")
    for cluster in find(world, Wanted((CLUSTER,), "name", nodes.inputs["clusterName"])):
        # The last group is the one that EKS makes itself, with rules of its own.
        groups += cluster.inputs.get("vpcConfig", {}).get("securityGroupIds", ())
    for group in groups:
        yield Wanted((INGRESS_RULE,), "securityGroupId", group)
        yield Wanted((EGRESS_RULE,), "securityGroupId", group)


def _node_networking(nodes: Thing, _: World) -> Iterator[Wanted]:
    for addon in ("vpc-cni", "kube-proxy"):
        yield _addon(nodes.inputs["clusterName"], addon)


def _addon(cluster: str, name: str) -> Wanted:
    return Wanted((ADDON,), "clusterName", cluster, lambda addon: addon.inputs["addonName"] == name)


def _nodes_for_any_pod(consumer: Thing, world: World) -> Iterator[Wanted]:
    """Nodes that take pods without tolerations."""
    if consumer.type != ADDON:
        yield Wanted((NODE_GROUP,), accepts=_takes_any_pod)
    elif consumer.inputs["addonName"] not in _ON_EVERY_NODE:
        yield Wanted((NODE_GROUP,), "clusterName", consumer.inputs["clusterName"], _takes_any_pod)


def _takes_any_pod(nodes: Thing) -> bool:
    """Whether there is a node at once, and no taint on it that keeps pods away."""
    return values(nodes, "scalingConfig.desiredSize") != [0] and not (
        set(values(nodes, "taints.effect")) & set(_BLOCKING_TAINTS)
    )


def _name_resolution(_: Thing, world: World) -> Iterator[Wanted]:
    for cluster in find(world, Wanted((CLUSTER,))):
        yield _addon(cluster.inputs["name"], "coredns")


def _pod_roles(release: Thing, _: World) -> Iterator[Wanted]:
    """The roles that service accounts of a chart's values assume."""
    for arn in _below(release.inputs.get("values", {}), _ROLE_ANNOTATION):
        yield _permissions(arn)


def _below(value: Any, key: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            if name == key:
                yield str(each)
            else:
                yield from _below(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _below(each, key)


def _namespace(consumer: Thing, _: World) -> Iterator[Wanted]:
    path = "namespace" if consumer.type == RELEASE else "metadata.namespace"
    for name in values(consumer, path):
        if name not in _GIVEN_NAMESPACES:
            yield Wanted(("kubernetes:core/v1:Namespace",), "metadata.name", name)


def _way_to_the_api(_: Thing, world: World) -> Iterator[Wanted]:
    """The rules that let whoever deploys reach a private endpoint."""
    for cluster in find(world, Wanted((CLUSTER,))):
        for group in cluster.inputs.get("vpcConfig", {}).get("securityGroupIds", ()):
            yield Wanted((INGRESS_RULE,), "securityGroupId", group, lambda rule: "cidrIpv4" in rule.inputs)


def _replica_versioning(replication: Thing, _: World) -> Iterator[Wanted]:
    for arn in values(replication, "rules.destination.bucket"):
        yield Wanted((BUCKET_VERSIONING,), "bucket", str(arn).rpartition(":::")[2])


def _proofs(validation: Thing, _: World) -> Iterator[Wanted]:
    for name in values(validation, "validationRecordFqdns"):
        yield Wanted(("aws:route53/record:Record",), "name", f"{name}.")


def _balancer_logs(parameters: Thing, _: World) -> Iterator[Wanted]:
    for attribute in parameters.inputs.get("spec", {}).get("loadBalancerAttributes", ()):
        if attribute["key"] == "access_logs.s3.bucket":
            yield Wanted((BUCKET_POLICY,), "bucket", attribute["value"])


def _controller(_: Thing, __: World) -> Iterator[Wanted]:
    """The chart of the controller brings its kinds along, and judges objects of them."""
    yield Wanted((RELEASE,), "chart", "aws-load-balancer-controller")


def _watched_alarms(composite: Thing, _: World) -> Iterator[Wanted]:
    types = (METRIC_ALARM, "aws:cloudwatch/compositeAlarm:CompositeAlarm")
    for arn in re.findall(r'"([^"]+)"', composite.inputs["alarmRule"]):
        yield Wanted(types, "arn", arn)


def _own_policy(attachment: Thing, _: World) -> Iterator[Wanted]:
    arn = str(attachment.inputs["policyArn"])
    if "iam::aws:policy/" not in arn:
        yield Wanted((POLICY,), "arn", arn)


NEEDS: Sequence[Need] = (
    # Network
    Need("aws:ec2/eip:Eip", every(INTERNET_GATEWAY), "an address for a VPC without a gateway is refused"),
    Need(NAT_GATEWAY, _gateway_of_subnet, "creation fails: the network has no internet gateway attached"),
    Need(NAT_GATEWAY, refers("allocationId", "aws:ec2/eip:Eip", "allocationId"), "no such allocation"),
    Need(ROUTE, refers("gatewayId", INTERNET_GATEWAY, "id"), "no such gateway"),
    Need(ROUTE, refers("natGatewayId", NAT_GATEWAY, "id"), "no such gateway"),
    Need(VPC_ENDPOINT, refers("securityGroupIds", INGRESS_RULE, "securityGroupId"), "its private DNS leads nowhere"),
    # Logs: AWS makes a missing group itself, without key and retention, and then refuses ours.
    Need(DATABASE, _database_logs, "RDS makes the group itself, and ours exists already"),
    Need(CLUSTER, _cluster_logs, "EKS makes the group itself, and ours exists already"),
    Need(ADDON, _container_logs, "the agent makes the group itself, and ours exists already"),
    Need(
        REPLICATION_GROUP,
        refers("logDeliveryConfigurations.destination", LOG_GROUP, "name"),
        "ElastiCache does not find the log destination",
    ),
    Need(FLOW_LOG, refers("logDestination", LOG_GROUP, "arn"), "delivery fails with access error"),
    Need(TRAIL, refers("cloudWatchLogsGroupArn", LOG_GROUP, "arn", without=":*"), "the log group does not exist"),
    Need(
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        refers("logGroupName", LOG_GROUP, "name"),
        "the log group does not exist",
    ),
    # Roles: AWS tries them out at once, or starts to work with what they allow so far.
    Need(ATTACHMENT, _own_policy, "no such policy"),
    Need(ROLE, refers("permissionsBoundary", POLICY, "arn"), "no such policy to bound it"),
    Need(CLUSTER, role("roleArn"), "the control plane cannot make its network interfaces"),
    Need(NODE_GROUP, role("nodeRoleArn"), "nodes do not join, and the group fails after half an hour"),
    Need(ADDON, role("serviceAccountRoleArn"), "pods of the add-on fail and it is reported as degraded"),
    Need(RELEASE, _pod_roles, "pods of the release fail and its installation times out"),
    Need(DATABASE, role("monitoringRoleArn"), "RDS cannot assume the role with monitoring rights"),
    Need(FLOW_LOG, role("iamRoleArn"), "delivery fails with access error"),
    Need(TRAIL, role("cloudWatchLogsRoleArn"), "CloudTrail tries to write and is denied"),
    Need(RECORDER, role("roleArn"), "Config records nothing"),
    Need("aws:cfg/deliveryChannel:DeliveryChannel", every(RECORDER), "no recorder available"),
    Need("aws:backup/selection:Selection", role("iamRoleArn"), "Backup cannot assume or use the role"),
    Need(RESTORE_TEST, role("iamRoleArn"), "Backup cannot assume or use the role"),
    Need("aws:s3/bucketReplicationConfig:BucketReplicationConfig", role("role"), "S3 denies replication"),
    # Keys
    Need(LOG_GROUP, key_for("kmsKeyId", "logs.{region}.{suffix}"), "Logs may not use the key"),
    Need(TOPIC, key_for("kmsMasterKeyId", "cloudwatch.amazonaws.com"), "alarms are dropped silently"),
    Need(TRAIL, key_for("kmsKeyId", "cloudtrail.amazonaws.com"), "insufficient permissions to access the key"),
    Need(DATABASE, key_for("kmsKeyId", "rds.{region}.amazonaws.com"), "the key is not accessible"),
    Need(REPLICATION_GROUP, key_for("kmsKeyId", "elasticache.{region}.amazonaws.com"), "the key is not accessible"),
    Need(
        "aws:secretsmanager/secret:Secret",
        key_for("kmsKeyId", "secretsmanager.{region}.amazonaws.com"),
        "the key is not accessible",
    ),
    Need(VAULT, key_for("kmsKeyArn", "backup.{region}.amazonaws.com"), "the key is not accessible"),
    Need(
        LAUNCH_TEMPLATE,
        key_for("blockDeviceMappings.ebs.kmsKeyId", "ec2.{region}.amazonaws.com"),
        "instances stop as soon as they start",
    ),
    # Buckets
    Need(
        BUCKET_POLICY,
        beside("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"),
        "a conflicting conditional operation is in progress",
    ),
    Need(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        beside(BUCKET_VERSIONING),
        "rules for noncurrent versions of a bucket without versions",
    ),
    Need(
        "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        beside(BUCKET_VERSIONING),
        "versioning must be enabled",
    ),
    Need("aws:s3/bucketReplicationConfig:BucketReplicationConfig", beside(BUCKET_VERSIONING), "versioning first"),
    Need("aws:s3/bucketReplicationConfig:BucketReplicationConfig", _replica_versioning, "versioning first, there too"),
    Need(
        "aws:s3/bucketLogging:BucketLogging",
        refers("targetBucket", BUCKET_POLICY, "bucket"),
        "S3 may not write to the target bucket",
    ),
    Need(TRAIL, refers("s3BucketName", BUCKET_POLICY, "bucket"), "the bucket's policy is insufficient"),
    # Notifications: services ask the topic at creation, or lose what happens until its policy lets them in.
    Need("aws:rds/eventSubscription:EventSubscription", refers("snsTopic", TOPIC_POLICY, "arn"), "no authorization"),
    Need("aws:rds/eventSubscription:EventSubscription", refers("sourceIds", DATABASE, "identifier"), "no such source"),
    Need("aws:budgets/budget:Budget", refers("notifications.subscriberSnsTopicArns", TOPIC_POLICY, "arn"), "refused"),
    Need("aws:cloudwatch/eventTarget:EventTarget", refers("arn", TOPIC_POLICY, "arn"), "events are lost"),
    Need(METRIC_ALARM, refers("alarmActions", TOPIC_POLICY, "arn"), "the alarm reaches nobody"),
    Need(
        "aws:cloudwatch/compositeAlarm:CompositeAlarm",
        refers("alarmActions", TOPIC_POLICY, "arn"),
        "the alarm reaches nobody",
    ),
    Need("aws:cloudwatch/compositeAlarm:CompositeAlarm", _watched_alarms, "the rule names alarms that do not exist"),
    # Address
    Need(
        "aws:acm/certificateValidation:CertificateValidation",
        _proofs,
        "ACM finds no record, and the deployment waits for hours",
    ),
    Need(
        "kubernetes:elbv2.k8s.aws/v1beta1:IngressClassParams",
        every("aws:acm/certificateValidation:CertificateValidation"),
        "load balancers refuse a certificate that is not issued",
    ),
    Need(
        "kubernetes:elbv2.k8s.aws/v1beta1:IngressClassParams",
        _balancer_logs,
        "load balancers may not deliver access logs to the bucket, and are not made",
    ),
    Need("kubernetes:elbv2.k8s.aws/v1beta1:IngressClassParams", _controller, "no such kind, and nobody to judge it"),
    Need(
        "kubernetes:networking.k8s.io/v1:IngressClass",
        refers("spec.parameters.name", "kubernetes:elbv2.k8s.aws/v1beta1:IngressClassParams", "metadata.name"),
        "its ingresses fail until the parameters are there",
    ),
    Need(
        "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
        every("aws:cloudwatch/logResourcePolicy:LogResourcePolicy"),
        "WAF may not deliver logs to the group",
    ),
    Need(
        METRIC_ALARM, refers("dimensions.HealthCheckId", "aws:route53/healthCheck:HealthCheck", "id"), "no such check"
    ),
    *METRICS,
    # Data stores and their copies
    Need(DATABASE, refers("replicateSourceDb", DATABASE, "arn"), "the source must be available"),
    Need(
        BACKUPS_REPLICATION,
        refers("sourceDbInstanceArn", DATABASE, "arn"),
        "the source must be available",
    ),
    Need("aws:backup/plan:Plan", refers("rules.targetVaultName", VAULT, "name"), "no such vault"),
    Need("aws:backup/plan:Plan", refers("rules.copyActions.destinationVaultArn", VAULT, "arn"), "no such vault"),
    Need(RESTORE_PLAN, refers("recoveryPointSelection.includeVaults", VAULT, "arn"), "no such vault"),
    Need(RESTORE_TEST, refers("restoreTestingPlanName", RESTORE_PLAN, "name"), "no such plan"),
    # Account
    Need("aws:cfg/recorderStatus:RecorderStatus", every(RECORDER), "no such recorder"),
    Need(
        "aws:cfg/recorderStatus:RecorderStatus",
        every("aws:cfg/deliveryChannel:DeliveryChannel"),
        "no delivery channel available",
    ),
    Need(
        "aws:securityhub/standardsSubscription:StandardsSubscription",
        every("aws:securityhub/account:Account"),
        "the account is not subscribed to Security Hub",
    ),
    # Cluster
    Need(NODE_GROUP, _way_out, "nodes cannot register or pull images, and the group fails after half an hour"),
    Need(NODE_GROUP, _node_rules, "nodes cannot register, and the group fails after half an hour"),
    Need(NODE_GROUP, _node_networking, "nodes never become ready"),
    Need(ADDON, _nodes_for_any_pod, "its pods stay pending and it is reported as degraded"),
    Need(RELEASE, _nodes_for_any_pod, "its pods stay pending and its installation times out"),
    Need(RELEASE, _name_resolution, "its pods resolve no names and its installation times out"),
    Need("kubernetes:*", _namespace, "no such namespace"),
    Need("kubernetes:*", _way_to_the_api, "the private endpoint lets nobody in"),
)


def needed(consumer: Thing, world: World) -> Iterator[tuple[Need, Wanted]]:
    """Everything that has to be there for a consumer, with the row that says so."""
    for need in NEEDS:
        if fnmatchcase(consumer.type, need.consumer):
            for wanted in need.wants(consumer, world):
                yield need, wanted
