"""Each row of the setup guide, and the assertion on the deployed production stack that proves it.

`pytest tests/engine/test_requirements_matrix.py -v` prints the matrix. A row without an assertion fails the build.
"""

from __future__ import annotations

import functools
import json
import re
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from components.recovery.objectives import missed, objectives
from config.reference import GUIDE_VARIABLES
from tests.engine.deployed import ROOT, Deployed, Resource, deploy, deployed, view
from tests.engine.test_deploy_role import REQUESTS
from tests.unit.stacks import parsed

pytestmark = pytest.mark.engine

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
CLUSTER = "production-eks-cluster"
TAGS = {"Environment", "Owner", "CostCenter", "Project", "ManagedBy"}

Proof = Callable[[Deployed], None]
MATRIX: dict[str, tuple[str, Proof]] = {}
"""Row → what it asks for, and its proof."""


def proves(asked: str, *rows: int) -> Callable[[Proof], Proof]:
    def add(proof: Proof) -> Proof:
        for row in rows:
            assert f"R{row}" not in MATRIX, f"R{row} is proved twice"
            MATRIX[f"R{row}"] = (asked, proof)
        return proof

    return add


def subnets(d: Deployed, tier: str) -> dict[str, Resource]:
    found = [s for s in d.of_type("aws:ec2/subnet:Subnet") if s.name.startswith(f"network-{tier}-")]
    return {str(s["availabilityZone"]): s for s in found}


def ingress(d: Deployed, group: Resource) -> list[Resource]:
    rules = d.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    return [rule for rule in rules if rule["securityGroupId"] == group.id]


def group(d: Deployed, name: str) -> Resource:
    return d.one("aws:ec2/securityGroup:SecurityGroup", name)


def log_groups(d: Deployed) -> dict[str, Resource]:
    return {str(g["name"]): g for g in d.of_type("aws:cloudwatch/logGroup:LogGroup")}


def key_arn(d: Deployed, domain: str) -> str:
    return str(d.one("aws:kms/key:Key", f"keys-{domain}")["arn"])


def addon(d: Deployed, name: str) -> Resource:
    (found,) = [a for a in d.of_type("aws:eks/addon:Addon") if a["addonName"] == name]
    return found


def node_group(d: Deployed, label: str) -> Resource:
    return d.one("aws:eks/nodeGroup:NodeGroup", f"cluster-{label}")


def release(d: Deployed, name: str) -> Resource:
    (found,) = [r for r in d.of_type("kubernetes:helm.sh/v3:Release") if r["name"] == name]
    return found


def alarms(d: Deployed, **dimensions: str) -> dict[str, Resource]:
    found = d.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
    return {str(a["metricName"]): a for a in found if a.inputs.get("dimensions", {}) == dimensions}


def primary(d: Deployed) -> Resource:
    return d.one("aws:rds/instance:Instance", "postgres-primary")


def replica(d: Deployed) -> Resource:
    return d.one("aws:rds/instance:Instance", "postgres-replica-read")


def redis(d: Deployed) -> Resource:
    return d.one("aws:elasticache/replicationGroup:ReplicationGroup")


def setting_of_buckets(d: Deployed, type_: str) -> dict[str, Resource]:
    """Settings of this type by the bucket's name."""
    return {str(setting["bucket"]): setting for setting in d.of_type(type_)}


def bucket_name(label: str, region: str = "us-east-1") -> str:
    return f"production-{label}-{parsed('production').account_id}-{region}"


def parameters(resource: Resource) -> dict[str, str]:
    return {p["name"]: p["value"] for p in resource.inputs["parameters"]}


@proves("VPC 10.0.0.0/16 with DNS, default security group emptied", 1)
def vpc(d: Deployed) -> None:
    found = d.one("aws:ec2/vpc:Vpc", "network")
    assert found["cidrBlock"] == "10.0.0.0/16"
    assert found["enableDnsHostnames"]
    assert found["enableDnsSupport"]
    default = d.one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "network-default")
    assert not default.inputs["ingress"]
    assert not default.inputs["egress"]


@proves("three availability zones from configuration", 2)
def zones(d: Deployed) -> None:
    assert set(subnets(d, "private")) == set(ZONES)


@proves("three public subnets for load balancers, routed to the internet gateway", 3)
def public_subnets(d: Deployed) -> None:
    found = subnets(d, "public")
    assert set(found) == set(ZONES)
    for subnet in found.values():
        assert subnet["tags"]["kubernetes.io/role/elb"] == "1"
        assert subnet["mapPublicIpOnLaunch"] is False
    route = d.one("aws:ec2/route:Route", "network-public")
    assert route["gatewayId"] == d.one("aws:ec2/internetGateway:InternetGateway").id


@proves("three private /19 subnets, a route table in each zone", 4)
def private_subnets(d: Deployed) -> None:
    found = subnets(d, "private")
    assert {str(subnet["cidrBlock"]).split("/")[1] for subnet in found.values()} == {"19"}
    assert all(subnet["tags"]["kubernetes.io/role/internal-elb"] == "1" for subnet in found.values())
    tables = {
        association["routeTableId"]
        for association in d.of_type("aws:ec2/routeTableAssociation:RouteTableAssociation")
        if association["subnetId"] in {subnet.id for subnet in found.values()}
    }
    assert len(tables) == 3


@proves("three database /24 subnets without a default route, subnet groups for RDS and ElastiCache", 5)
def database_subnets(d: Deployed) -> None:
    ids = {subnet.id for subnet in subnets(d, "database").values()}
    assert len(ids) == 3
    table = d.one("aws:ec2/routeTable:RouteTable", "network-database")
    assert table.id not in {route["routeTableId"] for route in d.of_type("aws:ec2/route:Route")}
    for type_, name in (
        ("aws:rds/subnetGroup:SubnetGroup", "network-database"),
        ("aws:elasticache/subnetGroup:SubnetGroup", "network-cache"),
    ):
        subnet_group = d.one(type_, name)
        assert set(subnet_group["subnetIds"]) == ids
        assert str(subnet_group["name"]).islower()


