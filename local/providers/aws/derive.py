"""Plausible values for computed properties that no shape names, from their names, types and descriptions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.providers.aws.facts import Facts
from local.providers.identity import CREATED
from local.schema import Choice, ListOf, MapOf, Object, Property, Scalar

_DEFAULT = re.compile(r"(?:[Dd]efaults? (?:to|is|value is)|[Dd]efault:)\s*[`\"']+([^`\"'\s]+)[`\"']")
_DEEPEST = 3


@dataclass(frozen=True)
class Deriving:
    """Makes up the properties of one resource of a service."""

    facts: Facts
    service: str

    def value(self, known: Property, settable: bool, depth: int = 0) -> Any:
        """A value for a property, or None for an object that was left out.

        `settable` properties, which the program might have given, get their documented default.
        """
        kind = known.type
        if isinstance(kind, ListOf):
            return []
        if isinstance(kind, MapOf):
            return {}
        if isinstance(kind, Object):
            return None if settable or depth == _DEEPEST else self._object(kind, depth)
        if isinstance(kind, Choice):
            default = _documented_default(known)
            return default if default in kind.values else "" if settable else kind.values[0]
        if isinstance(kind, Scalar) and kind.name != "string":
            return _number_or_flag(known, kind.name)
        return (_documented_default(known) or "") if settable else self._computed_text(known)

    def _object(self, kind: Object, depth: int) -> dict[str, Any]:
        fields = [field for field in kind.properties.values() if field.required]
        return {field.name: self.value(field, False, depth + 1) for field in fields}

    def _computed_text(self, known: Property) -> str:
        made_up = self.facts.identity
        parts = {
            "account": self.facts.account,
            "host": made_up.letters(12, known.name),
            "kind": known.name.removesuffix("Arn") if known.name != "arn" else "resource",
            "partition": self.facts["partition"],
            "region": self.facts.region,
            "service": self.service,
            "suffix": self.facts.suffix,
            "token": made_up.hex(17, known.name),
        }
        templates = (template for pattern, template in _BY_NAME.items() if re.search(pattern, known.name))
        return next(templates, "").format_map(parts)


def _documented_default(known: Property) -> str | None:
    match = _DEFAULT.search(known.doc)
    return match[1] if match else None


def _number_or_flag(known: Property, kind: str) -> Any:
    default = _documented_default(known) or ""
    if kind == "boolean":
        return default.lower() == "true"
    return int(default) if default.isdecimal() else 0


# By the end of a property's name; the first pattern that fits counts.
_BY_NAME: Mapping[str, str] = {
    r"^arn$|Arn$": "arn:{partition}:{service}:{region}:{account}:{kind}/{token}",
    r"^(owner|account|registry|awsAccount|customerAws)(Id)?$": "{account}",
    r"^region$|Region$": "{region}",
    r"[aA]vailabilityZone$": "{region}a",
    r"^vpcId$": "vpc-{token}",
    r"[sS]ubnetId$": "subnet-{token}",
    r"[sS]ecurityGroupId$": "sg-{token}",
    r"[nN]etworkInterfaceId$": "eni-{token}",
    r"([uU]rl|[uU]ri)$": "https://{host}.{service}.{region}.{suffix}",
    r"([eE]ndpoint|[dD]nsName|[dD]omainName|[aA]ddress|[hH]ost)$": "{host}.{service}.{region}.{suffix}",
    r"(At|Date|Time|Timestamp|Modified)$": CREATED,
    r"([sS]tatus|[sS]tate)$": "ACTIVE",
    r"[vV]ersion$": "1",
    r"([iI]d|[kK]ey|Sha256|[fF]ingerprint|[eE]tag)$": "{token}",
}
