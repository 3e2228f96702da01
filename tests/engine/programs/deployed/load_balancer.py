"""The address of a Service's load balancer."""

import pulumi
from pulumi_kubernetes.core.v1 import Service

s = Service("s", spec={"type": "LoadBalancer", "ports": [{"port": 80}], "selector": {"a": "b"}})
pulumi.export("ip", s.status.load_balancer.ingress[0].hostname)
pulumi.export("cip", s.spec.apply(lambda x: x.cluster_ip))
