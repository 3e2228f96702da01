"""The services and task definitions of `awsx:ecs` with their children, after pulumi-awsx 3.11."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from pulumi.runtime.proto import provider_pb2

from local import schema
from local.providers.awsx.balancers import OPEN, one_of
from local.providers.awsx.network import default_network
from local.providers.components import Build
from local.providers.monitor import Monitor, Output, Registered, combine, flatten, json_text, short_digest
from local.providers.package import Refused
from local.providers.values import Reference, Values

_TASK = "aws:ecs/taskDefinition:TaskDefinition"
_SERVICE = "aws:ecs/service:Service"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Effect": "Allow", "Sid": ""}
    ],
}
_EXECUTION = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
# vCPU → GB of memory that Fargate offers with it:
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
_SIZES: Mapping[float, tuple[float, ...]] = {
    0.25: (0.5, 1, 2),
    0.5: tuple(range(1, 5)),
    1: tuple(range(2, 9)),
    2: tuple(range(4, 17)),
    4: tuple(range(8, 31)),
    8: tuple(range(16, 61)),
    16: tuple(range(32, 121)),
    32: (60, 120, 244),
}


def service(launch_type: str) -> Build:
    """Build services of a launch type."""
    return partial(_construct_service, launch_type)


def task_definition(launch_type: str) -> Build:
    """Build task definitions for a launch type."""
    return partial(_construct_task_definition, launch_type)


def _construct_service(
    launch_type: str, request: provider_pb2.ConstructRequest, monitor: Monitor
) -> provider_pb2.ConstructResponse:
    given = one_of(monitor, "taskDefinition", "taskDefinitionArgs")
    if given is None:
        raise Refused("Either `taskDefinition` or `taskDefinitionArgs` must be provided.")
    strategy = one_of(monitor, "capacityProviderStrategies", "useClusterDefaultCapacityProviderStrategy")
    one_of(monitor, "networkConfiguration", "assignPublicIp")
    component = monitor.component(request.parent)
    outputs: dict[str, Any] = {}
    identifier, balancers = monitor["taskDefinition"], monitor["loadBalancers"]
    if given == "taskDefinitionArgs":
        inner = monitor.inner_component(
            f"{request.type.removesuffix('Service')}TaskDefinition", request.name, component
        )
        arguments = monitor[given]
        made = _Task(monitor, inner, launch_type, {k: Output(v, arguments.urns) for k, v in arguments.value.items()})
        task = made.register()
        outputs["taskDefinition"], identifier = task.reference, task["arn"]
        balancers = balancers if balancers.value is not None else made.balancers()
    known = schema.existing(_SERVICE).inputs.keys() & monitor.inputs.keys()
    own: dict[str, Any] = {}
    if launch_type == "FARGATE":
        network = monitor["networkConfiguration"]
        own = {
            "desiredCount": monitor["desiredCount"].otherwise(1),
            "networkConfiguration": network if network.value is not None else _default_place(monitor, component),
        }
    inputs = {
        **{name: monitor[name] for name in known},
        **own,
        "launchType": None if strategy and monitor[strategy].value else launch_type,
        "loadBalancers": balancers,
        "waitForSteadyState": combine(lambda early: not early, monitor["continueBeforeSteadyState"].otherwise(False)),
        "taskDefinition": identifier,
    }
    outputs["service"] = monitor.resource(_SERVICE, request.name, component, inputs).reference
    return monitor.finish(component, outputs)


def _default_place(monitor: Monitor, component: Registered) -> dict[str, Any]:
    """The account's default network, with a group that lets everything in."""
    network, public = default_network(monitor), bool(monitor["assignPublicIp"].value)
    subnets = network["publicSubnetIds" if public else "privateSubnetIds"]
    if not subnets.value:
        raise Refused(
            "The default VPC does not have any private subnets. Set `assignPublicIp` to `true`, provide "
            "`networkConfiguration`, or add private subnets to the default VPC."
        )
    inputs = {"vpcId": network["vpcId"], **OPEN}
    group = monitor.resource("aws:ec2/securityGroup:SecurityGroup", f"{monitor.name}-sg", component, inputs)
    return {"subnets": subnets, "assignPublicIp": public, "securityGroups": [group["id"]]}


def _construct_task_definition(
    launch_type: str, request: provider_pb2.ConstructRequest, monitor: Monitor
) -> provider_pb2.ConstructResponse:
    made = _Task(monitor, monitor.component(request.parent), launch_type, monitor.inputs)
    task = made.register()
    outputs = {**made.others, "taskDefinition": task.reference, "loadBalancers": made.balancers()}
    return monitor.finish(made.component, outputs)


