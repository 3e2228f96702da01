"""A Deployment behind a Service."""

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment, DeploymentSpecArgs
from pulumi_kubernetes.core.v1 import *
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

l = {"app": "nginx"}
d = Deployment(
    "d",
    spec=DeploymentSpecArgs(
        selector=LabelSelectorArgs(match_labels=l),
        replicas=1,
        template=PodTemplateSpecArgs(
            metadata=ObjectMetaArgs(labels=l),
            spec=PodSpecArgs(
                containers=[
                    ContainerArgs(
                        name="nginx",
                        image="nginx",
                        ports=[ContainerPortArgs(container_port=80)],
                        resources=ResourceRequirementsArgs(requests={"cpu": "100m", "memory": "100Mi"}),
                    )
                ]
            ),
        ),
    ),
)
s = Service(
    "s",
    metadata=ObjectMetaArgs(labels=d.spec["template"]["metadata"]["labels"]),
    spec=ServiceSpecArgs(type="LoadBalancer", ports=[{"port": 80, "target_port": 80}], selector=l),
)
pulumi.export("name", d.metadata["name"])
ing = s.status.apply(
    lambda v: (
        v["load_balancer"]["ingress"][0] if v and v.get("load_balancer") and v["load_balancer"].get("ingress") else None
    )
)
pulumi.export("ip", ing)
pod = Pod("pod", spec=PodSpecArgs(containers=[ContainerArgs(name="c", image="nginx")]))
pulumi.export("address", pod.status.apply(lambda status: status.pod_ip))
