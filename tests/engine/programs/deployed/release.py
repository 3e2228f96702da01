"""A Helm release."""

import pulumi
import pulumi_kubernetes as k8s

r = k8s.helm.v3.Release(
    "nginx",
    k8s.helm.v3.ReleaseArgs(
        chart="nginx",
        repository_opts=k8s.helm.v3.RepositoryOptsArgs(repo="https://charts.bitnami.com/bitnami"),
        values={"service": {"type": "ClusterIP"}},
    ),
)
pulumi.export("n", r.status.namespace)