@proves("a NAT gateway in each zone, used by the zone's own private subnet", 6)
def nat_gateways(d: Deployed) -> None:
    for zone in ZONES:
        nat = d.one("aws:ec2/natGateway:NatGateway", f"network-{zone}")
        assert nat["subnetId"] == subnets(d, "public")[zone].id
        assert d.one("aws:ec2/route:Route", f"network-private-{zone}")["natGatewayId"] == nat.id
    assert {address["domain"] for address in d.of_type("aws:ec2/eip:Eip")} == {"vpc"}


@proves("internet gateway, before the NAT gateways", 7)
def internet_gateway(d: Deployed) -> None:
    gateway = d.one("aws:ec2/internetGateway:InternetGateway")
    for nat in d.of_type("aws:ec2/natGateway:NatGateway"):
        assert gateway.urn in d.needs(nat)


@proves("a network ACL for each tier; the databases only from the private tier", 8)
def network_acls(d: Deployed) -> None:
    acls = {a.name: a for a in d.of_type("aws:ec2/networkAcl:NetworkAcl") if a.name.startswith("network-")}
    assert set(acls) == {"network-public", "network-private", "network-database"}
    private = {subnet["cidrBlock"] for subnet in subnets(d, "private").values()}
    database = {subnet["cidrBlock"] for subnet in subnets(d, "database").values()}
    rules = acls["network-database"].inputs["ingress"]
    assert {(r["fromPort"], r["cidrBlock"]) for r in rules if r["protocol"] == "tcp"} == {
        (port, cidr) for port in (5432, 6379) for cidr in private
    }
    assert {r["cidrBlock"] for r in rules if r["protocol"] == "-1"} == database


@proves("VPC flow logs of all traffic, every minute, to an encrypted group", 9)
def flow_logs(d: Deployed) -> None:
    flow_log = d.one("aws:ec2/flowLog:FlowLog", "network-flow-logs")
    assert flow_log["trafficType"] == "ALL"
    assert flow_log["maxAggregationInterval"] == 60
    target = log_groups(d)["/aws/vpc/production/flow-logs"]
    assert flow_log["logDestination"] == target["arn"]
    assert target["kmsKeyId"] == key_arn(d, "logs")


@proves("ALB security group: HTTP and HTTPS from the internet over IPv4 and IPv6", 10)
def alb_group(d: Deployed) -> None:
    rules = {
        (r["fromPort"], r.inputs.get("cidrIpv4") or r.inputs["cidrIpv6"]) for r in ingress(d, group(d, "network-alb"))
    }
    assert rules == {(port, cidr) for port in (80, 443) for cidr in ("0.0.0.0/0", "::/0")}


@proves("EKS cluster security group: HTTPS from the VPC and the private allowed networks", 11)
def cluster_group(d: Deployed) -> None:
    rules = ingress(d, group(d, "cluster-control-plane"))
    assert {(r["fromPort"], r["toPort"], r.inputs.get("cidrIpv4")) for r in rules} == {
        (443, 443, "10.0.0.0/16"),
        (443, 443, "10.0.0.0/8"),
    }


@proves("node security group: nodes among themselves, control plane, load balancers; the only one with the tag", 12)
def nodes_group(d: Deployed) -> None:
    nodes = group(d, "cluster-nodes")
    rules = ingress(d, nodes)
    sources: dict[Any, set[Any]] = {}
    for rule in rules:
        sources.setdefault(rule["referencedSecurityGroupId"], set()).add(rule.inputs.get("fromPort"))
    assert sources == {
        nodes.id: {None},
        group(d, "cluster-control-plane").id: {443, 4443, 9443, 10250, 10251},
        group(d, "network-alb").id: {0},
    }
    tagged = [
        g.name
        for g in d.of_type("aws:ec2/securityGroup:SecurityGroup")
        if f"kubernetes.io/cluster/{CLUSTER}" in g["tags"]
    ]
    assert tagged == ["cluster-nodes"]


@proves("databases take connections only from the nodes' security group, the one on the nodes' interfaces", 13, 14)
def store_groups(d: Deployed) -> None:
    nodes = group(d, "cluster-nodes").id
    for store, port in (("postgres", 5432), ("redis", 6379)):
        (rule,) = ingress(d, group(d, store))
        assert (rule["fromPort"], rule["toPort"], rule["referencedSecurityGroupId"]) == (port, port, nodes)
    for template in d.of_type("aws:ec2/launchTemplate:LaunchTemplate"):
        assert template["vpcSecurityGroupIds"] == [nodes]


@proves("EKS cluster production-eks-cluster under API authentication, protected", 15)
def eks_cluster(d: Deployed) -> None:
    cluster = d.one("aws:eks/cluster:Cluster")
    assert cluster["name"] == CLUSTER
    assert cluster["version"] == "1.36"
    assert cluster["accessConfig"]["authenticationMode"] == "API"
    assert cluster["upgradePolicy"]["supportType"] == "STANDARD"
    assert cluster["deletionProtection"] is True
    assert cluster.protect


@proves("private endpoint always, no public one for private networks", 16)
def endpoint_access(d: Deployed) -> None:
    access = d.one("aws:eks/cluster:Cluster")["vpcConfig"]
    assert access["endpointPrivateAccess"] is True
    assert access["endpointPublicAccess"] is False


@proves("all five control-plane logs, in a group that exists before the cluster", 17)
def control_plane_logs(d: Deployed) -> None:
    cluster = d.one("aws:eks/cluster:Cluster")
    types = {"api", "audit", "authenticator", "controllerManager", "scheduler"}
    assert set(cluster["enabledClusterLogTypes"]) == types
    logs = log_groups(d)[f"/aws/eks/{CLUSTER}/cluster"]
    assert logs["kmsKeyId"] == key_arn(d, "logs")
    assert logs.urn in d.needs(cluster)


