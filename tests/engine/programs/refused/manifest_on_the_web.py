"""A manifest on the web."""

import pulumi_kubernetes as k8s

k8s.yaml.v2.ConfigFile("f", file="https://example.com/objects.yaml")
