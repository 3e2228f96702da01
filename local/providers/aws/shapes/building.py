"""Building blocks for shapes."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

from local.providers.aws.facts import Facts, Shape, Template
from local.providers.identity import Identity


def arn(service: str, resource: str, regional: bool = True) -> str:
    """The template of an ARN; global services have no region in theirs."""
    return f"arn:{{partition}}:{service}:{'{region}' if regional else ''}:{{account}}:{resource}"


def with_id(prefix: str, kind: str, **computed: Template) -> Shape:
    """An EC2 resource with an id such as `vpc-0123456789abcdef0`."""
    own: dict[str, Template] = {"arn": arn("ec2", f"{kind}/{{id}}"), "ownerId": "{account}"}
    return Shape(f"{prefix}-{{hex:17}}", {**own, **computed})


def with_name(own_arn: str, name: str = "name", **computed: Template) -> Shape:
    """A resource whose id is its name."""
    return Shape(f"{{{name}}}", {"arn": own_arn, **computed})


def with_arn(own_arn: str, **computed: Template) -> Shape:
    """A resource whose id is its ARN."""
    return Shape("{arn}", {"arn": own_arn, **computed})


def part_of(prefix: str, owner: str, salt: str) -> Callable[[Facts], str]:
    """The id of something that comes with another resource, the same wherever the two are spoken of."""
    return lambda facts: f"{prefix}-{Identity(str(facts[owner]), {}).hex(17, salt)}"


def checksum(*names: str) -> Callable[[Facts], str]:
    """A checksum over inputs, from which Terraform makes ids for what has none."""
    return lambda facts: str(zlib.crc32("-".join(str(facts[name]) for name in names).encode()))


def vpc_of(name: str) -> Callable[[Facts], str]:
    """The VPC of the subnets or security groups in an input."""
    return lambda facts: facts.vpc_of(facts[name])


def short_region(region: str) -> str:
    """`use1` for us-east-1, as in the ids of zones and the hosts of caches."""
    continent, *direction, number = region.split("-")
    letters = "".join(direction).replace("north", "n").replace("south", "s").replace("east", "e").replace("west", "w")
    return f"{continent}{letters.replace('central', 'c')}{number}"


def texts(**templates: str) -> Callable[[Facts], dict[str, str]]:
    """A map of texts by key, each made of the resource's facts."""
    return lambda facts: {key: template.format_map(facts) for key, template in templates.items()}


def fixed(**properties: Any) -> Callable[[Facts], dict[str, Any]]:
    """An object that is the same for every resource."""
    return lambda _: dict(properties)