@proves("Kubernetes secrets encrypted under the eks key", 18)
def secrets_encryption(d: Deployed) -> None:
    encryption = d.one("aws:eks/cluster:Cluster")["encryptionConfig"]
    assert encryption["resources"] == ["secrets"]
    assert encryption["provider"]["keyArn"] == key_arn(d, "eks")


@proves("node groups general m5.xlarge, ml c5.4xlarge and trading c5.2xlarge, the last two tainted", 19, 20, 21)
def node_groups(d: Deployed) -> None:
    types = {"general": "m5.xlarge", "ml": "c5.4xlarge", "trading": "c5.2xlarge"}
    for label, instance_type in types.items():
        found = node_group(d, label)
        assert found["instanceTypes"] == [instance_type]
        assert found["labels"]["workload"] == label
        assert found["amiType"] == "AL2023_x86_64_STANDARD"
        taints = [(taint["key"], taint["value"], taint["effect"]) for taint in found.inputs.get("taints", [])]
        assert taints == ([] if label == "general" else [("workload", label, "NO_SCHEDULE")])
    assert node_group(d, "trading")["scalingConfig"]["minSize"] >= 3


@proves("node disks gp3 under the ebs key, IMDSv2 with hop limit 1, tags on all that a node brings", 22)
def node_disks(d: Deployed) -> None:
    templates = d.of_type("aws:ec2/launchTemplate:LaunchTemplate")
    assert len(templates) == 4
    for template in templates:
        (mapping,) = template["blockDeviceMappings"]
        assert (mapping["ebs"]["volumeType"], mapping["ebs"]["encrypted"]) == ("gp3", "true")
        assert mapping["ebs"]["kmsKeyId"] == key_arn(d, "ebs")
        metadata = template["metadataOptions"]
        assert (metadata["httpTokens"], metadata["httpPutResponseHopLimit"]) == ("required", 1)
        tags = {spec["resourceType"]: set(spec["tags"]) for spec in template["tagSpecifications"]}
        assert {"instance", "volume", "network-interface"} <= set(tags)
        assert all(names >= TAGS for names in tags.values())
    for found in d.of_type("aws:eks/nodeGroup:NodeGroup"):
        assert found["launchTemplate"]["version"] not in ("$Latest", "$Default", None)


@proves("VPC CNI pinned, with its own role, network policies and prefix delegation, before the nodes", 23)
def vpc_cni(d: Deployed) -> None:
    cni = addon(d, "vpc-cni")
    assert str(cni["addonVersion"]).startswith("v1.")
    assert "vpc-cni" in str(cni["serviceAccountRoleArn"])
    values = json.loads(cni.inputs["configurationValues"])
    assert values["enableNetworkPolicy"] == "true"
    assert values["env"]["ENABLE_PREFIX_DELEGATION"] == "true"
    assert all(cni.urn in d.needs(nodes) for nodes in d.of_type("aws:eks/nodeGroup:NodeGroup"))


@proves("CoreDNS after the nodes", 24)
def coredns(d: Deployed) -> None:
    assert node_group(d, "general").parent in d.needs(addon(d, "coredns"))


@proves("kube-proxy pinned to the cluster's minor", 25)
def kube_proxy(d: Deployed) -> None:
    assert str(addon(d, "kube-proxy")["addonVersion"]).startswith("v1.36.")


@proves("Cluster Autoscaler of the cluster's minor, writing only to the cluster's own groups", 26)
def cluster_autoscaler(d: Deployed) -> None:
    chart = release(d, "cluster-autoscaler")
    assert chart["version"] == "9.59.0"
    assert chart.inputs["values"]["image"]["tag"].startswith("v1.36.")
    assert chart.inputs["values"]["autoDiscovery"]["clusterName"] == CLUSTER
    statements = d.one("aws:iam/rolePolicy:RolePolicy", "workloads-autoscaler").document()
    writes = [s for s in statements if any("Set" in a or "Terminate" in a for a in s["Action"])]
    assert len(writes) == 1
    condition = json.dumps(writes[0]["Condition"])
    assert f"aws:ResourceTag/kubernetes.io/cluster/{CLUSTER}" in condition.replace("autoscaling:", "aws:")
    assert any("eks:DescribeNodegroup" in s["Action"] for s in statements)


@proves("AWS Load Balancer Controller that is told its cluster, region and VPC", 27)
def load_balancer_controller(d: Deployed) -> None:
    chart = release(d, "aws-load-balancer-controller")
    values = chart.inputs["values"]
    assert chart["version"] == "3.5.0"
    assert (values["clusterName"], values["region"]) == (CLUSTER, "us-east-1")
    assert values["vpcId"] == d.one("aws:ec2/vpc:Vpc", "network").id


@proves("service-account roles that name subject and audience of the cluster's own issuer", 28)
def service_account_roles(d: Deployed) -> None:
    issuer = str(d.one("aws:eks/cluster:Cluster")["identities"][0]["oidcs"][0]["issuer"]).removeprefix("https://")
    trusts = [
        statement
        for role in d.of_type("aws:iam/role:Role")
        for statement in role.document("assumeRolePolicy")
        if "oidc.eks" in json.dumps(statement)
    ]
    assert len(trusts) == len(d.of_type("platform:iam:ServiceAccountRole"))
    for trust in trusts:
        condition = trust["Condition"]["StringEquals"]
        assert condition[f"{issuer}:sub"].startswith("system:serviceaccount:")
        assert condition[f"{issuer}:aud"] == "sts.amazonaws.com"


