"""What `eks:index:Cluster` writes into its children and outputs: tags, rules, a kubeconfig."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local.providers.monitor import Monitor, Output, Registered, combine, json_text

EVERYTHING = {"fromPort": 0, "toPort": 0, "protocol": "-1"}


def issuer(cluster: Registered) -> Output:
    """The URL of the cluster's OIDC issuer."""
    return combine(lambda identities: identities[0]["oidcs"][0]["issuer"], cluster["identities"])


def merged(*tags: Output | dict[str, str]) -> Output:
    """Tags in which later ones win."""
    outputs = [each if isinstance(each, Output) else Output(each) for each in tags]
    return combine(lambda *maps: {key: value for each in maps for key, value in (each or {}).items()}, *outputs)


def node_rules(nodes: Output, control_plane: Output) -> dict[str, dict[str, Any]]:
    """The rules between nodes and control plane, by the end of their names."""
    ingress = {"type": "ingress", "protocol": "tcp", "securityGroupId": nodes}
    api = {"fromPort": 443, "toPort": 443}
    return {
        "eksNodeIngressRule": {
            **ingress,
            **EVERYTHING,
            "description": "Allow nodes to communicate with each other",
            "self": True,
        },
        "eksNodeClusterIngressRule": {
            **ingress,
            "description": "Allow worker Kubelets and pods to receive communication from the cluster control plane",
            "fromPort": 1025,
            "toPort": 65535,
            "sourceSecurityGroupId": control_plane,
        },
        "eksExtApiServerClusterIngressRule": {
            **ingress,
            **api,
            "description": "Allow pods running extension API servers on port 443 to receive communication "
            "from cluster control plane",
            "sourceSecurityGroupId": control_plane,
        },
        "eksNodeInternetEgressRule": {
            **EVERYTHING,
            "description": "Allow internet access.",
            "type": "egress",
            "cidrBlocks": ["0.0.0.0/0"],
            "securityGroupId": nodes,
        },
        "eksClusterIngressRule": {
            **api,
            "description": "Allow pods to communicate with the cluster API Server",
            "type": "ingress",
            "protocol": "tcp",
            "securityGroupId": control_plane,
            "sourceSecurityGroupId": nodes,
        },
    }


def kubeconfig(name: str, endpoint: str, arn: str, authority: str, credentials: Mapping[str, str]) -> Any:
    """A kubeconfig that gets its token from the AWS CLI, and so holds no secret."""
    arguments = ["--region", arn.split(":")[3], "eks", "get-token", "--cluster-name", name, "--output", "json"]
    if "roleArn" in credentials:
        arguments += ["--role", credentials["roleArn"]]
    if "profileName" in credentials:
        arguments += ["--profile", credentials["profileName"]]
    version = "client.authentication.k8s.io/v1beta1"
    variables = [{"name": "KUBERNETES_EXEC_INFO", "value": json.dumps({"apiVersion": version})}]
    user = {"exec": {"apiVersion": version, "command": "aws", "args": arguments, "env": variables}}
    return {
        "apiVersion": "v1",
        "clusters": [{"cluster": {"server": endpoint, "certificate-authority-data": authority}, "name": "kubernetes"}],
        "contexts": [{"context": {"cluster": "kubernetes", "user": "aws"}, "name": "aws"}],
        "current-context": "aws",
        "kind": "Config",
        "users": [{"name": "aws", "user": user}],
    }


def get_kubeconfig(monitor: Monitor) -> Output:
    """`Cluster.getKubeconfig`: a kubeconfig as text, with the role or the profile that the program names."""
    cluster = monitor.read(monitor.read(monitor["__self__"]).get("eksCluster"))
    names = ("roleArn", "profileName")
    credentials = combine(
        lambda *given: {name: value for name, value in zip(names, given, strict=True) if value},
        *(monitor[name].otherwise("") for name in names),
    )
    known = (cluster.get("name"), cluster.get("endpoint"), cluster.get("arn"))
    return json_text(combine(kubeconfig, *known, cluster.get("certificateAuthority").get("data"), credentials))
