"""Plausible values for computed properties that no table names, from their names, types and descriptions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from local.providers.facts import CREATED, Facts
from local.providers.schema import Choice, ListOf, MapOf, Object, Property, Scalar

_DEFAULT = re.compile(r"(?:[Dd]efaults? (?:to|is|value is)|[Dd]efault:)\s*[`\"']+([^`\"'\s]+)[`\"']")
_DEEPEST = 3


def derive(known: Property, facts: Facts, service: str, settable: bool, depth: int = 0) -> Any:
    """A value for a computed property; `settable` ones, which a program left out, take their documented default."""
    kind = known.type
    if isinstance(kind, Choice):
        return _documented_default(known, kind.values) or ("" if settable else kind.values[0])
    if isinstance(kind, ListOf):
        return []
    if isinstance(kind, MapOf):
        return {}
    if isinstance(kind, Object) and depth < _DEEPEST:
        fields = kind.properties.values()
        return {field.name: derive(field, facts, service, settable, depth + 1) for field in fields if field.required}
    if kind == Scalar("string"):
        return _text(known, facts, service, settable)
    if isinstance(kind, Scalar):
        return _number_or_flag(known, kind.name)
    return {}


def _documented_default(known: Property, allowed: tuple[Any, ...] | None = None) -> str | None:
    match = _DEFAULT.search(known.doc)
    return match[1] if match and (allowed is None or match[1] in allowed) else None


def _number_or_flag(known: Property, kind: str) -> Any:
    default = _documented_default(known) or ""
    if kind == "boolean":
        return default.lower() == "true"
    return int(default) if default.isdecimal() else 0


def _text(known: Property, facts: Facts, service: str, settable: bool) -> str:
    if settable:
        return _documented_default(known) or (_name(known.name, facts) if known.name.endswith("ame") else "")
    for pattern, value in _BY_NAME.items():
        if re.search(pattern, known.name):
            return value.format_map(_Naming(facts, known.name, service))
    return ""


def _name(name: str, facts: Facts) -> str:
    """A name from the prefix that the program gave, or one that the provider makes up."""
    prefix = facts.inputs.get(f"{name}Prefix", "terraform-")
    return f"{prefix}{facts.identity.letters(26, name, '0123456789')}"


class _Naming(dict[str, Any]):
    """The facts, together with the property's own name as a salt for what is made up."""

    def __init__(self, facts: Facts, name: str, service: str) -> None:
        super().__init__(
            service=service, kind=name.removesuffix("Arn") or "resource", token=facts.identity.hex(17, name)
        )
        super().update(uuid=facts.identity.uuid(name), host=facts.identity.letters(12, name))
        self._facts = facts

    def __missing__(self, name: str) -> Any:
        return self._facts[name]


# By the end of a property's name; the first pattern that fits counts.
_BY_NAME: Mapping[str, str] = {
    r"^arn$|Arn$": "arn:aws:{service}:{region}:{account}:{kind}/{token}",
    r"^(owner|account|registry|awsAccount|customerAws)(Id)?$": "{account}",
    r"^region$|Region$": "{region}",
    r"[aA]vailabilityZone$": "{region}a",
    r"^vpcId$": "vpc-{token}",
    r"[sS]ubnetId$": "subnet-{token}",
    r"[sS]ecurityGroupId$": "sg-{token}",
    r"[nN]etworkInterfaceId$": "eni-{token}",
    r"([uU]rl|[uU]ri)$": "https://{host}.{service}.{region}.amazonaws.com",
    r"([eE]ndpoint|[dD]nsName|[dD]omainName|[aA]ddress|[hH]ost)$": "{host}.{service}.{region}.amazonaws.com",
    r"(At|Date|Time|Timestamp|Modified)$": CREATED,
    r"([sS]tatus|[sS]tate)$": "ACTIVE",
    r"[vV]ersion$": "1",
    r"([iI]d|[kK]ey|Sha256|[fF]ingerprint|[eE]tag|[cC]ode)$": "{token}",
}
