"""A definition of resources, and one of them."""

from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.apiextensions.v1 import CustomResourceDefinition

CustomResourceDefinition(
    "c",
    metadata={"name": "issuers.cert.example"},
    spec={
        "group": "cert.example",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}},
            }
        ],
        "scope": "Namespaced",
        "names": {"plural": "issuers", "singular": "issuer", "kind": "Issuer"},
    },
)
CustomResource("i", api_version="cert.example/v1", kind="Issuer", metadata={"name": "x"}, spec={"a": 1})
