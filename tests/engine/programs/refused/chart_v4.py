"""A chart that Pulumi renders (`helm.v4.Chart`)."""

import pulumi_kubernetes as k8s

k8s.helm.v4.Chart("nginx", chart="nginx", repository_opts={"repo": "https://charts.bitnami.com/bitnami"})
