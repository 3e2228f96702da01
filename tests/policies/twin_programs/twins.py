"""Two programs of the same resources: one that does everything wrong, and its twin that does it right.

A plant is a resource with the arguments that both share, those that are wrong, and those that are right. Every third
one stands in a component, every fourth has its arguments from an output: nothing is found by its place only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

ACCOUNT = "123456789012"
FOREIGN = "999988887777"
Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Plant:
    """A resource of both programs."""

    make: Callable[..., pulumi.Resource]
    name: str
    both: Arguments = field(default_factory=dict)
    bad: Arguments = field(default_factory=dict)
    good: Arguments = field(default_factory=dict)


class Corner(pulumi.ComponentResource):
    """A component in which resources hide."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__("twins:index:Corner", name, {}, opts)


@dataclass(frozen=True)
class Site:
    """What the resources of a program share."""

    good: bool
    provider: pulumi.ProviderResource
    key: pulumi.Output[str]
    corner: Corner

    def options(self, *, hidden: bool = False) -> pulumi.ResourceOptions:
        """Options of a resource: at the top, or in the component."""
        return pulumi.ResourceOptions(provider=self.provider, parent=self.corner if hidden else None)

    def plant(self, plants: Iterator[Plant]) -> None:
        """Make the resources with the arguments of this program."""
        for number, each in enumerate(plants):
            arguments = {**each.both, **(each.good if self.good else each.bad)}
            if number % 4 == 0:
                arguments = {
                    name: pulumi.Output.from_input(value).apply(lambda value: value)
                    for name, value in arguments.items()
                }
            each.make(each.name, **arguments, opts=self.options(hidden=number % 3 == 0))


def program(*, good: bool) -> None:
    """Register the resources of one of the two programs."""
    import access  # noqa: PLC0415 - these modules import this one
    import machines  # noqa: PLC0415
    import networks  # noqa: PLC0415
    import storage  # noqa: PLC0415
    import stores  # noqa: PLC0415
    import web  # noqa: PLC0415

    tags = {"Environment": "test", "Owner": "platform", "CostCenter": "4711", "Project": "twins", "ManagedBy": "Pulumi"}
    provider = aws.Provider("aws", region="us-east-1", allowed_account_ids=[ACCOUNT], default_tags={"tags": tags})
    options = pulumi.ResourceOptions(provider=provider)
    # Whoever protects one store means to protect all.
    kept = pulumi.ResourceOptions(provider=provider, protect=not good)
    key = aws.kms.Key("key", enable_key_rotation=True, deletion_window_in_days=30, opts=kept)
    site = Site(good, provider, key.arn, Corner("corner", options))
    for module in (access, machines, networks, storage, stores, web):
        site.plant(module.plants(site))
