"""The load balancers of `awsx:lb` with their children, after pulumi-awsx 3.11."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2

from local import schema
from local.providers.awsx.network import default_network
from local.providers.monitor import Monitor, Options, Output, Registered, combine
from local.providers.package import Refused
from local.providers.values import Reference, Values

_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
_PORTS = {"HTTP": 80, "HTTPS": 443}
OPEN: Mapping[str, Any] = {
    "ingress": [
        {
            **{"fromPort": 0, "toPort": 0, "protocol": "-1"},
            **{"cidrBlocks": ["0.0.0.0/0"], "ipv6CidrBlocks": ["::/0"]},
        }
    ],
    "egress": [
        {
            **{"fromPort": 0, "toPort": 65535, "protocol": "tcp"},
            **{"cidrBlocks": ["0.0.0.0/0"], "ipv6CidrBlocks": ["::/0"]},
        }
    ],
}
"""The rules of the security groups that pulumi-awsx makes by itself."""


def one_of(monitor: Monitor, *names: str) -> str | None:
    """The one among these inputs that is given, if any.

    Raises:
        Refused: Several are.
    """
    given = [name for name in names if monitor[name].value is not None]
    if len(given) > 1:
        raise Refused(f"Only one of [{'], ['.join(names)}] can be specified")
    return next(iter(given), None)


def construct_application(request: provider_pb2.ConstructRequest, monitor: Monitor) -> provider_pb2.ConstructResponse:
    """An application load balancer with a security group, a target group and listeners."""
    component = monitor.component(request.parent)
    subnets, vpc = _place(monitor)
    groups, own = monitor["securityGroups"], monitor["defaultSecurityGroup"].value or {}
    outputs: dict[str, Any] = {"vpcId": vpc}
    if groups.value is None and not own.get("skip"):
        if own.get("securityGroupId"):
            groups = Output([own["securityGroupId"]])
        else:
            inputs = own.get("args") or {"vpcId": vpc, **OPEN}
            made = monitor.resource("aws:ec2/securityGroup:SecurityGroup", monitor.name, component, inputs)
            outputs["defaultSecurityGroup"] = made.reference
            groups = Output([made["id"]])
    balancer = _balancer(monitor, component, subnets, {"loadBalancerType": "application", "securityGroups": groups})
    listeners = _listeners(monitor)
    # Only several listeners have no default between them.
    default = _protocol(listeners[0], monitor["defaultTargetGroupPort"].value) if len(listeners) == 1 else {}
    group = _target_group(monitor, component, {"vpcId": vpc, "targetType": "ip", **default})
    each = [{**_protocol(listener, monitor["defaultTargetGroupPort"].value), **listener} for listener in listeners]
    return monitor.finish(component, outputs | _serve(monitor, component, balancer, group, each))


def construct_network(request: provider_pb2.ConstructRequest, monitor: Monitor) -> provider_pb2.ConstructResponse:
    """A network load balancer with a target group and listeners."""
    component = monitor.component(request.parent)
    subnets, vpc = _place(monitor)
    own = {"loadBalancerType": "network", "enableHttp2": False, "idleTimeout": 0}
    balancer = _balancer(monitor, component, subnets, own)
    port = monitor["defaultTargetGroupPort"].otherwise(80)
    group = _target_group(monitor, component, {"vpcId": vpc, "protocol": "TCP", "port": port})
    each = [{"protocol": "TCP", "port": 80, **listener} for listener in _listeners(monitor)]
    return monitor.finish(component, {"vpcId": vpc} | _serve(monitor, component, balancer, group, each))


def _place(monitor: Monitor) -> tuple[Output | None, Output]:
    """The subnets that the balancer is told of, and the network that these are in."""
    given = one_of(monitor, "subnets", "subnetIds", "subnetMappings")
    if given is None:
        network = default_network(monitor)
        return network["publicSubnetIds"], network["vpcId"]
    value = monitor[given]
    if given == "subnets":
        if any(not isinstance(each, Reference) for each in value.value):
            return Output([each["id"] for each in value.value], value.urns), Output(value.value[0].get("vpcId"))
        found = [monitor.read(Output(each, value.urns)) for each in value.value]
        return Output([each.get("id") for each in found]), found[0].get("vpcId")
    first = value.value[0] if isinstance(value.value, list) else value.value
    identifier = first["subnetId"] if given == "subnetMappings" else first
    vpc = monitor.invoke("aws:ec2/getSubnet:getSubnet", {"id": Output(identifier, value.urns)}).get("vpcId")
    return (value if given == "subnetIds" else None), vpc


def _balancer(monitor: Monitor, component: Registered, subnets: Output | None, own: Mapping[str, Any]) -> Registered:
    known = schema.existing(_BALANCER).inputs.keys() & monitor.inputs.keys() - {"subnets"}
    inputs = {**{name: monitor[name] for name in known}, "subnets": subnets, **own}
    return monitor.resource(_BALANCER, monitor.name, component, inputs)


def _target_group(monitor: Monitor, component: Registered, own: Mapping[str, Any]) -> Registered:
    one_of(monitor, "defaultTargetGroup", "defaultTargetGroupPort")
    inputs = {**own, **(monitor["defaultTargetGroup"].value or {})}
    return monitor.resource("aws:lb/targetGroup:TargetGroup", monitor.name, component, inputs)


def _listeners(monitor: Monitor) -> list[Values]:
    given = one_of(monitor, "listener", "listeners")
    if given is None:
        return [{}]
    return list(monitor["listeners"].value) if given == "listeners" else [monitor["listener"].value]


def _serve(
    monitor: Monitor, component: Registered, balancer: Registered, group: Registered, listeners: list[Values]
) -> dict[str, Any]:
    """Register the listeners, and return the outputs that every balancer has."""
    actions = [{"type": "forward", "targetGroupArn": group["arn"]}]
    made = [
        monitor.resource(
            "aws:lb/listener:Listener",
            f"{monitor.name}-{number}",
            component,
            {"defaultActions": actions, **listener, "loadBalancerArn": balancer["arn"]},
        ).reference
        for number, listener in enumerate(listeners)
    ]
    return {"loadBalancer": balancer.reference, "defaultTargetGroup": group.reference, "listeners": made}


def _protocol(listener: Mapping[str, Any], default_port: Any) -> dict[str, Any]:
    """Port and protocol, each from the other where only one is given."""
    port, protocol = listener.get("port"), listener.get("protocol")
    if port:
        return {"port": port, "protocol": protocol or combine(_protocol_of, Output(port))}
    if protocol:
        return {"port": combine(lambda known: _PORTS.get(known, 80), Output(protocol)), "protocol": protocol}
    return {"port": default_port or 80, "protocol": "HTTP"}


def _protocol_of(port: float) -> str:
    return "HTTPS" if port == _PORTS["HTTPS"] else "HTTP"


def construct_attachment(request: provider_pb2.ConstructRequest, monitor: Monitor) -> provider_pb2.ConstructResponse:
    """An instance or a function behind a target group."""
    group = one_of(monitor, "targetGroup", "targetGroupArn")
    target = one_of(monitor, "instance", "instanceId", "lambda", "lambdaArn")
    if group is None or target is None:
        needed = "[instance], [instanceId], [lambda] or [lambdaArn]" if group else "[targetGroup] or [targetGroupArn]"
        raise Refused(f"Exactly 1 of {needed} must be provided")
    component = monitor.component(request.parent)
    if group == "targetGroup":
        found = monitor.read(monitor[group])
    else:
        found = monitor.invoke("aws:lb/getTargetGroup:getTargetGroup", {"arn": monitor[group]})
    arn = found.get("arn") if group == "targetGroup" else monitor[group]
    outputs: dict[str, Any] = {}
    after: tuple[Registered, ...] = ()
    if target.startswith("lambda"):
        function = monitor[target] if target == "lambdaArn" else monitor.read(monitor[target]).get("arn")
        permission = {
            **{"action": "lambda:InvokeFunction", "function": function},
            **{"principal": "elasticloadbalancing.amazonaws.com", "sourceArn": arn},
        }
        allowed = monitor.resource("aws:lambda/permission:Permission", monitor.name, component, permission)
        outputs["lambdaPermission"], after = allowed.reference, (allowed,)
        inputs: dict[str, Any] = {"targetId": function}
    else:
        inputs = _instance(monitor, target, found)
    kind = "aws:lb/targetGroupAttachment:TargetGroupAttachment"
    made = monitor.resource(kind, monitor.name, component, {**inputs, "targetGroupArn": arn}, Options(after))
    return monitor.finish(component, {**outputs, "targetGroupAttachment": made.reference})


def _instance(monitor: Monitor, target: str, group: Output) -> dict[str, Any]:
    """An instance as a target: by its id, or by its address where the group wants addresses."""
    given = monitor[target]
    if target == "instance":
        found, identifier = monitor.read(given), Output(given.value.id, given.urns)
    else:
        found, identifier = monitor.invoke("aws:ec2/getInstance:getInstance", {"instanceId": given}), given
    address = found.get("privateIp")
    named = combine(lambda by, own, ip: ip if by == "ip" else own, group.get("targetType"), identifier, address)
    return {"targetId": named, "availabilityZone": found.get("availabilityZone")}
