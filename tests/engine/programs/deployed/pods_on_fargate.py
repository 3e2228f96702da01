"""Clusters of EKS on Fargate and in auto mode, with storage classes."""

import pulumi
import pulumi_eks as eks
import pulumi_kubernetes as k8s

plain = eks.Cluster("plain", fargate=True)
chosen = eks.Cluster(
    "eks-chosen",
    fargate=eks.FargateProfileArgs(selectors=[{"namespace": "apps", "labels": {"on": "fargate"}}]),
    create_oidc_provider=True,
    coredns_addon_options={"enabled": False},
)
automatic = eks.Cluster(
    "automatic",
    authentication_mode=eks.AuthenticationMode.API,
    auto_mode=eks.AutoModeOptionsArgs(enabled=True),
    storage_classes={
        "fast": eks.StorageClassArgs(type="io1", iops_per_gb=50, encrypted=True, default=True),
        "slow": eks.StorageClassArgs(type="sc1", reclaim_policy="Retain"),
    },
)
opts = pulumi.ResourceOptions(provider=k8s.Provider("objects", kubeconfig=automatic.kubeconfig_json))
k8s.core.v1.Namespace("namespace", opts=opts)
pulumi.export("profile", plain.fargate_profile_id)
pulumi.export("role", automatic.auto_mode_node_role_name)
