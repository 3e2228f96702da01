"""Manifests as files, text and objects (`yaml.v2.ConfigGroup`), secrets."""

import pulumi
import pulumi_kubernetes as k8s

ns = k8s.core.v1.Namespace("ns", metadata={"name": "a"})
g = k8s.yaml.v2.ConfigGroup(
    "g",
    yaml="""apiVersion: apps/v1
kind: Deployment
metadata: {name: a, namespace: n}
spec:
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}
---
apiVersion: v1
kind: Namespace
metadata: {name: n}
""",
    files=["manifests/*.yaml"],
    objs=[
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "s", "namespace": ns.metadata["name"]},
            "stringData": {"a": pulumi.Output.secret("hidden")},
        }
    ],
    opts=pulumi.ResourceOptions(depends_on=[ns]),
)
s = k8s.core.v1.Secret("sec", string_data={"p": pulumi.Output.secret("hidden")})
k8s.core.v1.ConfigMap("cm", data={"p": pulumi.Output.secret("hiddentext"), "q": "open"})
pulumi.export("n", s.metadata.name)
text = pulumi.Output.secret("apiVersion: v1\nkind: Secret\nmetadata: {name: t}\nstringData: {a: hidden}\n")
k8s.yaml.v2.ConfigGroup("secret", yaml=text)