@proves("access entries to groups of Kubernetes that are bound to roles", 29)
def rbac(d: Deployed) -> None:
    groups = {
        entry.inputs["principalArn"].rpartition("/")[2]: entry.inputs["kubernetesGroups"]
        for entry in d.of_type("aws:eks/accessEntry:AccessEntry")
    }
    assert groups["production-admin"] == groups["production-deploy"] == ["trading-platform-admins"]
    assert groups["trading-platform-preview"] == ["trading-platform-preview"]
    bindings = d.of_type("kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding")
    bindings += d.of_type("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding")
    subjects = {subject["name"] for binding in bindings for subject in binding.inputs["subjects"]}
    assert subjects >= {f"trading-platform-{role}" for role in ("admins", "developers", "read-only", "ci", "preview")}


@proves("namespaces with quotas, limits and Pod Security", 30)
def namespaces(d: Deployed) -> None:
    found = {n.inputs["metadata"]["name"]: n for n in d.of_type("kubernetes:core/v1:Namespace")}
    for name in ("trading", "ml", "data", "monitoring"):
        assert "pod-security.kubernetes.io/enforce" in found[name].inputs["metadata"]["labels"]
        for kind in ("ResourceQuota", "LimitRange"):
            limited = {r.inputs["metadata"]["namespace"] for r in d.of_type(f"kubernetes:core/v1:{kind}")}
            assert name in limited


@proves("Container Insights and Fluent Bit, with log groups that exist before", 31, 32)
def container_insights(d: Deployed) -> None:
    observability = addon(d, "amazon-cloudwatch-observability")
    for kind in ("application", "dataplane", "host", "performance"):
        logs = log_groups(d)[f"/aws/containerinsights/{CLUSTER}/{kind}"]
        assert logs["kmsKeyId"] == key_arn(d, "logs")
        assert logs.urn in d.needs(observability)
    assert "observability" in str(observability["serviceAccountRoleArn"])


@proves("kubeconfig and the command that makes one", 33)
def kubeconfig(d: Deployed) -> None:
    expected = f"aws eks update-kubeconfig --region us-east-1 --name {CLUSTER}"
    assert d.outputs["updateKubeconfigCommand"] == expected
    assert d.outputs["clusterName"] == CLUSTER
    assert "get-token" in d.outputs["kubeconfig"]


@proves("production-postgres: PostgreSQL 15 on db.r6g.2xlarge, Multi-AZ, gp3 that grows", 34, 35, 36)
def postgres(d: Deployed) -> None:
    found = primary(d)
    assert (found["identifier"], found["engine"], found["engineVersion"]) == ("production-postgres", "postgres", "15")
    assert found["instanceClass"] == "db.r6g.2xlarge"
    assert found["multiAz"] is True
    assert found["storageType"] == "gp3"
    assert found["maxAllocatedStorage"] > found["allocatedStorage"]
    assert not {"iops", "storageThroughput"} & set(found.inputs)


@proves("read replica of the primary's ARN, without what replicas refuse", 37)
def read_replica(d: Deployed) -> None:
    found = replica(d)
    assert found["replicateSourceDb"] == primary(d)["arn"]
    assert not {"username", "password", "dbName", "backupWindow", "engine", "databaseInsightsMode"} & set(found.inputs)
    assert found["performanceInsightsEnabled"] is True
    assert found["enabledCloudwatchLogsExports"] == primary(d)["enabledCloudwatchLogsExports"]


@proves("30 days of backups with point-in-time recovery", 38)
def backups(d: Deployed) -> None:
    found = primary(d)
    assert found["backupRetentionPeriod"] == 30
    assert found["copyTagsToSnapshot"] is True
    assert found["deleteAutomatedBackups"] is False


@proves("database encrypted at rest under the rds key and in transit by force", 39, 40)
def postgres_encryption(d: Deployed) -> None:
    found = primary(d)
    assert found["storageEncrypted"] is True
    assert found["kmsKeyId"] == key_arn(d, "rds")
    assert found["caCertIdentifier"] == "rds-ca-rsa2048-g1"
    parameter_group = d.one("aws:rds/parameterGroup:ParameterGroup", "postgres-postgres15")
    assert found["parameterGroupName"] == parameter_group["name"]
    assert parameters(parameter_group)["rds.force_ssl"] == "1"