class _Task:
    """A task definition with the roles and the group of logs that the program does not give."""

    def __init__(self, monitor: Monitor, component: Registered, launch_type: str, given: Mapping[str, Output]) -> None:
        self.monitor = monitor
        self.component = component
        self.launch_type = launch_type
        self.given = given
        self.others: dict[str, Output] = {}
        """What was made besides, by the output that names it."""
        one, several = self._value("container"), self._value("containers")
        if (one is None) == (several is None):
            raise Refused("Exactly one of [container] or [containers] must be provided")
        self.containers: Values = several if several is not None else {one.get("name") or "container": one}

    def register(self) -> Registered:
        """Register the definition, after what it needs."""
        logs = self._logs(self._value("logGroup") or {})
        task_role = self._role("task", ())
        execution_role = self._role("execution", (_EXECUTION,))
        definitions = Output(*flatten([self._container(name, logs) for name in sorted(self.containers)]))
        text = json_text(definitions)
        known = schema.existing(_TASK).inputs.keys() & self.given.keys()
        inputs: dict[str, Any] = {"networkMode": "awsvpc", **{name: self.given[name] for name in known}}
        if self.launch_type == "FARGATE":
            size = combine(_fargate_size, definitions)
            inputs = {"cpu": size.get("cpu"), "memory": size.get("memory"), **inputs, "networkMode": "awsvpc"}
        family = combine(lambda known: f"{self.monitor.name}-{short_digest(known)}", text)
        inputs |= {
            "requiresCompatibilities": [self.launch_type],
            "taskRoleArn": task_role,
            "executionRoleArn": execution_role,
            "family": self.given.get("family", family),
            "containerDefinitions": text,
        }
        return self.monitor.resource(_TASK, self.monitor.name, self.component, inputs)

    def balancers(self) -> Output:
        """The target groups that ports of containers name, as a service takes them."""
        return Output(*flatten(list(self._balancers())))

    def _balancers(self) -> Iterator[Values]:
        for name, container in self.containers.items():
            for mapping in container.get("portMappings") or []:
                group = self._group(mapping)
                if group.value is not None:
                    port, arn = group.get("port"), group.get("arn")
                    yield {"containerName": name, "containerPort": port, "targetGroupArn": arn}

    def _value(self, name: str) -> Any:
        return self.given[name].value if name in self.given else None

    def _logs(self, given: Values) -> Output | None:
        """The name of the group of logs; none where the program wants none."""
        if given.get("skip"):
            return None
        if existing := given.get("existing"):
            return Output(existing.get("name") or str(existing["arn"]).split(":log-group:")[-1])
        kind, inputs = "aws:cloudwatch/logGroup:LogGroup", given.get("args") or {}
        made = self.monitor.resource(kind, self.monitor.name, self.component, inputs)
        self.others["logGroup"] = made.reference
        return made["name"]

    def _role(self, purpose: str, policies: Sequence[str]) -> Output | None:
        """The ARN of a role, given or made here."""
        given = self._value(f"{purpose}Role") or {}
        if given.get("roleArn") is not None and given.get("args") is not None:
            raise Refused("Can't define role args if specified an existing role ARN")
        if given.get("skip"):
            return None
        if given.get("roleArn") is not None:
            return Output(given["roleArn"])
        own = dict(given.get("args") or {})
        attached = own.pop("policyArns", None) or policies
        name = f"{self.monitor.name}-{purpose}"
        inputs = {"assumeRolePolicy": json.dumps(_TRUST, separators=(",", ":")), **own}
        role = self.monitor.resource("aws:iam/role:Role", name, self.component, inputs)
        kind = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
        for policy in attached:
            inputs = {"role": role["name"], "policyArn": policy}
            self.monitor.resource(kind, f"{name}-{short_digest(str(policy))}", self.component, inputs)
        self.others[f"{purpose}Role"] = role.reference
        return role["arn"]

    def _container(self, name: str, logs: Output | None) -> Values:
        """One container as ECS takes it, with its ports and its logs."""
        own = {**self.containers[name], "name": name}
        if own.get("portMappings") is not None:
            own["portMappings"] = [self._ports(mapping) for mapping in own["portMappings"]]
        if "logConfiguration" not in own and logs is not None:
            region = self.monitor.invoke("aws:index/getRegion:getRegion", {}).get("region")
            options = {"awslogs-group": logs, "awslogs-region": region, "awslogs-stream-prefix": name}
            own["logConfiguration"] = {"logDriver": "awslogs", "options": options}
        return own

    def _group(self, mapping: Values) -> Output:
        """The target group that a port is mapped to, if any."""
        group = mapping.get("targetGroup")
        return self.monitor.read(Output(group)) if isinstance(group, Reference) else Output(group)

    def _ports(self, mapping: Values) -> Values:
        port = self._group(mapping).get("port")
        own = {name: value for name, value in mapping.items() if name != "targetGroup"}
        container = next((mapping[name] for name in ("containerPort", "hostPort") if name in mapping), port)
        host = mapping.get("hostPort") or (port if port.value is not None else mapping.get("containerPort"))
        return {**own, "containerPort": container, "hostPort": host}


def _fargate_size(containers: list[Values]) -> dict[str, str]:
    """The smallest size that Fargate offers for all containers together."""
    cpu = sum(each.get("cpu") or 0 for each in containers) / 1024
    memory = sum(each.get("memoryReservation") or each.get("memory") or 0 for each in containers) / 1024
    sizes = sorted((memory, cpu) for cpu, memories in _SIZES.items() for memory in memories)
    for gigabytes, processors in sizes:
        if processors >= cpu and gigabytes >= memory:
            return {"cpu": f"{processors * 1024:g}", "memory": f"{gigabytes * 1024:.0f}"}
    raise Refused(f"Requested resources exceed the maximum allowed for Fargate: {cpu:g} vCPU and {memory:g}GB.")
