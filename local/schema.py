"""The schema of a package, derived from its installed Python SDK one class at a time.

The SDK's classes carry the property names on the wire, their types and which of them are required. A class is read when
it is first used and kept for the life of the process.
"""

from __future__ import annotations

import importlib
import re
import sys
import types
import typing
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache, cached_property
from inspect import Parameter, signature
from types import ModuleType
from typing import Any, ForwardRef, Literal, Union, get_args, get_origin

import pulumi
from pulumi import _types
from pulumi.runtime import rpc

from local import sdks

SCALARS: Mapping[type, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


@dataclass(frozen=True)
class Scalar:
    """A string, integer, number or boolean."""

    name: str


@dataclass(frozen=True)
class Choice:
    """One of a closed set of values."""

    values: tuple[Any, ...]


@dataclass(frozen=True)
class Matching:
    """A string of a known form, where the list of values in the SDK is older than the service."""

    pattern: str


@dataclass(frozen=True)
class ListOf:
    """A list with items of one type."""

    item: Type


@dataclass(frozen=True)
class MapOf:
    """A map from free strings to values of one type."""

    item: Type


@dataclass(frozen=True)
class OneOf:
    """A value of any of several types."""

    options: tuple[Type, ...]


@dataclass(frozen=True)
class Object:
    """An object with known properties, described by a class of the SDK."""

    cls: type

    @property
    def properties(self) -> Mapping[str, Property]:
        """The properties by their name on the wire."""
        return _arguments(self.cls) if _types.is_input_type(self.cls) else _getters(self.cls)


@dataclass(frozen=True)
class Anything:
    """A value that the SDK does not describe: free JSON, assets, resources."""


Type = Scalar | Choice | Matching | ListOf | MapOf | OneOf | Object | Anything


@dataclass(frozen=True)
class Property:
    """A property of a resource or object."""

    name: str
    annotation: Any
    scope: Mapping[str, Any]
    required: bool
    doc: str

    @cached_property
    def type(self) -> Type:
        """Its type, worked out when first asked for."""
        return _convert(self.annotation, self.scope)

    @cached_property
    def suggested(self) -> tuple[str, ...]:
        """The values that its description lists. Prose leaves out some and means others: it is advice, and no limit."""
        return documented_values(self.doc) if self.type in (Scalar("string"), Scalar("integer")) else ()


@dataclass(frozen=True)
class Resource:
    """The schema of a resource type: `inputs` and `outputs` by their name on the wire."""

    cls: type
    arguments: type

    @cached_property
    def inputs(self) -> Mapping[str, Property]:
        """What a program may set; `required` means that it must."""
        return _arguments(self.arguments)

    @cached_property
    def outputs(self) -> Mapping[str, Property]:
        """What a resource has once it exists; `required` means that it always has it."""
        return _getters(self.cls)


def sdk(package: str) -> ModuleType:
    """The SDK of a package."""
    return importlib.import_module(sdks.installed()[package])


@cache
def resource(token: str) -> Resource | None:
    """The schema of a resource type such as `aws:kms/key:Key`, or None when the SDK does not have it."""
    package, module, _ = token.split(":")
    sdk(package)
    for registered in rpc._RESOURCE_MODULES.get(f"{package}:{module}", []):
        info = registered.mod_info  # type: ignore[attr-defined]
        if name := info["classes"].get(token):
            return _resource(getattr(sdks.module(info["fqn"]), name))
    return None


def existing(token: str) -> Resource:
    """The schema of a resource type that the SDK has."""
    found = resource(token)
    if found is None:
        raise LookupError(f"the installed SDK has no {token}")
    return found


def prepare(cls: type) -> None:
    """Read the schema of a resource's class ahead of its use."""
    for known in _resource(cls).inputs.values():
        known.type  # noqa: B018 - works it out


@cache
def provider(package: str) -> Resource:
    """The schema of a package's provider, whose inputs are its configuration."""
    return _resource(sdk(package).Provider)


@cache
def _resource(cls: type) -> Resource:
    scope = vars(sys.modules[cls.__module__])
    # Kubernetes keeps the plain name for the nested type, where both exist.
    arguments = scope.get(f"{cls.__name__}InitArgs") or scope[f"{cls.__name__}Args"]
    return Resource(cls, arguments)


@cache
def _arguments(cls: type) -> Mapping[str, Property]:
    """The properties of a class of inputs, from the arguments of its constructor."""
    scope = vars(sys.modules[cls.__module__])
    wire_names = _types.input_type_py_to_pulumi_names(cls)
    parameters = list(signature(cls).parameters.values())
    return {p.name: p for p in (_argument(cls, each, wire_names, scope) for each in parameters)}


def _argument(cls: type, parameter: Parameter, wire_names: Mapping[str, str], scope: Mapping[str, Any]) -> Property:
    name = wire_names.get(parameter.name, parameter.name)
    getter = getattr(cls, parameter.name, None)
    doc = (getter.fget.__doc__ if isinstance(getter, property) else "") or ""
    return Property(name, parameter.annotation, scope, parameter.default is Parameter.empty, doc)


@cache
def _getters(cls: type) -> Mapping[str, Property]:
    """The properties of a resource or a class of outputs, from its getters; required unless they may be None."""
    scope = vars(sys.modules[cls.__module__])
    found = {}
    for _, name, getter in _types._py_properties(cls):
        annotation = _resolve(getter.fget.__annotations__.get("return", Any), scope)
        inner = get_args(annotation)[0] if _is_output(annotation) else annotation
        found[name] = Property(name, inner, scope, type(None) not in get_args(inner), getter.__doc__ or "")
    return found


def _is_output(annotation: Any) -> bool:
    origin: object = get_origin(annotation)
    return origin is pulumi.Output


def _convert(annotation: Any, scope: Mapping[str, Any]) -> Type:
    annotation = _resolve(annotation, scope)
    if annotation in SCALARS:
        return Scalar(SCALARS[annotation])
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return _from_class(annotation)
    return _from_generic(get_origin(annotation), annotation, scope)


def _from_generic(origin: Any, annotation: Any, scope: Mapping[str, Any]) -> Type:
    if origin in (Union, types.UnionType):
        return _union(list(_members(annotation, scope)), scope)
    if origin is Literal:
        return Choice(get_args(annotation))
    if origin in (Sequence, list):
        return ListOf(_convert(get_args(annotation)[0], scope))
    if origin in (Mapping, dict):
        return MapOf(_convert(get_args(annotation)[1], scope))
    return Anything()


def _resolve(annotation: Any, scope: Mapping[str, Any]) -> Any:
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    # The text is the SDK's own source.
    return eval(annotation, dict(scope)) if isinstance(annotation, str) else annotation  # noqa: S307


def _from_class(cls: type) -> Type:
    if issubclass(cls, Enum):
        if outdated := _OUTDATED_ENUMS.get(f"{cls.__module__}.{cls.__name__}"):
            return outdated
        return Choice(tuple(member.value for member in cls))
    if _types.is_input_type(cls) or _types.is_output_type(cls):
        return Object(cls)
    return Anything()


def _members(annotation: Any, scope: Mapping[str, Any]) -> Iterator[Any]:
    """The types of a union, without the spellings that only Python programs see: outputs, awaitables, typed dicts."""
    for written in get_args(annotation):
        if written == ForwardRef("Output[T]"):
            continue
        member = _resolve(written, scope)
        if get_origin(member) in (Union, types.UnionType):
            yield from _members(member, scope)
        elif member is not type(None) and get_origin(member) is not Awaitable and not typing.is_typeddict(member):
            yield member


def _union(members: list[Any], scope: Mapping[str, Any]) -> Type:
    inputs = [member for member in members if isinstance(member, type) and _types.is_input_type(member)]
    if inputs:
        # A class of inputs may also be given as its outputs or as a plain mapping, which look the same on the wire.
        members = inputs + [
            m for m in members if get_origin(m) is not Mapping and not _is_output_type(m) and m not in inputs
        ]
    if any(isinstance(member, type) and issubclass(member, Enum) for member in members):
        # The SDK lets any string pass beside an enumeration, which the service does not.
        members = [member for member in members if member is not str]
    options = tuple(dict.fromkeys(_convert(member, scope) for member in members))
    return options[0] if len(options) == 1 else OneOf(options)


def _is_output_type(member: Any) -> bool:
    return isinstance(member, type) and _types.is_output_type(member)


_LOAD_BALANCERS = Choice(("application", "network", "gateway"))
_RECORDS = ("A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "SSHFP")
# Enumerations of the SDK that lag behind the service, or leave out what it takes besides.
_OUTDATED_ENUMS: Mapping[str, Type] = {
    "pulumi_aws._enums.Region": Matching(r"[a-z]{2,4}(-[a-z]+)+-\d"),
    "pulumi_aws.alb._enums.LoadBalancerType": _LOAD_BALANCERS,
    "pulumi_aws.applicationloadbalancing._enums.IpAddressType": Choice(
        ("ipv4", "dualstack", "dualstack-without-public-ipv4")
    ),
    "pulumi_aws.applicationloadbalancing._enums.LoadBalancerType": _LOAD_BALANCERS,
    "pulumi_aws.ec2._enums.InstancePlatform": Scalar("string"),
    "pulumi_aws.ec2._enums.InstanceType": Matching(
        r"[a-z][a-z0-9-]*\.(nano|micro|small|medium|(\d+)?x?large|metal(-\d+xl)?)"
    ),
    "pulumi_aws.ec2._enums.PlacementStrategy": Choice(("cluster", "partition", "spread")),
    "pulumi_aws.ec2._enums.ProtocolType": Scalar("string"),
    "pulumi_aws.ec2._enums.Tenancy": Choice(("default", "dedicated", "host")),
    "pulumi_aws.iam._enums.ManagedPolicy": Scalar("string"),
    "pulumi_aws.lambda_._enums.Runtime": Scalar("string"),
    "pulumi_aws.rds._enums.EngineType": Scalar("string"),
    "pulumi_aws.rds._enums.InstanceType": Matching(
        r"db\.(serverless|[a-z][a-z0-9-]*\.(micro|small|medium|(\d+)?x?large|metal(-\d+xl)?)(\.tpc\d\.mem\dx)?)"
    ),
    "pulumi_aws.rds._enums.StorageType": Choice(("standard", "gp2", "gp3", "io1", "io2")),
    "pulumi_aws.route53._enums.RecordType": Choice((*_RECORDS, "SVCB", "TLSA", "TXT")),
}

_QUOTED = r"(?:`\"[\w.:/+-]+\"`|`[\w.:/+-]+`|\"[\w.:/+-]+\"|'[\w.:/+-]+')"
_NUMBER = r"\d+"
_WORD = r"[A-Z]\w+"
_SEPARATOR = r"\s*(?:,\s*(?:and\s|or\s)?|\sand\s|\sor\s|\|)\s*"
_LEADS = (
    r"(?:valid|allowed|possible|supported|accepted|acceptable) (?:values|options)(?: for [\w ]+)?"
    r"(?: are| include)?:?\s*|(?:can|must) be (?:one of:? )?(?:either )?|one of:? |either |supports "
)
_VALUES = re.compile(
    rf"(?:{_LEADS})(?P<values>"
    + "|".join(rf"{value}(?:{_SEPARATOR}{value})+" for value in (_QUOTED, _NUMBER, f"(?-i:{_WORD})"))
    + r")\s*(?:\.|$|\n)",
    re.IGNORECASE,
)
# Descriptions with these words list some of the values only; one with two lists means different cases.
_INCOMPLETE = re.compile(
    r"also valid|additionally|such as|for example|e\.g\.|etc\.|valid values.*valid values", re.IGNORECASE | re.DOTALL
)


def documented_values(doc: str) -> tuple[str, ...]:
    """The values that a description lists in full ("Valid values are `A`, `B` and `C`."), or nothing."""
    match = None if _INCOMPLETE.search(doc) else _VALUES.search(doc)
    listed = re.split(_SEPARATOR, match["values"], flags=re.IGNORECASE) if match else []
    return tuple(value.strip("`'\"") for value in listed)