@proves("enhanced monitoring every minute with a role that is ready; Performance Insights under a key", 41, 42)
def monitoring(d: Deployed) -> None:
    attachment = d.one("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "postgres-monitoring")
    for instance in (primary(d), replica(d)):
        assert instance["monitoringInterval"] == 60
        assert attachment.urn in d.needs(instance)
        assert instance["performanceInsightsKmsKeyId"] == key_arn(d, "rds")
    assert primary(d)["databaseInsightsMode"] == "advanced"
    assert primary(d)["performanceInsightsRetentionPeriod"] == 465


@proves("PostgreSQL and slow-query logs, in groups that exist before both instances", 43, 44)
def postgres_logs(d: Deployed) -> None:
    for instance in (primary(d), replica(d)):
        for kind in ("postgresql", "upgrade"):
            assert kind in instance["enabledCloudwatchLogsExports"]
            logs = log_groups(d)[f"/aws/rds/instance/{instance['identifier']}/{kind}"]
            assert logs.urn in d.needs(instance)
    parameter_group = d.one("aws:rds/parameterGroup:ParameterGroup", "postgres-postgres15")
    values = parameters(parameter_group)
    assert values["log_min_duration_statement"] == "1000"
    assert {"pg_stat_statements", "auto_explain"} <= set(values["shared_preload_libraries"].split(","))
    methods = {p["name"]: p["applyMethod"] for p in parameter_group.inputs["parameters"]}
    assert methods["shared_preload_libraries"] == "pending-reboot"


@proves("database credentials generated, and a full connection document in Secrets Manager", 45)
def postgres_secret(d: Deployed) -> None:
    secret = d.one("aws:secretsmanager/secret:Secret", "postgres")
    assert secret["kmsKeyId"] == key_arn(d, "secrets")
    document = json.loads(d.one("aws:secretsmanager/secretVersion:SecretVersion", "postgres")["secretString"])
    assert {"engine", "host", "port", "username", "password", "dbname"} <= set(document)
    assert document["host"] == primary(d)["address"]
    assert not set(document["password"]) & set('/@" ')


@proves("databases refuse deletion and leave a final snapshot", 46)
def deletion_safety(d: Deployed) -> None:
    found = primary(d)
    assert found["deletionProtection"] is True
    assert found["skipFinalSnapshot"] is False
    assert str(found["finalSnapshotIdentifier"]).startswith("production-postgres-final-")
    assert found.protect
    assert replica(d).protect


@proves("production-redis: Redis 7.0 in cluster mode, three r7g.2xlarge nodes in three zones", 47, 48, 49, 50)
def redis_cluster(d: Deployed) -> None:
    found = redis(d)
    assert (found["replicationGroupId"], found["engineVersion"]) == ("production-redis", "7.0")
    assert found["nodeType"] == "cache.r7g.2xlarge"
    assert found["numNodeGroups"] * (1 + found["replicasPerNodeGroup"]) == 3
    assert found["multiAzEnabled"]
    assert found["automaticFailoverEnabled"]
    parameter_group = d.one("aws:elasticache/parameterGroup:ParameterGroup")
    assert (parameter_group["family"], parameters(parameter_group)["cluster-enabled"]) == ("redis7", "yes")


@proves("Redis demands a token and TLS, and encrypts at rest under its key", 51, 52)
def redis_encryption(d: Deployed) -> None:
    found = redis(d)
    assert len(found["authToken"]) == 64
    assert found["transitEncryptionEnabled"] is True
    assert found["transitEncryptionMode"] == "required"
    assert found["atRestEncryptionEnabled"] in (True, "true")
    assert found["kmsKeyId"] == key_arn(d, "redis")


@proves("seven days of Redis snapshots; slow and engine logs as JSON", 53, 54)
def redis_snapshots(d: Deployed) -> None:
    found = redis(d)
    assert found["snapshotRetentionLimit"] == 7
    deliveries = {c["logType"]: c for c in found["logDeliveryConfigurations"]}
    assert set(deliveries) == {"slow-log", "engine-log"}
    for delivery in deliveries.values():
        assert delivery["logFormat"] == "json"
        assert log_groups(d)[delivery["destination"]].urn in d.needs(found)


@proves("buckets for data, models, backups and compliance: versioned, encrypted, closed", 55, 56, 57)
def buckets(d: Deployed) -> None:
    versioning = setting_of_buckets(d, "aws:s3/bucketVersioning:BucketVersioning")
    encryption = setting_of_buckets(
        d, "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    )
    access = setting_of_buckets(d, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    for label in ("data", "models", "backups", "compliance"):
        name = bucket_name(label)
        assert versioning[name]["versioningConfiguration"]["status"] == "Enabled"
        (rule,) = encryption[name]["rules"]
        assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "aws:kms"
        assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] == key_arn(d, "s3")
        assert rule["bucketKeyEnabled"] is True
        closed = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        assert all(access[name][switch] for switch in closed)


@proves("lifecycle to cheaper storage classes; nothing expires in compliance", 58)
def lifecycles(d: Deployed) -> None:
    found = setting_of_buckets(d, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
    data = [t for rule in found[bucket_name("data")]["rules"] for t in rule.get("transitions", [])]
    assert [t["storageClass"] for t in data] == ["STANDARD_IA", "GLACIER_IR", "DEEP_ARCHIVE"]
    for name, lifecycle in found.items():
        for rule in lifecycle["rules"]:
            assert "filter" in rule, name
        aborts = [
            rule["abortIncompleteMultipartUpload"]
            for rule in lifecycle["rules"]
            if "abortIncompleteMultipartUpload" in rule
        ]
        assert [abort["daysAfterInitiation"] for abort in aborts] == [7]
    kept = json.dumps(found[bucket_name("compliance")].inputs["rules"])
    assert '"expiration": {"days"' not in kept
    assert "noncurrentVersionExpiration" not in kept


@proves("compliance data replicated to another region within 15 minutes, versioned and locked on both sides", 59)
def replication(d: Deployed) -> None:
    found = d.one("aws:s3/bucketReplicationConfig:BucketReplicationConfig")
    assert found["bucket"] == bucket_name("compliance")
    (rule,) = found["rules"]
    destination = rule["destination"]
    assert destination["bucket"] == f"arn:aws:s3:::{bucket_name('compliance', 'us-west-2')}"
    assert destination["replicationTime"]["time"]["minutes"] == 15
    assert destination["metrics"]["status"] == "Enabled"
    key = d.one("aws:kms/key:Key", "recovery-keys-s3")
    assert destination["encryptionConfiguration"]["replicaKmsKeyId"] == key["arn"]
    assert rule["deleteMarkerReplication"]["status"] == "Enabled"
    versionings = setting_of_buckets(d, "aws:s3/bucketVersioning:BucketVersioning")
    for region in ("us-east-1", "us-west-2"):
        assert versionings[bucket_name("compliance", region)].urn in d.needs(found)


@proves("compliance data cannot be changed for seven years", 60)
def object_lock(d: Deployed) -> None:
    locks = setting_of_buckets(d, "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    for region in ("us-east-1", "us-west-2"):
        retention = locks[bucket_name("compliance", region)]["rule"]["defaultRetention"]
        assert (retention["mode"], retention["days"]) == ("COMPLIANCE", 2557)


@proves("every bucket denies plain text and old TLS", 61)
def tls_only(d: Deployed) -> None:
    policies = setting_of_buckets(d, "aws:s3/bucketPolicy:BucketPolicy")
    assert set(policies) == {str(bucket["bucket"]) for bucket in d.of_type("aws:s3/bucket:Bucket")}
    for policy in policies.values():
        denials = json.dumps([s["Condition"] for s in policy.document() if s["Effect"] == "Deny"])
        assert '"aws:SecureTransport": "false"' in denials
        assert "s3:TlsVersion" in denials


@proves("access logs of every bucket in a bucket under SSE-S3 that only the log service writes", 62)
def access_logs(d: Deployed) -> None:
    logging = setting_of_buckets(d, "aws:s3/bucketLogging:BucketLogging")
    targets = {bucket_name("access-logs"), bucket_name("access-logs", "us-west-2")}
    buckets_ = {str(bucket["bucket"]) for bucket in d.of_type("aws:s3/bucket:Bucket")}
    assert set(logging) == buckets_ - targets
    assert {str(setting["targetBucket"]) for setting in logging.values()} == targets
    policy = setting_of_buckets(d, "aws:s3/bucketPolicy:BucketPolicy")[bucket_name("access-logs")]
    (grant,) = [s for s in policy.document() if s["Effect"] == "Allow"]
    assert grant["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert grant["Condition"]["StringEquals"]["aws:SourceAccount"] == parsed("production").account_id


@proves("a rotated key and an alias for each domain", 63)
def keys(d: Deployed) -> None:
    domains = {"eks", "ebs", "rds", "redis", "s3", "logs", "sns", "secrets", "trail"}
    found = {
        key.name.removeprefix("keys-"): key for key in d.of_type("aws:kms/key:Key") if key.name.startswith("keys-")
    }
    assert domains <= set(found)
    assert all(key["enableKeyRotation"] is True for key in d.of_type("aws:kms/key:Key"))
    aliases = {str(alias["name"]) for alias in d.of_type("aws:kms/alias:Alias")}
    assert {f"alias/production-{domain}" for domain in domains} <= aliases


@proves("alarms delivered through an encrypted topic that CloudWatch may use", 64)
def alarm_topic(d: Deployed) -> None:
    topic = d.one("aws:sns/topic:Topic", "alarms")
    assert topic["kmsMasterKeyId"] == key_arn(d, "sns")
    policy = json.dumps(d.one("aws:sns/topicPolicy:TopicPolicy", "alarms").document())
    assert "cloudwatch.amazonaws.com" in policy
    for alarm in d.of_type("aws:cloudwatch/metricAlarm:MetricAlarm"):
        assert alarm["alarmActions"]


@proves("RDS alarms on both instances: CPU, memory, storage, connections, latencies, lag", 65)
def postgres_alarms(d: Deployed) -> None:
    metrics = {"CPUUtilization", "FreeableMemory", "FreeStorageSpace", "DatabaseConnections"}
    metrics |= {"ReadLatency", "WriteLatency"}
    found = alarms(d, DBInstanceIdentifier="production-postgres")
    assert set(found) == metrics
    assert found["FreeableMemory"]["threshold"] == 8 * 1024**3
    assert found["ReadLatency"]["threshold"] == 0.02
    assert set(alarms(d, DBInstanceIdentifier="production-postgres-read")) == metrics | {"ReplicaLag"}


@proves("Redis alarms on every node: CPU, memory, connections, hit rate", 66)
def redis_alarms(d: Deployed) -> None:
    for node in ("001", "002", "003"):
        found = alarms(d, CacheClusterId=f"production-redis-0001-{node}")
        assert {
            "CPUUtilization",
            "EngineCPUUtilization",
            "DatabaseMemoryUsagePercentage",
            "CurrConnections",
            "CacheHitRate",
        } <= set(found)


@proves("EKS alarms: failed nodes, node resources, pods", 67)
def cluster_alarms(d: Deployed) -> None:
    found = alarms(d, ClusterName=CLUSTER)
    assert {
        "cluster_failed_node_count",
        "node_cpu_utilization",
        "node_memory_utilization",
        "node_filesystem_utilization",
        "pod_number_of_container_restarts",
    } <= set(found)
    assert {str(alarm["namespace"]) for alarm in found.values()} == {"ContainerInsights"}


@proves("alarms on trading performance and API latency, at p99", 68)
def custom_alarms(d: Deployed) -> None:
    found = alarms(d)
    for metric in ("OrderLatency", "RequestLatency"):
        assert found[metric]["extendedStatistic"] == "p99"
        assert found[metric]["treatMissingData"] in ("breaching", "notBreaching", "ignore", "missing")


@proves("RPO under 15 minutes and RTO under 4 hours for the database and compliance data", 69)
def recovery_objectives(d: Deployed) -> None:
    stack = parsed("production")
    promised = objectives(
        postgres=stack.postgres,
        redis=stack.redis,
        buckets=stack.buckets,
        recovery=stack.recovery,
        thresholds=stack.observability.thresholds,
    )
    assert missed(promised, ["postgres", "bucket compliance"]) == []
    assert {o["store"] for o in d.outputs["recoveryObjectives"]} == {promise.store for promise in promised}
    assert missed(promised, ["redis"]), "snapshots of Redis miss the limit: it is declared rebuildable"


@proves("backups copied to another region", 70)
def cross_region_backups(d: Deployed) -> None:
    replicated = d.one("aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication")
    assert replicated["region"] == "us-west-2"
    assert replicated["kmsKeyId"] == d.one("aws:kms/key:Key", "recovery-keys-rds")["arn"]
    vaults = {str(vault["region"]): vault for vault in d.of_type("aws:backup/vault:Vault")}
    assert set(vaults) == {"us-east-1", "us-west-2"}
    (rule,) = d.one("aws:backup/plan:Plan")["rules"]
    assert [copy["destinationVaultArn"] for copy in rule["copyActions"]] == [vaults["us-west-2"]["arn"]]
    assert d.of_type("aws:backup/selection:Selection")


@proves("Velero with a schedule, writing to the backups bucket under its key", 71)
def velero(d: Deployed) -> None:
    values = release(d, "velero").inputs["values"]
    (location,) = values["configuration"]["backupStorageLocation"]
    assert location["bucket"] == bucket_name("backups")
    assert location["config"]["kmsKeyId"] == key_arn(d, "s3")
    assert values["schedules"]
    policy = json.dumps(d.one("aws:iam/rolePolicy:RolePolicy", "workloads-velero").document())
    assert "kms:GenerateDataKey" in policy


@proves("staging and development: the same topology, smaller", 72)
def other_environments(d: Deployed) -> None:
    for stack in ("staging", "development"):
        settings = parsed(stack)
        assert {"general", "ml", "trading"} <= set(settings.node_groups)
        assert len(settings.network.subnets) == 3
        assert settings.postgres.replicas
        assert settings.postgres.instance_class != primary(d)["instanceClass"]
        assert settings.redis.node_type != redis(d)["nodeType"]


@proves("guidance on reserved instances, never a purchase in code", 73)
def reserved_instances(d: Deployed) -> None:
    assert "Instances of RDS and ElastiCache nodes and a Savings Plan" in (ROOT / "docs" / "review.md").read_text()
    assert not [r.type for r in d if "reserv" in r.type.lower()]


@proves("a spot group for batch work: a choice of types, tainted, empty while idle", 74)
def spot_group(d: Deployed) -> None:
    batch = node_group(d, "batch")
    assert batch["capacityType"] == "SPOT"
    assert len(batch["instanceTypes"]) >= 3
    assert batch["scalingConfig"]["minSize"] == 0
    assert batch["taints"][0]["value"] == "batch"


@proves("cost tags on all that AWS can tag, on nodes and on what controllers create", 75)
def cost_tags(d: Deployed) -> None:
    tagged = [r for r in d if r.type.startswith("aws:") and r.outputs.get("tagsAll")]
    assert len(tagged) > 100
    for resource in tagged:
        assert set(resource["tagsAll"]) >= TAGS, resource.urn
    propagated = {
        (tag["tags"][0] if isinstance(tag["tags"], list) else tag["tag"])["key"]
        for tag in d.of_type("aws:autoscaling/tag:Tag")
    }
    assert propagated >= TAGS
    assert set(release(d, "aws-load-balancer-controller").inputs["values"]["defaultTags"]) >= TAGS


@proves("least privilege: no full access, an admin role that demands MFA, CI through OIDC", 76, 77)
def identity(d: Deployed) -> None:
    trust = d.one("aws:iam/role:Role", "access-admin").document("assumeRolePolicy")
    assert '"aws:MultiFactorAuthPresent": "true"' in json.dumps(trust)
    (deploy,) = d.one("aws:iam/role:Role", "access-deploy").document("assumeRolePolicy")
    condition = deploy["Condition"]["StringEquals"]
    assert condition["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
    assert condition["token.actions.githubusercontent.com:sub"].endswith(":environment:production")
    boundary = d.one("aws:iam/policy:Policy", "access-boundary")
    attachments = d.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    assert boundary["arn"] not in {attachment["policyArn"] for attachment in attachments}
    for type_ in ("aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy"):
        for policy in d.of_type(type_):
            if policy is boundary:
                continue
            for statement in policy.document():
                if statement["Effect"] == "Allow":
                    actions = statement["Action"]
                    actions = [actions] if isinstance(actions, str) else actions
                    assert not [action for action in actions if action == "*" or action.endswith(":*")], policy.urn


@proves("a trail of all regions with data events, validated, encrypted, and alarms on it", 78, 79)
def trail(d: Deployed) -> None:
    found = d.one("aws:cloudtrail/trail:Trail")
    assert found["isMultiRegionTrail"]
    assert found["enableLogFileValidation"]
    assert found["kmsKeyId"] == key_arn(d, "trail")
    assert str(found["cloudWatchLogsGroupArn"]).startswith(
        str(log_groups(d)["/aws/cloudtrail/production-trail"]["arn"])
    )
    selectors = json.dumps(found["advancedEventSelectors"])
    for label in ("data", "models", "backups", "compliance"):
        assert bucket_name(label) in selectors
    filters = {f["metricTransformation"]["name"] for f in d.of_type("aws:cloudwatch/logMetricFilter:LogMetricFilter")}
    assert filters <= set(alarms(d))
    assert len(filters) >= 14


@proves("secrets under a customer key, with a recovery window", 80)
def secrets(d: Deployed) -> None:
    found = d.of_type("aws:secretsmanager/secret:Secret")
    assert {secret.name for secret in found} == {"postgres", "redis"}
    for secret in found:
        assert secret["kmsKeyId"] == key_arn(d, "secrets")
        assert secret["recoveryWindowInDays"] == 30


@functools.cache
def foundation() -> Deployed:
    """What `bootstrap/` makes in production's account and region."""
    stack = parsed("production")
    for file in ROOT.glob("bootstrap/Pulumi.*.yaml"):
        (section,) = (
            each for key, each in yaml.safe_load(file.read_text())["config"].items() if key.endswith(":bootstrap")
        )
        if (section["accountId"], section["region"]) == (stack.account_id, stack.region):
            return view(deploy(ROOT / "bootstrap", file.name.split(".")[1]))
    pytest.fail("production's account has no foundation")


@proves("a bootstrap for the state backend in S3 with a KMS secrets provider, which the stack expects there", 81)
def state_backend(d: Deployed) -> None:
    made, state = foundation(), parsed("production").access.state
    assert state is not None
    bucket, key = made.one("aws:s3/bucket:Bucket", "state-bucket"), made.one("aws:kms/key:Key")
    assert (bucket["bucket"], bucket.protect) == (state.bucket, True)
    assert (key["enableKeyRotation"], key.protect) == (True, True)
    alias = made.one("aws:kms/alias:Alias")
    assert (alias["name"], alias["targetKeyId"]) == (state.key_alias, key["keyId"])
    encryption = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    (rule,) = setting_of_buckets(made, encryption)[state.bucket]["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"kmsMasterKeyId": key["arn"], "sseAlgorithm": "aws:kms"}
    versioning = setting_of_buckets(made, "aws:s3/bucketVersioning:BucketVersioning")[state.bucket]
    assert versioning["versioningConfiguration"]["status"] == "Enabled"
    blocked = setting_of_buckets(made, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")[state.bucket]
    switches = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert all(blocked[switch] is True for switch in switches)
    assert state.bucket in setting_of_buckets(made, "aws:s3/bucketLogging:BucketLogging")
    policy = setting_of_buckets(made, "aws:s3/bucketPolicy:BucketPolicy")[state.bucket]
    denied = [statement["Condition"] for statement in policy.document() if statement["Effect"] == "Deny"]
    assert '"aws:SecureTransport": "false"' in json.dumps(denied)
    region = parsed("production").region
    assert made.outputs["loginCommand"] == f"pulumi login s3://{state.bucket}?region={region}"
    assert made.outputs["secretsProvider"] == f"awskms://{state.key_alias}?region={region}"


@proves("every variable of the guide has its key", 82)
def configuration(d: Deployed) -> None:
    variables = {variable for variable, *_ in GUIDE_VARIABLES}
    assert variables == {
        "aws_region",
        "owner",
        "cost_center",
        "kubernetes_version",
        "cluster_endpoint_public_access_cidrs",
        "rds_instance_class",
        "rds_multi_az",
        "rds_backup_retention_period",
        "elasticache_node_type",
        "elasticache_num_cache_clusters",
    }
    readme = (ROOT / "README.md").read_text()
    assert not [variable for variable in variables if f"`{variable}`" not in readme]


@proves("a table of the tools with their versions; a deploy role with rights in every service of the stack", 83)
def prerequisites(d: Deployed) -> None:
    guide = (ROOT / "docs" / "getting-started.md").read_text()
    table = guide.split("## Tools")[1].split("\n## ")[0]
    tools = dict(re.findall(r"^\| \[?([A-Z\w ]+?)\]?(?:\([^)]*\))? \| ([^|]+?) \|", table, re.MULTILINE))
    needed = {"Python", "Pulumi CLI", "AWS CLI", "kubectl", "Helm"}
    assert [tool for tool in needed if not re.search(r"\d|`cluster\.version`", tools.get(tool, ""))] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={tools['Python'].split()[0]}"
    (sdk,) = re.findall(r"^pulumi==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert tools["Pulumi CLI"].startswith(f"{sdk},")
    policies = [p for p in d.of_type("aws:iam/policy:Policy") if p.name != "access-boundary"]
    statements = [s for p in policies for s in p.document() if s["Effect"] == "Allow"]
    allowed = {service(action) for statement in statements for action in statement["Action"]}
    asked = {
        service(action)
        for type_, (create, delete, _) in REQUESTS.items()
        if d.of_type(type_)
        for action in (create, delete)
    }
    assert len(asked) >= 15
    assert asked - allowed == set()


def service(action: str) -> str:
    return action.partition(":")[0]


@proves("outputs that the guide's commands need", 84)
def outputs(d: Deployed) -> None:
    assert d.outputs["postgresIdentifier"] == "production-postgres"
    assert d.outputs["redisIdentifier"] == "production-redis"
    assert d.outputs["clusterName"] == CLUSTER
    readme = (ROOT / "README.md").read_text()
    assert not [name for name in d.outputs if f"`{name}`" not in readme]


# Runbook → the headings without which it is none, as the guide asks for operation, maintenance and emergencies.
WORK = ("Before you start", "Verify", "Roll back")
RUNBOOKS = {
    "README": ("Where to start", "Before any of them"),
    "cluster-restore": WORK,
    "day-2": WORK,
    "destroy": WORK,
    "incident-response": ("Who does what", "The first ten minutes", "A security incident", "Afterwards"),
    "kubernetes-upgrade": WORK,
    "maintenance": ("Security updates", "Backup verification", "Performance and capacity", "Costs", "Access", "Drift"),
    "postgres-failover": WORK,
    "postgres-major-upgrade": WORK,
    "postgres-restore": WORK,
    "redis-loss": WORK,
    "region-loss": ("Before you start", "Steps", "Verify", "Way back", "Exercise"),
    "secret-rotation": WORK,
    "troubleshooting": ("EKS", "PostgreSQL", "Redis", "Deployments", "Useful commands"),
}


@proves("a runbook for each kind of operation, maintenance and emergency, with commands, found from the first page", 85)
def runbooks(d: Deployed) -> None:
    folder = ROOT / "docs" / "runbooks"
    pages = {path.stem: path.read_text() for path in folder.glob("*.md")}
    assert set(RUNBOOKS) - set(pages) == set()
    for name, wanted in RUNBOOKS.items():
        headings = re.findall(r"^## (.+)$", pages[name], re.MULTILINE)
        assert set(wanted) <= set(headings), name
        assert "```bash" in pages[name], name
    linked = set(re.findall(r"\]\(([\w-]+)\.md", pages["README"]))
    assert set(RUNBOOKS) - {"README"} <= linked
    # Emergencies name the resources that this stack has.
    for name, resource in (
        ("postgres-failover", str(primary(d)["identifier"])),
        ("postgres-restore", str(primary(d)["identifier"])),
        ("redis-loss", str(redis(d)["replicationGroupId"])),
        ("troubleshooting", CLUSTER),
    ):
        assert resource in pages[name], name


ROWS = [f"R{number}" for number in range(1, 86)]


def test_every_row_of_the_guide_has_an_assertion() -> None:
    assert [row for row in ROWS if row not in MATRIX] == []
    assert [row for row in MATRIX if row not in ROWS] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row}: {MATRIX[row][0]}" if row in MATRIX else row)
def test_row(row: str) -> None:
    _, proof = MATRIX[row]
    proof(deployed("production"))
