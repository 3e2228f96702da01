"""`eks:index:ServiceRole`, the role that pulumi-eks makes for a service of AWS where the program gives none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from local.providers.monitor import Monitor, Output, Registered, combine, short_digest


@dataclass(frozen=True)
class Service:
    """Who may take on a role, and what it may do."""

    principal: str
    policies: Sequence[str]
    """Managed policies of AWS, by their names."""
    actions: Sequence[str] = ("sts:AssumeRole",)
    description: str | None = None


@dataclass(frozen=True)
class ServiceRole:
    """A role with what is attached to it."""

    role: Registered
    attachments: tuple[Registered, ...]

    @property
    def resolved(self) -> Output:
        """The role, once all is attached."""
        return Output(self.role.reference.value, frozenset({self.role.urn, *(each.urn for each in self.attachments)}))


def service_role(monitor: Monitor, name: str, parent: Registered, service: Service) -> ServiceRole:
    """Register a role for a service of AWS."""
    component = monitor.inner_component("eks:index:ServiceRole", name, parent)
    statement = {"Action": list(service.actions), "Effect": "Allow", "Principal": {"Service": [service.principal]}}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))
    inputs = {"description": service.description, "assumeRolePolicy": trust, "tags": monitor["tags"]}
    role = monitor.resource("aws:iam/role:Role", f"{name}-role", component, inputs)
    partition = monitor.invoke("aws:index/getPartition:getPartition", {}).get("partition")

    def attached(policy: str) -> Registered:
        arn = combine(lambda known: f"arn:{known}:iam::aws:policy/{policy}", partition)
        inputs = {"role": role["name"], "policyArn": arn}
        kind = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
        return monitor.resource(kind, f"{name}-{short_digest(f'arn:aws:iam::aws:policy/{policy}')}", component, inputs)

    return ServiceRole(role, tuple(map(attached, service.policies)))
