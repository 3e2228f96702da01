"""Rows R15 to R33: the cluster and what runs in it."""

from __future__ import annotations

import json

from tests.engine.deployed import Deployed
from tests.engine.requirements.support import (
    CLUSTER,
    TAGS,
    addon,
    key_arn,
    log_groups,
    node_group,
    proves,
    release,
)


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
